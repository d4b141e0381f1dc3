"""How long Airflow needs to read the DAG folder.

    python -m benchmarks.parse
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.record import keep

ROOT = Path(__file__).resolve().parent.parent
READ = """
import sys, time
from airflow.dag_processing.dagbag import DagBag
began = time.perf_counter()
bag = DagBag(sys.argv[1])
took = time.perf_counter() - began
assert not bag.import_errors, bag.import_errors
heavy = sorted({"pandas", "great_expectations", "duckdb", "polars", "pyarrow"} & set(sys.modules))
print(len(bag.dags), took, ",".join(heavy) or "none")
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        env = os.environ | {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PYTHONPATH": str(ROOT / "plugins"),
                            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db"}
        runs = []
        for _ in range(5):
            done = subprocess.run([sys.executable, "-c", READ, str(ROOT / "dags")], env=env, capture_output=True, text=True, check=True)
            dags, took, heavy = done.stdout.strip().splitlines()[-1].split(" ", 2)
            runs.append(float(took))
    print(f"{dags} DAGs in {statistics.median(runs):.2f} s; heavy modules loaded: {heavy}")
    keep("parse", "Reading the DAG folder", "python -m benchmarks.parse", ("DAGs", "seconds", "heavy modules it loads"),
         [(int(dags), statistics.median(runs), heavy)], ("Median of five new processes; the import of Airflow itself left out.",))


if __name__ == "__main__":
    main()
