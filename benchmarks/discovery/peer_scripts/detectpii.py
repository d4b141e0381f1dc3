"""detectpii: its detector of English headings and its detector of values. SHARE 0 flags at one match, as its pipeline does."""

import sys

sys.path.pop(0)  # this file is called as the package is
sys.path.append(__file__.rpartition("/")[0])
from detectpii.detector import ColumnValueRegexDetector, EnglishColumnNameRegexDetector
from detectpii.model import Column
from reading import most, run

SHARE = float(sys.argv[4])
NAMES, VALUES = EnglishColumnNameRegexDetector(), ColumnValueRegexDetector()


def judge(table, columns):
    told = {}
    for name, values in columns.items():
        column = Column(name=name)
        said = NAMES.detect(column=column)
        if said:
            told[name] = (said.type, 1.0)
            continue
        found = [VALUES.detect(column=column, sample=v) for v in values]
        told[name] = most([f.type if f else None for f in found], len(values), SHARE)
    return told


run(judge)
