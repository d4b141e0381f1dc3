"""Files as they really come: dialects, encodings, compression, dirt, and what is refused as a whole."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.domain.errors import FeedRefused, FeedUnsettled
from governance.policy.sources import Source
from governance.reconciliation.files import digest_of, listed, spooled, store_of
from governance.reconciliation.read import BROKEN, LINE, read
from governance.stores import Stores

QUOTE = '"'
NAMES = ["Nömrə", "Ad", "Qeyd"]
ROWS = [("1", "Əli Məmmədov", "birinci"), ("2", "Aygün Şıxlı", 'iki; "dırnaq"'), ("3", "Гусейн Алиев", "üç\nsətir")]


def source(**more: Any) -> Source:
    fields = [{"name": name, "field": field, "form": "text"} for name, field in zip(NAMES, ("number", "name", "note"), strict=True)]
    fields[0] |= {"required": True}
    declared = {"key": "test", "name": "Test", "clause": "C6", "owner": "engineer", "agreement": "T-1", "legal_basis": {},
                "purposes": ["p"], "subject_kind": "customer", "folder": "feeds",
                "settled_after": 0, "format": {"kind": "csv"}, "fields": fields,
                "record_key": ["number"], "link": {"exact": [["name"]]},
                "limits": {"bytes": 12_000_000, "ratio": 20, "record_bytes": 2_000}}
    return Source.model_validate(declared | more)


def two_fields(number: str) -> list[dict[str, Any]]:
    return [{"name": number, "field": "number", "form": "text", "required": True}, {"name": "Ad", "field": "name", "form": "text"}]


def put(folder: Path, content: bytes, name: str = "a.csv") -> Path:
    path = folder / "feeds" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def records(folder: Path, declared: Source | None = None) -> pl.DataFrame:
    """Everything that can be read of the one file below `folder`."""
    declared = declared or source()
    store = store_of(Stores({}, folder), declared)
    [file], _ = listed(store, declared)
    with spooled(store, file, declared) as content:
        parts = list(read(content, declared, 2))
    return pl.concat(parts) if parts else pl.DataFrame()


def csv_text(rows: list[tuple[str, ...]] = ROWS, delimiter: str = ";", end: str = "\n") -> str:
    def cell(value: str) -> str:
        quoted = any(c in value for c in (delimiter, '"', "\n", "\r"))
        return '"' + value.replace('"', '""') + '"' if quoted else value

    return "".join(delimiter.join(map(cell, row)) + end for row in (tuple(NAMES), *rows))


def rows_of(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return frame.filter(pl.col(BROKEN).is_null()).select("number", "name", "note").rows()


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_csv_is_read_whatever_its_dialect_and_unicode_encoding(tmp_path: Path, delimiter: str, encoding: str) -> None:
    put(tmp_path, csv_text(delimiter=delimiter, end="\r\n").encode(encoding))
    assert rows_of(records(tmp_path)) == ROWS


@pytest.mark.parametrize(("encoding", "words"), [
    ("cp1251", ["Иванов Пётр из Баку", "Алиева Наргиз", "Гусейнов Ильгар Мамедович"]),
    ("koi8-r", ["Иванов Пётр из Баку", "Алиева Наргиз", "Гусейнов Ильгар Мамедович"]),
    ("cp866", ["Иванов Пётр из Баку", "Алиева Наргиз", "Гусейнов Ильгар Мамедович"]),
    ("cp1254", ["Çağrı Öztürk", "Şule Yılmaz", "İbrahim Güneş"]),
    ("iso-8859-9", ["Çağrı Öztürk", "Şule Yılmaz", "İbrahim Güneş"])])
def test_single_byte_encodings_are_told_by_what_makes_words(tmp_path: Path, encoding: str, words: list[str]) -> None:
    declared = source(fields=two_fields("No"))
    put(tmp_path, ("No;Ad\n" + "".join(f"{n};{word}\n" for n, word in enumerate(words))).encode(encoding))
    assert records(tmp_path, declared)["name"].to_list() == words


def packed(content: bytes, how: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.csv", content)
    match how:
        case "gzip":
            return gzip.compress(content)
        case "bz2":
            return bz2.compress(content)
        case "xz":
            return lzma.compress(content)
        case "zip":
            return archive.getvalue()
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


@pytest.mark.parametrize("how", ["gzip", "bz2", "xz", "zip", "zstd"])
def test_a_compressed_file_is_read_and_one_that_was_cut_off_is_refused(tmp_path: Path, how: str) -> None:
    content = packed(csv_text().encode(), how)
    put(tmp_path / "whole", content)
    assert rows_of(records(tmp_path / "whole")) == ROWS
    put(tmp_path / "cut", content[:-9])
    with pytest.raises(FeedRefused, match="ends in the middle"):
        records(tmp_path / "cut")


@pytest.mark.parametrize("how", ["gzip", "bz2", "xz", "zip", "zstd"])
def test_a_file_that_grows_without_end_is_refused_while_it_grows(tmp_path: Path, how: str) -> None:
    bomb = b"Ad;Qeyd\n" + b"a" * 30_000_000
    content = packed(bomb, how)
    assert len(content) < 100_000
    put(tmp_path, content)
    with pytest.raises(FeedRefused, match="larger than declared"):
        records(tmp_path)


@pytest.mark.parametrize("lost", [5, 25])
def test_a_csv_that_ends_in_the_middle_of_a_record_is_refused(tmp_path: Path, lost: int) -> None:
    put(tmp_path, csv_text().encode()[:-lost])
    with pytest.raises(FeedRefused, match="ends in the middle of a record"):
        records(tmp_path)


@pytest.mark.parametrize(("content", "problem"), [
    (csv_text().replace("Nömrə", "Kod").encode(), "has no column Nömrə; 1 columns that nobody declared are there instead"),
    (csv_text().partition("\n")[2].encode(), "the first line does not name the declared fields"),
    (b"Ad;Ad;N\xc3\xb6mr\xc9\x99\nx;y;1\n", "names a column twice: Ad")])
def test_another_shape_than_declared_is_refused_without_repeating_the_file(tmp_path: Path, content: bytes, problem: str) -> None:
    put(tmp_path, content)
    with pytest.raises(FeedRefused) as refused:
        records(tmp_path)
    assert refused.value.problem == problem
    assert "Əli" not in str(refused.value)


@pytest.mark.parametrize(("encoding", "written", "problem"), [
    ("utf-8", "cp1251", "is declared as utf-8 and has other bytes near byte 0"),
    ("cp1254", "utf-8", "is declared as cp1254 and is UTF-8"),
    ("cp1251", "utf-16", "is declared as cp1251 and begins with the mark of utf-16"),
    ("no-such", "utf-8", "there is no encoding no-such")])
def test_another_encoding_than_declared_is_refused(tmp_path: Path, encoding: str, written: str, problem: str) -> None:
    text = "Nomre;Ad\n1;Иванов\n"
    declared = source(format={"kind": "csv", "encoding": encoding},
                      fields=two_fields("Nomre"))
    put(tmp_path, text.encode(written))
    with pytest.raises(FeedRefused) as refused:
        records(tmp_path, declared)
    assert refused.value.problem == problem


def test_broken_records_cost_themselves_and_no_other(tmp_path: Path) -> None:
    lines = ["Nömrə;Ad;Qeyd", "1;a;b", '2;"open;x', "3;a;b", "4;a", "5;a;b;c", '6;"a"b;c', "7;a;b", "", "8;nul\0here;b"]
    put(tmp_path, ("\n".join(lines) + "\n").encode())
    frame = records(tmp_path)
    broken = {line: why for line, why in frame.select(LINE, BROKEN).rows() if why}
    assert broken == {3: "its quotes do not end", 5: "has fewer cells than the first line", 6: "has more cells than the first line",
                      7: "its quotes do not end"}
    assert [row[0] for row in rows_of(frame)] == ["1", "3", "7", "8"]
    assert rows_of(frame)[-1][1] == "nul\ufffdhere"


def test_a_quote_that_nobody_closed_swallows_one_line_of_a_long_file(tmp_path: Path) -> None:
    lines = ["Nömrə;Ad;Qeyd", *(f"{n};{QUOTE if n == 10 else ''}a;b" for n in range(500))]
    put(tmp_path, ("\n".join(lines) + "\n").encode())
    frame = records(tmp_path)
    assert frame.height == 500
    assert frame.filter(pl.col(BROKEN).is_not_null())[LINE].to_list() == [12]


def test_json_lines_are_read_by_path_and_bad_lines_cost_themselves(tmp_path: Path) -> None:
    declared = source(format={"kind": "jsonl"}, fields=[
        {"name": "id", "field": "number", "form": "text", "required": True}, {"name": "who.name", "field": "name", "form": "text"},
        {"name": "more", "field": "note", "form": "text"}])
    lines = [json.dumps({"id": 1.50, "who": {"name": "Əli"}, "more": [1, {"a": None}]}), "{", "[1]",
             json.dumps({"id": "2", "who": 3, "more": True}),
             json.dumps({"id": "3", "who": {"name": "a\0b\ud800"}}), "[" * 5000]
    declared = declared.model_copy(update={"limits": declared.limits.model_copy(update={"record_bytes": 10_000})})
    put(tmp_path, ("\n".join(lines) + "\n").encode(), "a.jsonl")
    frame = records(tmp_path, declared)
    assert rows_of(frame) == [("1.5", "Əli", '["1", {"a": null}]'), ("2", None, "true"), ("3", "a\ufffdb?", None)]
    assert frame[BROKEN].drop_nulls().to_list() == ["is not JSON", "is not a JSON object", "is not JSON"]
    put(tmp_path, ("\n".join(lines[:1]) + '\n{"id": "9", "wh').encode(), "a.jsonl")
    with pytest.raises(FeedRefused, match="ends in the middle of a record"):
        records(tmp_path, declared)


def test_parquet_is_read_and_damaged_parquet_refused(tmp_path: Path) -> None:
    declared = source(format={"kind": "parquet"})
    frame = pl.DataFrame({"Qeyd": [r[2] for r in ROWS], "Nömrə": [1, 2, 3], "Ad": [r[1] for r in ROWS], "more": [None] * 3})
    body = io.BytesIO()
    frame.write_parquet(body)
    put(tmp_path, body.getvalue(), "a.parquet")
    assert rows_of(records(tmp_path, declared)) == ROWS
    put(tmp_path, body.getvalue()[:-30], "a.parquet")
    with pytest.raises(FeedRefused, match="is not Parquet that can be read"):
        records(tmp_path, declared)


def test_limits_on_rows_and_lines_are_kept(tmp_path: Path) -> None:
    put(tmp_path, csv_text([("1", "a", "b")] * 30).encode())
    with pytest.raises(FeedRefused, match="more than 20 records"):
        records(tmp_path, source(limits={"rows": 20}))
    put(tmp_path, csv_text([("1", "a" * 900, "b")]).encode())
    with pytest.raises(FeedRefused, match="line of more than 300 characters"):
        records(tmp_path, source(limits={"record_bytes": 300}))


def test_files_on_their_way_are_left_for_later(tmp_path: Path) -> None:
    declared = source(settled_after=60, files="*.csv")
    now = datetime(2026, 10, 1, tzinfo=UTC)
    ages = {"old.csv": 600, "young.csv": 5, "x.csv.part": 600, ".hidden.csv": 600, "other.txt": 600, "empty.csv": 600}
    for name, age in ages.items():
        path = put(tmp_path, b"" if name == "empty.csv" else b"x", name)
        when = (now - timedelta(seconds=age)).timestamp()
        os.utime(path, (when, when))
    ready, later = listed(store_of(Stores({}, tmp_path), declared), declared, now)
    assert [f.ref for f in ready] == ["old.csv"]
    assert sorted(f.ref for f in later) == ["empty.csv", "x.csv.part", "young.csv"]


def test_a_file_that_changes_while_it_is_read_is_left_for_later(tmp_path: Path) -> None:
    path = put(tmp_path, csv_text().encode())
    store = store_of(Stores({}, tmp_path), source())
    [file], _ = listed(store, source())
    with path.open("ab") as more:
        more.write(b"4;x;y\n")
    with pytest.raises(FeedUnsettled):
        digest_of(store, file)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\x85\u2028\u2029\x1c\x1d\x1e\x0b\x0c"), max_size=12)


# Unicode's white space. Python counts four separators of teleprinters with it.
WHITE_SPACE = "".join(c for c in map(chr, range(0x110000)) if c.isspace() and not "\x1c" <= c <= "\x1f")


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=8), delimiter=st.sampled_from([";", ",", "\t"]))
def test_whatever_a_csv_writer_wrote_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]],
                                                  delimiter: str) -> None:
    import csv

    folder = tmp_path_factory.mktemp("written")
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([NAMES, *rows])
    put(folder, text.getvalue().encode())
    wanted = [tuple(cell if cell.strip(WHITE_SPACE) else None for cell in row) for row in rows]
    frame = records(folder)
    assert (rows_of(frame) if frame.height else []) == wanted
