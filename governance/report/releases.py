"""Releases as lines of the report: what readers see now, from the ledger alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from governance.ledger import Ledger


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """The version of one release that readers see. `verified` is None when nobody looked at it again yet; `counts`: nobody
    stands in it as a row; `keys`: domains whose pseudonym keys it rests on."""

    name: str
    title: str
    version: int
    on: date
    rows: int
    people: int
    k: int
    l: int | None  # noqa: E741 - the name the model has everywhere
    left_out: int
    loss: float
    counts: bool
    keys: tuple[str, ...]
    verified: bool | None

    @property
    def what(self) -> str:
        if self.counts:
            return "counts of groups"
        return f"rows with pseudonyms of {', '.join(self.keys)}" if self.keys else "rows without pseudonyms"


def release_lines(ledger: Ledger) -> tuple[ReleaseLine, ...]:
    """One line per published release, by name."""
    found = []
    for record in ledger.releases(state="published"):
        body, looked = record.body, ledger.verification(record.plan)
        verified = None if looked is None else all(step["outcome"] != "residual" for step in looked)
        found.append(ReleaseLine(
            record.name, body["title"], record.version, record.at.date(), body["published_rows"], body["subjects"], body["k_reached"],
            body["l_reached"], sum(s["rows"] for s in body["left_out"]) + body["suppressed_rows"], body["loss"],
            body["aggregate"] is not None, tuple(sorted(body["keys"])), verified))
    return tuple(found)
