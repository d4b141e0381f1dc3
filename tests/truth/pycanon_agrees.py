"""A third opinion on the release `orders`: pycanon, in an environment of its own, counts k and l from its files.

    python -m tests.truth.pycanon_agrees --stores demo-home/stores [--python PYTHON_WITH_PYCANON]

pycanon counts rows; k is asked of one row per person and class, because the release counts people.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

QUASI, SENSITIVE, PERSON = ["buyer_born", "buyer_city"], "spent", "buyer_key"
_ASK = """
import json, sys
import pandas as pd
from pycanon import anonymity
frame = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
quasi, sensitive, person = json.loads(sys.argv[2])
people = frame[[person, *quasi]].drop_duplicates()
print(json.dumps([int(anonymity.k_anonymity(people, quasi)), int(anonymity.l_diversity(frame[[*quasi, sensitive]], quasi, [sensitive]))]))
"""


def asked(stores: Path, python: Path) -> tuple[int, int]:
    """(k, l) as pycanon counts them."""
    store = stores / "releases"
    manifest = json.loads((store / "orders" / "manifest.json").read_text(encoding="utf-8"))
    rows = pa.concat_tables([pq.read_table(store / file["name"]) for file in manifest["files"]]).to_pandas()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        shown = rows[[*QUASI, SENSITIVE, PERSON]].astype(object)
        shown.where(shown.notna(), "unknown").to_csv(path, index=False)
        told = subprocess.run([str(python), "-c", _ASK, str(path), json.dumps([QUASI, SENSITIVE, PERSON])], capture_output=True, text=True,
                              check=True)
    k, diversity = json.loads(told.stdout.splitlines()[-1])
    return k, diversity


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.truth.pycanon_agrees", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--stores", type=Path, required=True)
    parser.add_argument("--python", type=Path, help="an interpreter with pycanon; default: one is made for the moment")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = given.python
        if python is None:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            python = Path(folder) / "bin" / "python"
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pycanon"], check=True)
        k, diversity = asked(given.stores, python)
    print(f"pycanon counts k {k} and l {diversity}; the release promises k 5 and l 3")
    return 0 if k >= 5 and diversity >= 3 else 1


if __name__ == "__main__":
    sys.exit(main())
