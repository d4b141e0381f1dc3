"""The Chinook sample database (MIT licence) in a warehouse: a real schema that nobody here designed.

``python -m tests.proposing.chinook URL`` loads it, with the keys of its own PostgreSQL script or, with ``--bare``, without any.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

DATA = Path(__file__).parents[3] / "shared/data/chinook"
_INT, _TEXT = sa.Integer, sa.String


def tables(bare: bool = False) -> sa.MetaData:
    """As in the sample's own script: names in mixed case, keys, references, what may be null."""
    meta = sa.MetaData()

    def table(name: str, *columns: tuple[str, object, str]) -> None:
        made = []
        for column, kind, said in columns:
            refers = said.removeprefix("-> ") if said.startswith("-> ") else ""
            keys = [] if bare or not refers else [sa.ForeignKey(f"{refers.rstrip('?')}.{refers.rstrip('?')}Id")]
            required = said in ("key", "required") or (refers != "" and not refers.endswith("?"))
            made.append(sa.Column(column, kind, *keys, primary_key=said == "key" and not bare, autoincrement=False,
                                  nullable=bare or not required))
        sa.Table(name, meta, *made)

    table("Artist", ("ArtistId", _INT, "key"), ("Name", _TEXT(120), ""))
    table("Album", ("AlbumId", _INT, "key"), ("Title", _TEXT(160), "required"), ("ArtistId", _INT, "-> Artist"))
    table("Employee", ("EmployeeId", _INT, "key"), ("LastName", _TEXT(20), "required"), ("FirstName", _TEXT(20), "required"),
          ("Title", _TEXT(30), ""), ("ReportsTo", _INT, "-> Employee?"), ("BirthDate", sa.TIMESTAMP, ""),
          ("HireDate", sa.TIMESTAMP, ""), ("Address", _TEXT(70), ""), ("City", _TEXT(40), ""), ("State", _TEXT(40), ""),
          ("Country", _TEXT(40), ""), ("PostalCode", _TEXT(10), ""), ("Phone", _TEXT(24), ""), ("Fax", _TEXT(24), ""),
          ("Email", _TEXT(60), ""))
    table("Customer", ("CustomerId", _INT, "key"), ("FirstName", _TEXT(40), "required"), ("LastName", _TEXT(20), "required"),
          ("Company", _TEXT(80), ""), ("Address", _TEXT(70), ""), ("City", _TEXT(40), ""), ("State", _TEXT(40), ""),
          ("Country", _TEXT(40), ""), ("PostalCode", _TEXT(10), ""), ("Phone", _TEXT(24), ""), ("Fax", _TEXT(24), ""),
          ("Email", _TEXT(60), "required"), ("SupportRepId", _INT, "-> Employee?"))
    table("Genre", ("GenreId", _INT, "key"), ("Name", _TEXT(120), ""))
    table("MediaType", ("MediaTypeId", _INT, "key"), ("Name", _TEXT(120), ""))
    table("Track", ("TrackId", _INT, "key"), ("Name", _TEXT(200), "required"), ("AlbumId", _INT, "-> Album?"),
          ("MediaTypeId", _INT, "-> MediaType"), ("GenreId", _INT, "-> Genre?"), ("Composer", _TEXT(220), ""),
          ("Milliseconds", _INT, "required"), ("Bytes", _INT, ""), ("UnitPrice", sa.Numeric(10, 2), "required"))
    table("Playlist", ("PlaylistId", _INT, "key"), ("Name", _TEXT(120), ""))
    table("PlaylistTrack", ("PlaylistId", _INT, "-> Playlist"), ("TrackId", _INT, "-> Track"))
    table("Invoice", ("InvoiceId", _INT, "key"), ("CustomerId", _INT, "-> Customer"), ("InvoiceDate", sa.TIMESTAMP, "required"),
          ("BillingAddress", _TEXT(70), ""), ("BillingCity", _TEXT(40), ""), ("BillingState", _TEXT(40), ""),
          ("BillingCountry", _TEXT(40), ""), ("BillingPostalCode", _TEXT(10), ""), ("Total", sa.Numeric(10, 2), "required"))
    table("InvoiceLine", ("InvoiceLineId", _INT, "key"), ("InvoiceId", _INT, "-> Invoice"), ("TrackId", _INT, "-> Track"),
          ("UnitPrice", sa.Numeric(10, 2), "required"), ("Quantity", _INT, "required"))
    return meta


def load(url: str, bare: bool = False) -> None:
    """All tables with all rows, as an account that may create them."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    meta = tables(bare)
    with engine.begin() as connection:
        meta.create_all(connection)
        for table in meta.sorted_tables:
            rows = list(_rows(table))
            for start in range(0, len(rows), 2_000):
                connection.execute(sa.insert(table), rows[start:start + 2_000])


def _rows(table: sa.Table) -> Iterator[dict[str, object]]:
    import duckdb

    found = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(DATA / f"chinook.{table.name}.parquet")])
    names = [d[0] for d in found.description]
    for row in found.fetchall():
        yield {n: _value(table.c[n].type, v) for n, v in zip(names, row, strict=True)}


def _value(kind: object, value: str | None) -> object:
    import datetime as dt

    if value is None or isinstance(kind, sa.String):
        return value
    if isinstance(kind, sa.TIMESTAMP):
        return dt.datetime.fromisoformat(value)
    return int(value) if isinstance(kind, sa.Integer) else value


if __name__ == "__main__":
    load(sys.argv[1], bare="--bare" in sys.argv)
