"""Where discovery's evidence, people's decisions, the declared policy and tags of other tools contradict one another.

Pure. A contradiction is a finding and nothing else: decisions, policy and tags stay as they are until a person changes them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from governance.domain.findings import Finding, Status
from governance.domain.names import ColumnRef, TableRef
from governance.domain.proposal import Decision, Proposal
from governance.domain.taxonomy import within, words
from governance.ledger.proposals import ProposalRecord
from governance.ledger.tags import TagRecord
from governance.policy.model import Collection as Declared
from governance.policy.model import Dataset, Policy
from governance.tagging.catalog import governed, meet

_REVIEW = "look at the column again: governance catalog review, or decide in the policy"


def contradictions(policy: Policy | None, found: Iterable[ProposalRecord]) -> list[Finding]:
    """What discovery finds against what people decided and the policy declares, ordered by table and column.

    Only what the last run of discovery still finds counts. `policy` is None where none can be read.
    """
    tables = governed(policy) if policy else {}
    made = [f for r in found if r.current
            for f in (*_against_person(r, _owner(tables, r.proposal.column)), *_against_policy(r, tables))]
    return sorted(made, key=lambda f: (f.table, f.column, f.rule))


def tag_findings(policy: Policy | None, found: Iterable[ProposalRecord], tags: Iterable[TagRecord],
                 seen: Collection[ColumnRef]) -> list[Finding]:
    """What tags of other tools say against discovery, people and policy. `seen` are the columns of the warehouse; empty where nobody
    has looked yet, and then a tag says nothing against discovery."""
    tables = governed(policy) if policy else {}
    records = {r.proposal.column: r for r in found}
    made = [f for tag in tags for f in _against_tag(tag, records.get(tag.column), tables, seen)]
    return sorted(made, key=lambda f: (f.table, f.column, f.rule, f.message))


# ---- one column ----------------------------------------------------------------------------------------------------

def _against_person(r: ProposalRecord, owner: str) -> Iterator[Finding]:
    column, now = r.proposal.column, _kinds(r.proposal)
    if r.decision is Decision.REJECTED and r.proposal.proved:
        yield _finding(Status.VIOLATION, "contradiction.rejected", column,
                       f"{r.by} decided that it is not personal, and check digits prove {now} in it", _REVIEW, owner)
    elif r.decision is Decision.REJECTED and r.decided_about and not agree([r.decided_about], _all(r.proposal)):
        yield _finding(Status.GAP, "contradiction.rejected_other", column,
                       f"{r.by} decided that it is no {words(r.decided_about)}, and now {now} is found in it", _REVIEW, owner)
    elif r.decision is Decision.CONFIRMED and not agree([r.category], _all(r.proposal)):
        yield _finding(Status.GAP, "contradiction.confirmed_other", column,
                       f"{r.by} confirmed {words(r.category)}, and now {now} is found in it", _REVIEW, owner)


def _against_policy(r: ProposalRecord, tables: Mapping[TableRef, tuple[Dataset, Declared]]) -> Iterator[Finding]:
    column = r.proposal.column
    dataset, collection = tables.get(column.table, (None, None))
    if dataset is None or collection is None or (r.decision is Decision.REJECTED and not r.proposal.proved):
        return
    owner, declared, now = dataset.governance.owner, collection.field(column.name), _kinds(r.proposal)
    if declared is not None and declared.is_personal:
        if not agree(declared.data_categories, _all(r.proposal)):
            yield _finding(Status.GAP, "contradiction.declared_other", column,
                           f"the policy declares {', '.join(map(words, declared.data_categories))}, and {now} is found in it",
                           f"correct data_categories of the field in dataset {dataset.fides_key}, or review the column", owner)
    elif declared is not None or column.name in collection.governance.not_personal:
        by = f", confirmed by {collection.governance.confirmed_by}" if collection.governance.confirmed_by else ""
        said = f"check digits prove {now}" if r.proposal.proved else f"{now} is found"
        yield _finding(Status.VIOLATION if r.proposal.proved else Status.GAP, "contradiction.not_personal", column,
                       f"the policy says that it is not personal{by}, and {said} in it",
                       f"declare it as a field of dataset {dataset.fides_key} with its purposes, or reject the proposal", owner)


def _against_tag(tag: TagRecord, r: ProposalRecord | None, tables: Mapping[TableRef, tuple[Dataset, Declared]],
                 seen: Collection[ColumnRef]) -> Iterator[Finding]:
    column, owner = tag.column, _owner(tables, tag.column)
    said = f"{tag.origin} says {', '.join(map(words, tag.personal))}" if tag.personal else f"{tag.origin} says that it is not personal"

    def gap(rule: str, message: str, remedy: str) -> Finding:
        return _finding(Status.GAP, f"tags.{rule}", column, message, remedy, owner)

    if seen and column not in seen:
        yield gap("column_missing", f"{said}, and there is no such column in the warehouse",
                  f"correct {tag.origin}, or bring the column back")
        return
    if r is not None and r.decision is Decision.REJECTED and tag.personal:
        yield gap("rejected", f"{said}, and {r.by} decided that it is not personal", _REVIEW)
    elif r is not None and r.decision is Decision.CONFIRMED and not agree(tag.personal, (r.category, *r.proposal.also)):
        yield gap("confirmed_other", f"{said}, and {r.by} confirmed {words(r.category)}", _REVIEW)
    elif r is not None and r.decision is Decision.OPEN and r.current and not agree(tag.personal, _all(r.proposal)):
        yield gap("found_other", f"{said}, and discovery finds {_kinds(r.proposal)}", _REVIEW)
    elif tag.personal and seen and (r is None or (not r.current and r.decision is Decision.OPEN)):
        yield gap("not_found", f"{said}, and discovery finds nothing personal in it",
                  "look at the column, and declare it in the policy if it is so")
    yield from _tag_against_policy(tag, said, tables, gap)


def _tag_against_policy(tag: TagRecord, said: str, tables: Mapping[TableRef, tuple[Dataset, Declared]],
                        gap: Callable[[str, str, str], Finding]) -> Iterator[Finding]:
    dataset, collection = tables.get(tag.column.table, (None, None))
    if dataset is None or collection is None:
        return
    declared, remedy = collection.field(tag.column.name), f"correct {tag.origin}, or dataset {dataset.fides_key} of the policy"
    if declared is not None and declared.is_personal:
        if not agree(tag.personal, declared.data_categories):
            yield gap("declared_other", f"{said}, and the policy declares {', '.join(map(words, declared.data_categories))}", remedy)
    elif tag.personal and (declared is not None or tag.column.name in collection.governance.not_personal):
        yield gap("not_personal", f"{said}, and the policy says that it is not personal", remedy)


# ---- words ---------------------------------------------------------------------------------------------------------

def agree(said: Iterable[str], found: Iterable[str]) -> bool:
    """Whether kinds that somebody names and kinds that are found meet. Texts by or about a person may hold anything."""
    some, others = tuple(said), tuple(found)
    return meet(some, others) or any(within(kind, "user.content") for kind in (*some, *others))


def _all(proposal: Proposal) -> tuple[str, ...]:
    return proposal.category, *proposal.also


def _kinds(proposal: Proposal) -> str:
    return " and ".join(dict.fromkeys(map(words, _all(proposal))))


def _owner(tables: Mapping[TableRef, tuple[Dataset, Declared]], column: ColumnRef) -> str:
    dataset, _ = tables.get(column.table, (None, None))
    return dataset.governance.owner if dataset else ""


def _finding(status: Status, rule: str, column: ColumnRef, message: str, remedy: str, owner: str) -> Finding:
    return Finding(status, rule, str(column.table), column.name, message, remedy, owner=owner)
