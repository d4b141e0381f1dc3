"""After `make demo`: values of erased and due people stand nowhere outside the warehouse and its truth.

    python -m tests.truth.canaries demo-home

Searches the ledger, Airflow's own database, task logs, reports, certificates and anchors byte by byte, in every spelling of
`tests.canary`. Exit 1 names file and spelling, never the value.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.canary import search_tree

SHORTEST = 7  # characters; a shorter value occurs by chance
OURS = {"warehouse.duckdb", "warehouse.duckdb.wal", "truth", "stores"}  # where people's data lawfully is


def planted(truth: Path) -> set[str]:
    """Canaries, and what requests say must be absent."""
    values = {canary["value"] for canary in json.loads((truth / "canaries.json").read_text())}
    for request in json.loads((truth / "requests.json").read_text()):
        values |= set(request["absent"])
    return {value for value in values if len(value) >= SHORTEST}


def main(home: Path) -> int:
    values = sorted(planted(home / "truth"))
    if not search_tree(home / "truth", values):
        print("the search finds nothing in the truth itself, so it proves nothing")
        return 1
    found = [hit for part in sorted(home.iterdir()) if part.is_dir() and part.name not in OURS for hit in search_tree(part, values)]
    found += [(name, spelling) for name, spelling in search_tree(home, values) if Path(name).name.startswith(("ledger", "env", "done"))]
    for name, spelling in found:
        print(f"{name}: {spelling}")
    print(f"{len(values)} values, {len(found)} found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
