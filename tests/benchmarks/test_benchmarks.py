"""The list of benchmarks, and the reading of what the demo remembered."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as running
from benchmarks import demo, record

ROOT = Path(running.__file__).resolve().parent.parent


def test_every_benchmark_is_listed_and_can_be_asked_for_help() -> None:
    listed = running.names()
    for name in ("demo", "erase-duckdb", "erase-postgresql", "lifetimes-duckdb", "lifetimes-postgresql", "parse"):
        assert name in listed
    for module in {words[0] for words in listed.values() if "--engine" in words}:
        done = subprocess.run([sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_a_benchmark_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        running.main(["erase-oracle"])
    assert stopped.value.code == 2
    assert "erase-oracle" in capsys.readouterr().err


def test_the_seconds_of_the_demo_are_written_as_it_remembered_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = {"on": "2026-11-22", "rows": 200_000, "cores": 3, "load": 1.5, "python": "3.11.7"}
    told = [{**run, "fresh": True, "seconds": {"Discover": 41.5, "all": 300.0}},
            {**run, "fresh": False, "seconds": {"Discover": 12.25, "all": 80.0}}]
    (tmp_path / "done.json").write_text(json.dumps({"told": told}))
    monkeypatch.setattr(record, "PARTS", tmp_path / "results")
    monkeypatch.setattr(record, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(sys, "argv", ["benchmarks.demo", "--home", str(tmp_path)])
    demo.main()
    written = (tmp_path / "RESULTS.md").read_text()
    assert "| Discover | 41.5 | 12.2 |" in written
    assert "2026-11-22, 3 cores, load 1.5" in written


def test_a_demo_that_was_never_told_to_its_end_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "PARTS", tmp_path / "results")
    monkeypatch.setattr(record, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(sys, "argv", ["benchmarks.demo", "--home", str(tmp_path)])
    demo.main()
    assert list(tmp_path.iterdir()) == []
