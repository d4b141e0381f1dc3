"""Sources as code: feeds of third parties, what a record of theirs means, and which fields may become a customer's."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from governance.domain.clock import Period
from governance.policy.declared import Basis, Clause, Declared, PeriodField
from governance.policy.linking import Linking

Form = Literal["given_name", "family_name", "full_name", "email", "phone", "date", "moment", "address", "text", "code", "number"]
MATCHED: tuple[Form, ...] = ("given_name", "family_name", "full_name", "email", "phone", "date", "address", "text", "code")


class Format(Declared):
    """How files are written. What is `auto` is found out from the bytes and the declared field names.

    `delimiter` and `encoding` are for CSV, `encoding` for JSON lines too. `compression` is found out from the first bytes.
    """

    kind: Literal["csv", "jsonl", "parquet"]
    encoding: str = "auto"
    delimiter: Annotated[str, Field(pattern=r"^(auto|.|\t)$")] = "auto"
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    compression: Literal["auto", "none", "gzip", "zip", "zstd", "bz2", "xz"] = "auto"

    @model_validator(mode="after")
    def _arguments_fit(self) -> Format:
        if self.kind == "parquet" and (self.encoding, self.delimiter) != ("auto", "auto"):
            raise ValueError("a Parquet file has neither `encoding:` nor `delimiter:`")
        if self.kind == "jsonl" and self.delimiter != "auto":
            raise ValueError("JSON lines have no `delimiter:`")
        return self


class SourceField(Declared):
    """One field: `name` in the file (a dotted path in JSON), `field` as everybody else calls it.

    `formats` are those of dates, in order (``%d.%m.%Y``); none: the usual ones of the region, day before month. `wrong` is what
    becomes of a record whose value is not of its form: quarantine it (a person can repair it), reject it, or leave the value out.
    A record without a `required` value is quarantined or rejected by `wrong` too.
    """

    name: str
    field: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    form: Form
    required: bool = False
    wrong: Literal["quarantine", "reject", "leave_out"] = "quarantine"
    formats: tuple[str, ...] = ()
    sensitive: bool = False
    purposes: Annotated[tuple[str, ...], Field(description="Purposes of this field, where they are fewer than the source's.")] = ()

    @model_validator(mode="after")
    def _dates_only(self) -> SourceField:
        if self.formats and self.form not in ("date", "moment"):
            raise ValueError("`formats:` are for dates and moments")
        if self.required and self.wrong == "leave_out":
            raise ValueError("a required value cannot be left out: `wrong: quarantine` or `wrong: reject`")
        return self


class Limits(Declared):
    """What a file may be at most. `bytes` counts after decompression, `ratio` is of that to the file's own size.

    `not_accepted` is the share of records above which something is wrong with the whole file, and all of it is refused.
    """

    bytes: Annotated[int, Field(ge=1)] = 2_000_000_000
    rows: Annotated[int, Field(ge=1)] = 2_000_000
    ratio: Annotated[int, Field(ge=1)] = 200
    record_bytes: Annotated[int, Field(ge=256)] = 1_000_000
    not_accepted: Annotated[float, Field(gt=0, le=1)] = 0.5


class Signals(Declared):
    """A record is a fraud signal: kept apart in ``fraud.signal``, never a field value, and gone after `expires_field` or
    `expires_within` of being observed, whichever is earlier. `kind_field` says which kind of signal, `score_field` how strong."""

    kind_field: str
    score_field: str | None = None
    expires_field: str | None = None
    expires_within: PeriodField


class Source(Declared):
    """One third party's feed. `agreement` is the reference of the contract with them.

    `folder` is relative to GOVERNANCE_FEEDS (or GOVERNANCE_STORES), or an s3:// prefix; `files` is a pattern of names. A file younger than
    `settled_after` seconds is left for later. `delivers`: every file is the whole (snapshot), or adds to those before
    (increments); either way a record replaces an earlier one with the same `record_key`. `observed_at` names the field that says
    when the source saw it, else the moment of arrival counts. `keep` and `keep_quarantined` say how long records stay.
    """

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str
    clause: Clause
    owner: str
    agreement: str
    legal_basis: dict[str, Basis]
    purposes: Annotated[tuple[str, ...], Field(min_length=1)]
    subject_kind: str
    folder: str
    files: str = "*"
    settled_after: Annotated[int, Field(ge=0)] = 30
    format: Format
    limits: Limits = Limits()
    fields: Annotated[tuple[SourceField, ...], Field(min_length=1)]
    record_key: Annotated[tuple[str, ...], Field(min_length=1)]
    observed_at: str | None = None
    delivers: Literal["snapshot", "increments"] = "increments"
    keep: PeriodField = Period(months=12)
    keep_quarantined: PeriodField = Period(days=90)
    expectations: Annotated[str | None, Field(description="The suite below expectations/feeds, `key` when left out.")] = None
    link: Linking
    signals: Signals | None = None

    @property
    def suite(self) -> str:
        """The file with the expectations, below the folder of suites."""
        return f"feeds/{self.expectations or self.key}.yaml"

    def field(self, name: str) -> SourceField | None:
        return next((f for f in self.fields if f.field == name), None)

    def purposes_of(self, name: str) -> tuple[str, ...]:
        """What the value of a canonical field may be used for."""
        found = self.field(name)
        return (found.purposes if found is not None else ()) or self.purposes
