"""Labelled tables: the same contents under three styles of headings. Equal seeds give equal tables.

    python -m benchmarks.discovery.generator [--seed 1] [--tables 245] [--folder DIR]     writes one DuckDB file per style

`tables(seed, count)` gives `Table` values; `write(tables, folder)` the DuckDB files, of which discovery reads one at a time.
"""

from __future__ import annotations

import argparse
import random
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa

# Importing a module registers its kinds.
from benchmarks.discovery import dirt, headings, kinds_content, kinds_devices, kinds_ids, kinds_numbers, kinds_person, kinds_words  # noqa: F401
from benchmarks.discovery.kinds import KINDS, Draw, Filled, Kind
from benchmarks.discovery.kinds_person import plain
from benchmarks.discovery.people import people
from benchmarks.discovery.shapes import SHAPES, Shape, drawn
from benchmarks.discovery.truth import LANGUAGES, STYLES, Column, Table, Truth

TABLES = 245  # every shape in every language
SCHEMA = "shop"
SIZES = ((30, 80), (80, 300), (300, 1200), (1200, 5000))
PLAIN_FROM_DIRT = frozenset({"text_dense", "text_thin", "text_plain"})


def tables(seed: int = 1, count: int = TABLES, most_rows: int = 5000) -> list[Table]:
    """`count` tables: every shape in turn, every language in turn."""
    return list(_tables(seed, count, most_rows))


def _tables(seed: int, count: int, most_rows: int) -> Iterator[Table]:
    for place in range(count):
        # A generator of numbers of its own for each table: the first ten of a hundred are the same ten.
        rng = random.Random(zlib.crc32(f"{seed}/{place}".encode()))
        shape = SHAPES[place % len(SHAPES)]
        language = LANGUAGES[(place + place // len(SHAPES)) % len(LANGUAGES)]
        low, high = rng.choices(SIZES, [4, 4, 3, 1])[0]
        yield table(rng, shape, language, min(rng.randrange(low, high), most_rows), place)


def table(rng: random.Random, shape: Shape, language: str, rows: int, place: int) -> Table:
    crowd = people(rng, language, rows)
    if rng.random() < 0.3 and rows > 40:  # the same people come back
        crowd = rng.choices(crowd[: max(rows // 4, 20)], k=rows)
    base = language.removesuffix("-ascii") if language != "mixed" else "en"
    made = Table(
        shape.name, language, {"clear": f"{shape.name}_{place}", "local": f"{shape.names[base]}_{place}", "opaque": f"t{place:03d}"}
    )
    way, prefix = rng.choice(headings.OPAQUE_WAYS), rng.choice(shape.prefix)
    taken: dict[str, set[str]] = {style: set() for style in STYLES}
    chosen = drawn(rng, shape, language)
    towns: random.Random | None = None
    for at, (name, concept) in enumerate(chosen, start=1):
        k = KINDS[name]
        if name in ("lat", "lon", "store_lat", "store_lon"):  # a pair is about the same points
            towns = random.Random(place) if towns is None else towns
        draw = Draw(
            random.Random(place) if towns is not None and k.name in ("lat", "lon", "store_lat", "store_lon") else rng, language, crowd
        )
        said = concept or k.concept
        named = {
            "clear": headings.clear(rng, said),
            "local": headings.local(rng, said, language, prefix),
            "opaque": headings.opaque(way, at),
        }
        made.columns.append(column(rng, k, draw, {style: headings.unique(h, taken[style]) for style, h in named.items()}))
    return made


def column(rng: random.Random, k: Kind, draw: Draw, named: dict[str, str]) -> Column:
    filled = k.make(draw)
    told = filled if isinstance(filled, Filled) else Filled(filled)
    values, truth = list(told.values), k.truth
    if told.category is not None:
        truth = replace(truth, category=told.category, also=told.also or ())
    if told.optional:
        truth = truth.undecided()
    if draw.language.endswith("-ascii"):
        values = plain(values)
    if k.dirt and k.name not in PLAIN_FROM_DIRT:
        values = dirt.dirty(rng, values)
    if any(isinstance(v, int) for v in values) and any(isinstance(v, str) for v in values):
        values = [None if isinstance(v, str) and not v.strip().isdigit() else v for v in values]
    judged = told.opaque if told.opaque is not None else k.opaque
    opaque = truth if judged or not truth.personal else truth.undecided()
    if k.mistakable:
        opaque = replace(truth, category=k.mistakable, optional=True)
    return Column(k.name, named, values, {"clear": truth, "local": truth, "opaque": opaque})


def arrow(made: Table, style: str) -> pa.Table:
    """Typed columns: integers stay integers, dates dates, lists lists."""
    return pa.table({c.headings[style]: pa.array(c.values) for c in made.columns})


def write(made: Sequence[Table], folder: Path) -> dict[str, Path]:
    """One DuckDB file per style."""
    paths = {}
    for style in STYLES:
        paths[style] = folder / f"{style}.duckdb"
        paths[style].unlink(missing_ok=True)
        with duckdb.connect(str(paths[style])) as database:
            database.execute(f"CREATE SCHEMA {SCHEMA}")
            for one in made:
                database.register("given", arrow(one, style))
                database.execute(f'CREATE TABLE {SCHEMA}."{one.names[style]}" AS SELECT * FROM given')
                database.unregister("given")
    return paths


def truths(made: Sequence[Table], style: str) -> dict[tuple[str, str], tuple[Table, Column, Truth]]:
    """Table name and heading to what is true."""
    return {(f"{SCHEMA}.{t.names[style]}", c.headings[style]): (t, c, c.truths[style]) for t in made for c in t.columns}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", type=int, default=TABLES)
    parser.add_argument("--folder", type=Path, help="where the DuckDB files are written")
    given = parser.parse_args()
    made = tables(given.seed, given.tables)
    counted = Counter(c.kind for t in made for c in t.columns)
    columns = sum(counted.values())
    print(
        f"{len(made)} tables in {len(STYLES)} styles, {columns * len(STYLES):,} columns; {columns:,} different contents, "
        f"{sum(t.rows for t in made):,} rows"
    )
    print(", ".join(f"{kind} {n}" for kind, n in counted.most_common()))
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
        print(*write(made, given.folder).values(), sep="\n")


if __name__ == "__main__":
    main()
