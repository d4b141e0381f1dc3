"""The jobs of discovery: list the tables, look at them, say what changed and what contradicts. `governance.jobs` takes them into its
catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from governance.approvals import label
from governance.domain.counts import counted
from governance.domain.errors import GovernanceError
from governance.domain.findings import Finding, Status
from governance.domain.names import ColumnRef, TableRef
from governance.domain.proposal import Decision, Proposal
from governance.domain.schema import Schema
from governance.installation import Installation
from governance.jobs import Result, RunContext, job, moment
from governance.ledger.looks import LookRecord, UniquenessRecord
from governance.ledger.proposals import ProposalRecord
from governance.policy.load import load_leniently
from governance.policy.model import Policy
from governance.policy.read import files
from governance.warehouse import Warehouse

if TYPE_CHECKING:
    from governance.discovery.discover import Progress

TABLES_PER_CHUNK = 25
MODES = ("full", "quick")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole run: what is believed now of the tables that were asked for, what drifted or contradicts, how closely they were looked at."""

    proposals: tuple[Proposal, ...]
    findings: tuple[Finding, ...]
    looks: tuple[LookRecord, ...]

    @property
    def looks_in_words(self) -> list[str]:
        from governance.discovery.looks import remembered, told

        return told(remembered(self.looks), sum(record.unchanged for record in self.looks))


@job("discover.tables")
def discover_tables(installation: Installation, context: RunContext) -> Result:
    """Start a discovery run and say which tables to scan, in chunks; tables that others refer to come first."""
    from governance.discovery import referred_first

    run_id = installation.ledger.start_run("discover", context.dag_id, context.dag_run_id, moment(installation, context))
    with installation.warehouse(read_only=True) as warehouse:
        names = [str(table.ref) for table in referred_first(warehouse.schema().tables)]
    parts = [names[n:n + TABLES_PER_CHUNK] for n in range(0, len(names), TABLES_PER_CHUNK)] or [[]]
    return {"run": run_id, "chunks": [{"chunk": n, "label": label(part), "tables": part} for n, part in enumerate(parts)]}


@job("discover.scan")
def discover_scan(installation: Installation, context: RunContext, run: str, tables: Sequence[str], mode: str = "full",
                  everything: bool | str = False) -> Result:
    """Look at tables and keep what was found as proposals. In full mode tables that did not change are not looked at again, unless
    `everything`."""
    with installation.warehouse(read_only=True) as warehouse:
        looks = look(installation, warehouse, run, [TableRef.parse(name) for name in tables], mode, is_yes(everything))
    there = {look.table for look in looks}
    personal = sum(r.current and r.proposal.column.table in there for r in installation.ledger.proposals())
    return {"run": run, "tables": len(tables), "personal": personal, **in_words(looks)}


@job("discover.conclude")
def discover_conclude(installation: Installation, context: RunContext, run: str, mode: str = "full") -> Result:
    """Compare the columns of today with those seen before, and what was found with what people and policy say; end the run."""
    with installation.warehouse(read_only=True) as warehouse:
        schema = warehouse.schema()
        settle(installation, warehouse, run, schema, mode)
    findings = conclude(installation, run, schema)
    columns = sum(len(table.columns) for table in schema.tables)
    personal = sum(r.stands for r in installation.ledger.proposals())
    return {"run": run, "columns": columns, "personal": personal, "drift": len(drifted(findings)),
            "contradictions": len(findings) - len(drifted(findings)), **in_words(installation.ledger.looks(run))}


def whole_run(installation: Installation, context: RunContext, mode: str, everything: bool, tables: Collection[TableRef] | None = None,
              on_progress: Progress | None = None) -> Outcome:
    """All of a run at once, as a shell does it."""
    as_of = moment(installation, context)
    run_id = installation.ledger.start_run("discover", "shell", as_of.isoformat(), as_of)
    with installation.warehouse(read_only=True) as warehouse:
        schema = warehouse.schema()
        looks = look(installation, warehouse, run_id, tables, mode, everything, on_progress)
    findings = conclude(installation, run_id, schema)
    there = {look.table for look in looks}
    believed = (r.proposal for r in installation.ledger.proposals() if r.current and r.proposal.column.table in there)
    return Outcome(tuple(sorted(believed, key=lambda p: p.column)), tuple(findings), tuple(looks))


# ---- looking -------------------------------------------------------------------------------------------------------

def look(installation: Installation, warehouse: Warehouse, run: str, tables: Collection[TableRef] | None, mode: str,
         everything: bool = False, on_progress: Progress | None = None) -> list[LookRecord]:
    """Look at `tables` (None: all) and keep what was found. The looks at them, unchanged tables too."""
    from governance.discovery import Known, load, look_at

    if mode not in MODES:
        raise GovernanceError(f"there is no mode {mode!r}", where="discover",
                              fix="full looks at every value, quick at a bounded part of the rows")
    ledger = installation.ledger
    before = {record.table: record for record in ledger.looks()}
    known = {ref: Known(r.fingerprint, r.recognizers, r.person, r.linked) for ref, r in before.items()}
    found = look_at(warehouse, tables=tables, custom=load(installation.settings.recognizers), mode=mode, known=known, again=everything,
                    on_progress=on_progress)
    # A part of a table that was looked at in full before says nothing about what it did not find again.
    weaker = {t.look.table for t in found.tables if not t.look.is_whole and t.look.table in before and before[t.look.table].fingerprint}
    believed = {r.proposal.column for r in ledger.proposals() if r.current}
    proposals = [p for p in found.proposals if p.column.table not in weaker or p.column not in believed]
    replaced = {t.look.table for t in found.tables} - weaker - set(found.unchanged)
    looks = []
    for table in found.tables:
        ref, one = table.look.table, table.look
        facts = known[ref] if ref in weaker else table.known
        read: dict[str, Any] = {"read_in": before[ref].read_in, "at": before[ref].at} if table.unchanged else {"read_in": run}
        looks.append(LookRecord(ref, str(one.mode), one.rows, one.looked, one.more, **asdict(facts), run=run, **read))
    # Proposals first: a look that is remembered without them would hide what it found.
    ledger.save_proposals(run, proposals, [], tables=replaced, unchanged=found.unchanged)
    if mode == "full":  # it takes a pass over the table for each combination, so quick leaves what was measured before
        single_out(installation, warehouse, run, {record.table: record.table in replaced for record in looks})
    ledger.save_looks(run, looks)
    return looks


def single_out(installation: Installation, warehouse: Warehouse, run: str, tables: Mapping[TableRef, bool]) -> None:
    """Measure what the quasi-identifiers of `tables` single out, where the table changed (True) or other columns are asked about."""
    from governance.tagging.uniqueness import measure, to_measure

    schema, records, (policy, _) = warehouse.schema(), installation.ledger.proposals(), declared_policy(installation)
    before: dict[TableRef, list[UniquenessRecord]] = {}
    for record in installation.ledger.uniqueness():
        before.setdefault(record.table, []).append(record)
    measured = {}
    for ref, changed in tables.items():
        table = schema.get(ref)
        wanted = to_measure(policy, schema, table, records) if table is not None else None
        if wanted is not None and (changed or not wanted.is_known(before.get(ref, []))):
            measured[ref] = measure(warehouse, schema, wanted)
    installation.ledger.save_uniqueness(run, measured)


def settle(installation: Installation, warehouse: Warehouse, run: str, schema: Schema, mode: str) -> None:
    """Look again at tables that were judged before it was known whether those they refer to, in another task, are about people."""
    from governance.discovery import Known, unsettled

    known = {r.table: Known(r.fingerprint, r.recognizers, r.person, r.linked) for r in installation.ledger.looks(run)}
    open_ones = unsettled(schema.tables, known) if mode == "full" else []
    if open_ones:
        look(installation, warehouse, run, open_ones, mode)


def is_yes(given: bool | str) -> bool:
    """A switch as Airflow's templates spell it, or as it is."""
    return given if isinstance(given, bool) else given.strip().lower() in ("true", "yes", "1")


def in_words(looks: Sequence[LookRecord]) -> Result:
    """How closely tables were looked at: figures, and a sentence. `missed` is a probability, 0..1."""
    from governance.discovery.looks import missed, remembered, summary

    told, unchanged = remembered(looks), sum(record.unchanged for record in looks)
    return {"unchanged": unchanged, "missed": missed(told), "looked": summary(told, unchanged)}


# ---- what it comes to ----------------------------------------------------------------------------------------------

def conclude(installation: Installation, run_id: str, schema: Schema) -> list[Finding]:
    """End a run: what drifted since the run before it, and what contradicts what people and policy say."""
    from governance.discovery.drift import drift_findings

    ledger = installation.ledger
    seen = [(table.ref.column(c.name), c.type) for table in schema.tables for c in table.columns]
    drift = drift_findings(ledger.drift(seen, run_id))
    ledger.save_proposals(run_id, [], seen, tables=())
    ledger.forget_looks({record.table for record in ledger.looks()} - {table.ref for table in schema.tables})
    contradicting = contradicted(installation)
    ledger.save_findings(run_id, "discover", [*drift, *contradicting])
    found, told = [r for r in ledger.proposals() if r.stands], in_words(ledger.looks(run_id))
    ledger.end_run(run_id, "done", f"{counted(len(found), 'personal column')}, {len(drift)} drifted, "
                                   f"{counted(len(contradicting), 'contradiction')}; {told['looked']}")
    return [*drift, *contradicting]


def contradicted(installation: Installation) -> list[Finding]:
    """Discovery, people, policy and tags of other tools against one another, as the ledger has them now."""
    from governance.tagging.contradictions import contradictions

    policy, unread = declared_policy(installation)
    return [*unread, *contradictions(policy, installation.ledger.proposals()), *disagreeing_tags(installation, policy)]


def disagreeing_tags(installation: Installation, policy: Policy | None) -> list[Finding]:
    """What tags of other tools say against discovery, people and policy."""
    from governance.tagging.contradictions import tag_findings

    ledger = installation.ledger
    tags = ledger.tags()
    return tag_findings(policy, ledger.proposals(), tags, ledger.columns_seen().keys()) if tags else []


def declared_policy(installation: Installation) -> tuple[Policy | None, list[Finding]]:
    """The policy as far as it can be read. Discovery needs none: where there is none to compare with, that is a finding."""
    folder = installation.settings.policy_dir
    loaded = load_leniently(folder)[0] if folder.is_dir() and next(files(folder), None) else None
    if loaded is not None:
        return loaded.policy, []
    return None, [Finding(Status.GAP, "contradiction.no_policy", "", "",
                          "there is no policy that can be read, so nothing was compared with it", "governance policy check")]


def drifted(findings: Sequence[Finding]) -> list[Finding]:
    """Those about columns that appeared, vanished or changed type."""
    return [f for f in findings if f.rule.startswith("drift.")]


def decisions_of_policy(installation: Installation,
                        records: Sequence[ProposalRecord]) -> list[tuple[ColumnRef, Decision, None]]:
    """What the declared policy already says of open proposals: personal columns confirm, columns looked at reject."""
    declared: dict[ColumnRef, Decision] = {}
    for dataset in installation.policy.policy.dataset:
        for collection in dataset.collections:
            ref = dataset.ref(collection)
            declared |= {ref.column(f.name): Decision.CONFIRMED if f.is_personal else Decision.REJECTED
                         for f in collection.fields}
            declared |= {ref.column(name): Decision.REJECTED for name in collection.governance.not_personal}
    return [(r.proposal.column, declared[r.proposal.column], None) for r in records if r.proposal.column in declared]


@job("discover.confirm")
def discover_confirm(installation: Installation, context: RunContext, user: str) -> Result:
    """Confirm or reject open proposals as the declared policy says, in the name of `user`."""
    records = [r for r in installation.ledger.proposals(Decision.OPEN) if r.current]
    decisions = decisions_of_policy(installation, records)
    installation.ledger.decide_proposals(decisions, user)
    return {"decided": len(decisions), "open": len(records) - len(decisions)}
