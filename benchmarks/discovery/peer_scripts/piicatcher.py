"""piicatcher: its detectors of headings and of values. Its catalog (dbcat and its drivers) cannot be installed here and is stood in for."""

import sys
from unittest.mock import MagicMock

sys.path.pop(0)
sys.path.append(__file__.rpartition("/")[0])
for missing in ("databuilder", "snowflake", "snowflake.sqlalchemy", "goog_stats", "dbcat.api", "dbcat.generators", "dbcat.catalog.models"):
    sys.modules[missing] = MagicMock()


def pii_types():
    """The real file of kinds, without the package around it."""
    import importlib.util
    import pathlib
    import site

    path = next(pathlib.Path(p) / "dbcat/catalog/pii_types.py" for p in site.getsitepackages() if (pathlib.Path(p) / "dbcat").is_dir())
    spec = importlib.util.spec_from_file_location("dbcat.catalog.pii_types", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sys.modules["dbcat"], sys.modules["dbcat.catalog"] = MagicMock(), MagicMock()
sys.modules["dbcat.catalog.pii_types"] = pii_types()
from piicatcher.scanner import ColumnNameRegexDetector, DatumRegexDetector  # noqa: E402
from reading import most, run  # noqa: E402

SHARE = float(sys.argv[4])
NAMES, VALUES = ColumnNameRegexDetector(), DatumRegexDetector()


class Column:
    def __init__(self, name):
        self.name = name


def judge(table, columns):
    told = {}
    for name, values in columns.items():
        said = NAMES.detect(Column(name))
        if said:
            told[name] = (type(said).__name__, 1.0)
            continue
        found = [VALUES.detect(Column(name), v) for v in values]
        told[name] = most([type(f).__name__ if f else None for f in found], len(values), SHARE)
    return told


run(judge)
