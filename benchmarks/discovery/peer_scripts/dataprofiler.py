"""DataProfiler: the label that its structured labeler gives a column."""

import logging
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.pop(0)
sys.path.append(__file__.rpartition("/")[0])
import dataprofiler as dp
import pandas as pd
from reading import run

logging.disable(logging.CRITICAL)
OPTIONS = dp.ProfilerOptions()
OPTIONS.set(
    {
        "structured_options.*.is_enabled": False,
        "structured_options.data_labeler.is_enabled": True,
        "structured_options.multiprocess.is_enabled": False,
    }
)


def judge(table, columns):
    told = {}
    for name, values in columns.items():
        if values:
            report = dp.Profiler(pd.DataFrame({name: values}), options=OPTIONS).report()
            label = report["data_stats"][0].get("data_label")
            told[name] = (label.split("|")[0], 1.0) if label else None
    return told


run(judge)
