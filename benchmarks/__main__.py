"""Run the benchmarks in turn: `make bench`, or by name.

    python -m benchmarks [--list] [NAME ...]

Each runs in a process of its own, shows its own progress and writes its own table of RESULTS.md. One that fails is named at
the end, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOT_BENCHMARKS = {"__init__", "__main__", "record", "generator"}
ON_BOTH = ("duckdb", "postgresql")


def names() -> dict[str, list[str]]:
    """Name of a run to the words after ``python -m``. A benchmark is a module with a `main`; one with ``--engine`` runs on both,
    and one that writes its table only with ``--keep`` is told so."""
    found: dict[str, list[str]] = {}
    for path in sorted([*HERE.glob("*.py"), *HERE.glob("*/*.py")]):
        text = path.read_text()
        if path.stem in NOT_BENCHMARKS or not any(isinstance(n, ast.FunctionDef) and n.name == "main" for n in ast.parse(text).body):
            continue
        module = ".".join(path.relative_to(HERE.parent).with_suffix("").parts)
        name = ".".join(path.relative_to(HERE).with_suffix("").parts)
        if '"--engine"' in text:
            found |= {f"{name}-{engine}": [module, "--engine", engine] for engine in ON_BOTH}
        else:
            found[name] = [module, "--keep"] if '"--keep"' in text else [module]
    return found


def main(argv: list[str] | None = None) -> int:
    known = names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to run; all when none is given")
    parser.add_argument("--list", action="store_true", help="say what there is")
    given = parser.parse_args(argv)
    if given.list:
        print("\n".join(f"{name:24} python -m {' '.join(words)}" for name, words in known.items()))
        return 0
    unknown = [name for name in given.names if name not in known]
    if unknown:
        parser.error(f"{', '.join(unknown)}: no such benchmark; there are {', '.join(known)}")
    chosen, failed = given.names or list(known), []
    for place, name in enumerate(chosen, start=1):
        print(f"[{place}/{len(chosen)}] {name}", flush=True)
        began = time.monotonic()
        code = subprocess.run([sys.executable, "-m", *known[name]], cwd=HERE.parent, check=False).returncode
        print(f"[{place}/{len(chosen)}] {name} {'ended' if code == 0 else f'failed with exit code {code}'} after "
              f"{time.monotonic() - began:.0f} s", flush=True)
        if code:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
