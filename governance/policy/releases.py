"""Releases as code: which columns leave for whom, transformed how, under which model. One published dataset each.

Columns are listed one by one, so that a new column of a source never leaves by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from governance.domain.names import TableRef
from governance.policy.declared import Clause, Declared, TableField

Kind = Literal["keep", "drop", "pseudonymize", "hierarchy", "interval", "prefix", "date", "geo", "shift", "code", "round", "redact"]
LADDERS = ("hierarchy", "interval", "prefix", "date", "geo")
_ARGUMENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # kind -> (must have, may have)
    "keep": ((), ()), "drop": ((), ()), "redact": ((), ()), "pseudonymize": (("domain",), ()), "round": (("to",), ()),
    "hierarchy": (("file",), ("lowest", "highest")), "interval": (("widths",), ("origin", "lowest", "highest")),
    "prefix": (("lengths",), ("lowest", "highest")), "date": (("units",), ("lowest", "highest")),
    "geo": (("longitude", "widths"), ("lowest", "highest")), "shift": (("domain", "days"), ()), "code": ((), ("bottom", "top")),
}


class Step(Declared):
    """One join from the source to a table that has one row for it: columns there (left) equal columns of the row we stand on."""

    table: TableField
    where: Annotated[dict[str, str], Field(min_length=1)]


class Transform(Declared):
    """What becomes of a column.

    keep (not personal, or sensitive) · drop (listed so that everybody sees it does not leave) · pseudonymize (`domain`: the same
    value gets the same token in every release of the domain) · hierarchy (`file`), interval (`widths`, `origin`), prefix
    (`lengths`), date (`units`), geo (cells of `widths` degrees, `longitude` beside a latitude): generalized as far as the model
    needs, between `lowest` and `highest` · shift (a date, by up to `days` both ways, the same for all dates of one subject in a
    `domain`) · code (numbers below `bottom` or above `top` become it) · round (`to` a multiple) · redact (identifiers cut out of
    free text).
    """

    kind: Kind
    domain: str | None = None
    file: str | None = None
    widths: tuple[float, ...] = ()
    origin: float | None = None
    lengths: tuple[int, ...] = ()
    units: tuple[Literal["day", "month", "quarter", "year", "decade"], ...] = ()
    longitude: str | None = None
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    bottom: float | None = None
    top: float | None = None
    to: Annotated[float, Field(gt=0)] | None = None
    lowest: Annotated[int, Field(ge=0)] | None = None
    highest: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _arguments_fit(self) -> Transform:
        must, may = _ARGUMENTS[self.kind]
        given = {n for n in type(self).model_fields if n != "kind" and getattr(self, n) not in (None, ())}
        if not set(must) <= given or not given <= {*must, *may} or (self.kind == "code" and not given):
            takes = ", ".join([*must, *(f"{n} if wanted" for n in may)]) or "nothing"
            raise ValueError(f"transform {self.kind} takes {takes}, got {', '.join(sorted(given)) or 'nothing'}")
        return self

    @property
    def climbs(self) -> bool:
        """Whether the model may generalize it further."""
        return self.kind in LADDERS


class ReleaseColumn(Declared):
    """One column of the dataset. `from` is a column of the source, or of the table `through` leads to; it is `name` when left out.

    `role` may only be stricter than the source's own: what is not personal there may be a quasi-identifier here.
    """

    name: str
    from_: Annotated[str | None, Field(alias="from")] = None
    through: tuple[Step, ...] = ()
    transform: Transform
    role: Literal["quasi_identifier", "sensitive"] | None = None
    description: str = ""

    @property
    def source(self) -> str:
        return self.from_ or self.name

    @property
    def leaves(self) -> bool:
        return self.transform.kind != "drop"


class Model(Declared):
    """What every published class meets, counted in distinct data subjects: at least `k`, and `l` values of `sensitive` among them.

    Classes that do not are left out whole, as long as no more than `max_suppressed` of the subjects lose rows by it.
    """

    k: Annotated[int, Field(ge=2)]
    l: Annotated[int, Field(ge=2)] | None = None  # noqa: E741 - the name the model has everywhere
    sensitive: str | None = None
    max_suppressed: Annotated[float, Field(ge=0, le=1)] = 0.0

    @model_validator(mode="after")
    def _l_is_of_something(self) -> Model:
        if (self.l is None) != (self.sensitive is None):
            raise ValueError("`l:` and `sensitive:` go together")
        return self


class Aggregate(Declared):
    """Publish one row per class with how many people are in it instead of a row per row. `round_to` makes versions hard to subtract."""

    subjects: Annotated[str, Field(description="Name of the column that counts data subjects.")]
    round_to: Annotated[int, Field(ge=1)] = 1


class Release(Declared):
    """One published depersonalized dataset. `subject` names the path of the source table to the people it is about."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str
    clause: Clause
    owner: str
    purposes: Annotated[tuple[str, ...], Field(min_length=1)]
    source: TableField
    subject: str
    target: TableField
    model: Model
    columns: Annotated[tuple[ReleaseColumn, ...], Field(min_length=1)]
    aggregate: Aggregate | None = None
    roles: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    store: str | None = None
    description: str = ""

    @property
    def leaving(self) -> tuple[ReleaseColumn, ...]:
        """Columns that stand in the dataset."""
        return tuple(c for c in self.columns if c.leaves)

    @property
    def domains(self) -> tuple[str, ...]:
        """Domains whose keys it needs."""
        return tuple(sorted({c.transform.domain for c in self.columns if c.transform.domain is not None}))

    def table_of(self, column: ReleaseColumn) -> TableRef:
        """The table a column is read from."""
        return column.through[-1].table if column.through else self.source
