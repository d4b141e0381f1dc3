"""How long each stage of the demo took, as the demo itself remembered it.

    make demo && python -m benchmarks.demo [--home demo-home]

Measures nothing: `make demo` notes the seconds of its stages in its home, with the day, the machine's cores and its load.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.record import keep

HOME = Path(__file__).resolve().parent.parent / "demo-home"


def told(home: Path) -> list[dict[str, Any]]:
    """What the demo remembers of its runs, oldest first; nothing where it never came to its end."""
    path = home / "done.json"
    return list(json.loads(path.read_text()).get("told", [])) if path.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=HOME)
    runs = told(parser.parse_args().home)
    first = next((run for run in reversed(runs) if run["fresh"]), None)
    if first is None:
        print("nothing to read: the demo has not told its whole story from the beginning yet; make demo-clean demo, then this again")
        return
    again = runs[-1] if not runs[-1]["fresh"] and runs.index(first) < len(runs) - 1 else None
    rows = [(stage, seconds, again["seconds"].get(stage, "") if again else "") for stage, seconds in first["seconds"].items()]
    print(f"the demo took {first['seconds']['all']:.0f} s with {first['rows']:,} rows on {first['cores']} cores")
    keep("demo", "Stages of the demo", "make demo && python -m benchmarks.demo", ("stage", "first run, s", "run again, s"), rows,
         (f"{first['rows']:,} rows asked for, DuckDB and SQLite, under Airflow's own scheduler; as the demo noted it. The load is "
          "that of its last five minutes, its own processes included.",),
         {"on": first["on"], "cores": first["cores"], "python": first["python"], "load_before": first["load"]})


if __name__ == "__main__":
    main()
