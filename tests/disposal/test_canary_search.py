"""The search for values of people finds every planted one: a search that finds nothing proves something."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.canary import search_bytes, search_tree

VALUE = "Zərifə Qızılgül-Ələkbərova"
NOISE = b"\x00noise \xff" * 50


def _zip(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", content)
    return packed.getvalue()


def _parquet(value: str) -> bytes:
    packed = io.BytesIO()
    parquet.write_table(pa.table({"n": [1, 2], "nested": [{"name": "x"}, {"name": value}]}), packed, compression="zstd")
    return packed.getvalue()


PLANTED: dict[str, Callable[[str], bytes]] = {
    "raw": lambda v: NOISE + v.encode() + NOISE,
    "utf-16-le": lambda v: NOISE + v.encode("utf-16-le"),
    "utf-16-be": lambda v: b"!" + v.encode("utf-16-be"),
    "json": lambda v: json.dumps({"name": v}).encode(),
    "json in json": lambda v: json.dumps({"body": json.dumps({"name": v})}).encode(),
    "json with upper hex": lambda v: b"".join(b"\\u%04X" % ord(c) if ord(c) > 127 else c.encode() for c in v),
    "percent": lambda v: b"GET /?q=" + quote(v, safe="").encode(),
    "percent with lower hex": lambda v: re.sub("%..", lambda m: m[0].lower(), quote(v, safe="")).encode(),
    "base64 at 0": lambda v: base64.b64encode(v.encode()),
    "base64 at 1": lambda v: base64.b64encode(b"x" + v.encode() + b"yz"),
    "base64 at 2": lambda v: base64.b64encode(b"xx" + v.encode() + b"y"),
    "base64 for addresses": lambda v: base64.urlsafe_b64encode(b"x" + v.encode() + b"yz"),
    "hex": lambda v: v.encode().hex().encode(),
    "repr of bytes": lambda v: repr(v.encode()).encode(),
    "html": lambda v: html.escape(v).encode("ascii", "xmlcharrefreplace"),
    "lower case": lambda v: v.lower().encode(),
    "zip": lambda v: _zip(v.encode()),
    "gzip": lambda v: gzip.compress(v.encode()),
    "zlib": lambda v: zlib.compress(v.encode()),
    "zip in gzip, as base64": lambda v: gzip.compress(_zip(base64.b64encode(b"x" + v.encode()))),
    "parquet": _parquet,
}


@pytest.mark.parametrize("encoding", sorted(PLANTED))
def test_a_planted_value_is_found(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "clean.bin").write_bytes(NOISE * 100)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "planted.bin").write_bytes(PLANTED[encoding](VALUE))
    found = search_tree(tmp_path, [VALUE, "another value"])
    assert found
    assert {Path(path.split("!")[0]) for path, _ in found} == {Path("deep/planted.bin")}


def test_a_value_in_a_name_and_across_the_pages_of_a_database_is_found(tmp_path: Path) -> None:
    (tmp_path / f"{VALUE}.txt").write_bytes(b"")
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute("create table t (body text)")
    connection.execute("insert into t values (?)", ("x" * 4080 + VALUE + "x" * 9000,))
    for place in range(4000, 4090, 7):
        connection.execute("insert into t values (?)", ("y" * place + VALUE + "y" * 5000,))
    connection.commit()
    connection.close()
    found = search_tree(tmp_path, [VALUE])
    assert (f"{VALUE}.txt", "name, raw") in found
    assert ("ledger.sqlite!t", "raw") in found


def test_a_value_between_two_parts_of_a_large_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.canary._CHUNK", 1_000)
    (tmp_path / "large").write_bytes(b"x" * 990 + VALUE.encode() + b"x" * 5_000)
    assert search_tree(tmp_path, [VALUE]) == [("large", "raw")]


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=6, max_size=30).filter(lambda t: len(t.strip()) > 5 and t.isprintable()), st.binary(max_size=9),
       st.sampled_from(sorted(set(PLANTED) - {"lower case", "percent with lower hex", "json with upper hex"})))
def test_any_value_is_found_in_any_encoding(value: str, before: bytes, encoding: str) -> None:
    assert search_bytes(PLANTED[encoding](value), [value])
    assert search_bytes(base64.b64encode(before + value.encode() + before), [value])


@given(st.binary(max_size=300))
def test_nothing_is_found_where_nothing_is(content: bytes) -> None:
    assert search_bytes(content, [VALUE]) == []
