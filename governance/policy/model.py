"""The declared policy as values. Text from outside, so pydantic: unknown keys are mistakes and loaded policy never changes.

A policy is a folder of YAML files. Every file is a mapping with any of the keys of `Policy`; lists from several files are
joined. Datasets are fideslang documents (``dataset: [...]``) with our keys under ``meta.governance``.
`governance.policy.load` reads a folder, `governance.policy.check` judges it as a whole and against a live schema.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from governance.domain.clock import Period
from governance.domain.names import TableRef
from governance.policy.declared import Basis, Clause, ColumnField, Declared, PeriodField, TableField
from governance.policy.linking import Golden, LinkModel
from governance.policy.releases import Release
from governance.policy.sources import Source

# ---- who decides ---------------------------------------------------------------------------------------------------

class Person(Declared):
    """A member of staff. Ledger and plans know only `user`."""

    user: str
    roles: tuple[str, ...]
    attests: tuple[str, ...] = ()


class Approvals(Declared):
    """Who must agree before data changes. `approve_above` is a share of a table's rows (0.01 = 1 %)."""

    approve_above: Annotated[float, Field(ge=0, le=1)] = 0.01
    approvers: dict[Literal["retention", "request", "release", "reconcile", "policy"], tuple[str, ...]]
    people: Annotated[int, Field(ge=1, le=2)] = 1
    expires: PeriodField = Period(days=2)
    accept_unauthenticated: bool = False


class PublishedText(Declared):
    """One published version of the privacy policy. `sha256` is of the file's bytes."""

    version: str
    file: str
    sha256: str
    published_on: date
    notice: str = ""


class Uncovered(Declared):
    """A place with copies that disposal does not reach, and for how long it keeps them."""

    what: str
    horizon: PeriodField
    because: str


class Organization(Declared):
    """The company. `time_zone` decides when a day begins; `warehouse_time_zone` is that of timestamps without a zone."""

    key: str
    name: str
    time_zone: str
    warehouse_time_zone: str = "UTC"
    policy_version: str
    regimes: tuple[str, ...]
    contact: str
    max_unique_share: Annotated[float, Field(ge=0, le=1, description=(
        "Largest share of rows that may stay unique over quasi-identifiers after depersonalizing in place."))] = 0.05
    minimum_group: Annotated[int, Field(ge=2)] = 10
    not_covered: tuple[Uncovered, ...] = ()


# ---- purposes and lifetimes ----------------------------------------------------------------------------------------

class Purpose(Declared):
    """`key` is a dotted fideslang data use. `legal_basis` maps a regime to its basis there."""

    key: str
    name: str
    clause: Clause
    description: str = ""
    legal_basis: dict[str, Basis]
    preference: Annotated[str | None, Field(description="The consent preference that governs it.")] = None
    citation: str | None = None
    survives_request: Annotated[bool, Field(description="An obligation that outlives an erasure request.")] = False

    @model_validator(mode="after")
    def _obligations_cite_their_law(self) -> Purpose:
        if "legal_obligation" in self.legal_basis.values() and not self.citation:
            raise ValueError("a legal obligation needs `citation:`, for example 'Tax Code (example, ask counsel)'")
        if "consent" in self.legal_basis.values() and not self.preference:
            raise ValueError("a purpose based on consent needs `preference:`, the choice that governs it")
        return self


class Schedule(Declared):
    """How long one purpose lives in a record class: `keep` after `trigger`, or until consent is withdrawn."""

    purpose: str
    trigger: str | None = None
    until_withdrawn: bool = False
    keep: PeriodField = Period()
    citation: str | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Schedule:
        if self.until_withdrawn == (self.trigger is not None):
            raise ValueError("declare either `trigger:` and `keep:`, or `until_withdrawn: true`")
        return self


class RecordClass(Declared):
    """Columns and rows that share triggers. `key` is what tables name."""

    key: str
    name: str
    clause: Clause
    schedules: tuple[Schedule, ...]


class Deadline(Declared):
    """When an answer is due: `working_days` by the calendar of `holidays`, or calendar `months`."""

    request: Literal["erasure", "access", "rectification", "restriction", "objection"]
    working_days: Annotated[int, Field(ge=1)] | None = None
    months: Annotated[int, Field(ge=1)] | None = None
    extendable_working_days: int = 0
    extendable_months: int = 0

    @model_validator(mode="after")
    def _one_unit(self) -> Deadline:
        if (self.working_days is None) == (self.months is None):
            raise ValueError("declare either `working_days:` or `months:`")
        return self


class Regime(Declared):
    """A law that applies. `holidays` is a country code of the holidays package or the key of a declared calendar."""

    key: str
    name: str
    citation: str
    holidays: str | None = None
    deadlines: tuple[Deadline, ...]


class HolidayCalendar(Declared):
    key: str
    days: tuple[date, ...]


class Recipient(Declared):
    """Somebody outside to whom data goes."""

    key: str
    name: str
    country: str
    purposes: tuple[str, ...]
    basis: str
    clause: Clause
    notify: Annotated[str, Field(description="How they are told of withdrawal and erasure.")]
    told: Annotated[bool, Field(description="False for one that keeps its own records by law; `notify` says so.")] = True
    notify_within: Annotated[PeriodField, Field(description="How soon they are told; never after the answer is due.")] = Period(months=1)


# ---- subjects ------------------------------------------------------------------------------------------------------

class Hop(Declared):
    """One join on a path: rows of `table` whose columns (left) equal columns of the row we stand on (right)."""

    table: TableField
    where: Annotated[dict[str, str], Field(min_length=1)]


class SubjectPath(Declared):
    """How a row leads to a subject of `kind`: over `through`, then the column `key`."""

    kind: str
    key: str
    through: tuple[Hop, ...] = ()


class Identifier(Declared):
    """A column of the identity table that a person can name. `form` says how values are normalized and compared."""

    form: Literal["email", "phone", "name", "customer_number", "document", "cookie", "device", "text"]
    column: str
    unique: Annotated[bool, Field(description="False for a name, a family phone, a courier point's number.")]


class Identity(Declared):
    """The table that stands for the subjects of a kind and its key column (not necessarily unique)."""

    table: TableField
    key: str


class SubjectKind(Declared):
    """`resolve_by` lists the sets of identifier forms that are enough, together, to say who it is."""

    key: str
    name: str
    clause: Clause
    identity: Identity
    identifiers: tuple[Identifier, ...]
    resolve_by: tuple[tuple[str, ...], ...]
    minors: str = ""


class ConsentLedger(Declared):
    """Where consents stand: one row per consent given. `preferences` maps a preference to the stored value.

    Living at a moment: granted at or before it and not withdrawn by then.
    """

    key: str
    table: TableField
    subject: SubjectPath
    preference_column: str
    preferences: dict[str, str]
    granted_at: str
    withdrawn_at: str
    policy_version: str | None = None
    clause: Clause


class Link(Declared):
    """The same person under two kinds: `columns` of `table` name both subject keys."""

    table: TableField
    kinds: tuple[str, str]
    columns: tuple[str, str]


# ---- datasets: fideslang documents with our keys under meta.governance ------------------------------------------------

class AtLatest(Declared):
    column: str
    keep: PeriodField


class Trigger(Declared):
    """The date from which a period runs: a column here, or of the rows that `through` leads to (their latest), or of others.

    `greatest_of`: the latest of all, null when any is null. `first_of`: the first that is not null. With `through`, a
    related row without a date, or no related row at all, is null: a null never shortens a life. A null trigger is a gap
    unless `when_null: open`, which needs `at_latest`: the purpose lives until then at most.
    """

    column: str | None = None
    through: tuple[Hop, ...] = ()
    greatest_of: tuple[Trigger, ...] = ()
    first_of: tuple[Trigger, ...] = ()
    when_null: Literal["gap", "open"] = "gap"
    at_latest: AtLatest | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Trigger:
        if (self.column is not None) + bool(self.greatest_of) + bool(self.first_of) != 1:
            raise ValueError("declare one of `column:`, `greatest_of:` and `first_of:`")
        if (self.when_null == "open") != (self.at_latest is not None):
            raise ValueError("`when_null: open` and `at_latest:` go together")
        return self


class EndState(Declared):
    """What a cell becomes when its purposes are over. Recognizable from the value alone, and applying it twice changes nothing.

    null · constant (`value`) · truncate (`length` characters, or `unit` year or month of a date) · generalize (`prefix`
    characters then ``*``; or `step` for numbers: the lower bound) · pseudonymize (`domain`) · redact (identifiers cut
    out of text, or `paths` out of JSON) · file (the file in `store` goes with all versions, then the cell is null).
    """

    kind: Literal["null", "constant", "truncate", "generalize", "pseudonymize", "redact", "file"]
    value: str | int | None = None
    length: Annotated[int, Field(ge=1)] | None = None
    unit: Literal["year", "month"] | None = None
    prefix: Annotated[int, Field(ge=1)] | None = None
    step: Annotated[int, Field(ge=2)] | None = None
    domain: str | None = None
    paths: tuple[str, ...] = ()
    store: str | None = None

    @model_validator(mode="after")
    def _arguments_fit(self) -> EndState:
        wanted = {"null": ((),), "constant": (("value",),), "truncate": (("length",), ("unit",)),
                  "generalize": (("prefix",), ("step",)), "pseudonymize": (("domain",),), "redact": ((), ("paths",)),
                  "file": (("store",),)}[self.kind]
        given = tuple(sorted(n for n in ("value", "length", "unit", "prefix", "step", "domain", "paths", "store")
                             if getattr(self, n) not in (None, ())))
        if given not in wanted:
            takes = " or ".join(", ".join(w) or "nothing" for w in wanted)
            raise ValueError(f"end state {self.kind} takes {takes}, got {', '.join(given) or 'nothing'}")
        return self

    @property
    def words(self) -> str:
        argument = next((f" {getattr(self, n)}" for n in ("value", "length", "unit", "prefix", "step", "domain", "store")
                         if getattr(self, n) is not None), "")
        return f"{self.kind}{argument}" + (f" {', '.join(self.paths)}" if self.paths else "")


class FieldGovernance(Declared):
    """What we declare of one column. `purposes: unjudged` says that a person has yet to decide."""

    role: Literal["identifier", "quasi_identifier", "sensitive"] | None = None
    purposes: tuple[str, ...] | Literal["unjudged"] = ()
    record_class: str | None = None
    subject: str | None = None
    end_state: EndState | None = None
    derived_from: ColumnField | None = None
    special_category: str | None = None
    personal: bool = True
    note: str = ""


class FieldMeta(Declared):
    governance: FieldGovernance = FieldGovernance()


class DatasetField(Declared):
    """A fideslang field. Without a ``user.*`` data category it is not personal."""

    name: str
    description: str = ""
    data_categories: tuple[str, ...] = ()
    meta: FieldMeta = FieldMeta()

    @property
    def governance(self) -> FieldGovernance:
        return self.meta.governance

    @property
    def is_personal(self) -> bool:
        return self.governance.personal and any(c.split(".")[0] == "user" for c in self.data_categories)


class Allowed(Declared):
    """A trigger, rule, row-security policy or view on a table that somebody has looked at. `writes_to`: it copies rows there."""

    name: str
    because: str
    approved_by: str
    writes_to: TableField | None = None


class DerivedTable(Declared):
    """This table copies another: `where` equates columns here (left) with columns of `table` (right)."""

    table: TableField
    where: Annotated[dict[str, str], Field(min_length=1)]


class CollectionGovernance(Declared):
    """What we declare of one table.

    `deletable`: false; true (the row goes when no personal column of it has a reason to stay); or ``with: schema.table``
    through a foreign key of this table (the row has no reason of its own and goes with that row).
    `not_personal` lists columns that `confirmed_by` has looked at; `unjudged` those that somebody still has to look at.
    """

    record_class: str | None = None
    subjects: dict[str, SubjectPath] = {}
    triggers: dict[str, Trigger] = {}
    deletable: bool | dict[Literal["with"], TableField] = False
    derived_from: DerivedTable | None = None
    row_key: Annotated[tuple[str, ...], Field(description="Columns that tell rows apart where no key is declared.")] = ()
    allows: tuple[Allowed, ...] = ()
    not_personal: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    confirmed_by: str | None = None
    retired: bool = False


class CollectionMeta(Declared):
    governance: CollectionGovernance = CollectionGovernance()


class Collection(Declared):
    """A fideslang collection: one table."""

    name: str
    description: str = ""
    fields: tuple[DatasetField, ...]
    meta: CollectionMeta = CollectionMeta()

    @property
    def governance(self) -> CollectionGovernance:
        return self.meta.governance

    def field(self, name: str) -> DatasetField | None:
        return next((f for f in self.fields if f.name == name), None)


class Mode(Declared):
    """`observe` plans and reports only; `enforce` disposes, and names who said so and when."""

    is_: Annotated[Literal["observe", "enforce"], Field(alias="is")]
    set_by: str | None = None
    since: date | None = None

    @model_validator(mode="after")
    def _somebody_said_so(self) -> Mode:
        if self.is_ == "enforce" and not (self.set_by and self.since):
            raise ValueError("`enforce` needs `set_by:` and `since:`")
        return self


class DatasetGovernance(Declared):
    schema_: Annotated[str, Field(alias="schema")]
    owner: str
    clause: Clause
    mode: Mode
    collection_points: tuple[str, ...]
    recipients: tuple[str, ...] = ()
    engines: Annotated[tuple[str, ...], Field(description="Engines that have this dataset, empty for all.")] = ()


class DatasetMeta(Declared):
    governance: DatasetGovernance


class Dataset(Declared):
    """A fideslang dataset: the governed tables of one schema and owner."""

    fides_key: str
    name: str
    description: str = ""
    organization_fides_key: str = "default_organization"
    data_categories: tuple[str, ...] = ()
    collections: tuple[Collection, ...]
    meta: DatasetMeta

    @property
    def governance(self) -> DatasetGovernance:
        return self.meta.governance

    def ref(self, collection: Collection) -> TableRef:
        return TableRef(self.governance.schema_, collection.name)


# ---- the whole -----------------------------------------------------------------------------------------------------

class Store(Declared):
    """Where files that rows point to live: `root` is a folder (relative to GOVERNANCE_STORES) or an s3:// prefix."""

    key: str
    root: str
    clause: Clause


class Control(Declared):
    """How a sentence of the published text is kept: `enforced` by tests, `attested` by a person, or `not_kept`, said plainly."""

    sentence: str
    clause: str
    status: Literal["enforced", "attested", "not_kept"]
    by: tuple[str, ...]
    because: str = ""
    attested_by: str | None = None
    attested_on: date | None = None
    expires_on: date | None = None


class Policy(Declared):
    """Everything declared, from all files of the folder. `digest` and `folder` are set by the loader."""

    organization: Organization
    people: tuple[Person, ...]
    approvals: Approvals
    published: tuple[PublishedText, ...]
    subject_kinds: tuple[SubjectKind, ...]
    links: tuple[Link, ...] = ()
    purposes: tuple[Purpose, ...]
    record_classes: tuple[RecordClass, ...]
    regimes: tuple[Regime, ...]
    holidays: tuple[HolidayCalendar, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    consents: tuple[ConsentLedger, ...] = ()
    stores: tuple[Store, ...] = ()
    controls: tuple[Control, ...] = ()
    releases: tuple[Release, ...] = ()
    sources: tuple[Source, ...] = ()
    link_models: tuple[LinkModel, ...] = ()
    golden: tuple[Golden, ...] = ()
    dataset: tuple[Dataset, ...]
