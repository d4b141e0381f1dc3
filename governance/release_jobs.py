"""The jobs of releases: plan, approve, publish, look again. `governance.jobs` takes them into its catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from governance import jobs
from governance.approvals import ask, require_approval, shown
from governance.depersonalization.apply import SHOWN, apply, copy_receipts
from governance.depersonalization.outside import ASKED
from governance.depersonalization.plan import make_plan
from governance.depersonalization.source import Source, resolve
from governance.depersonalization.tools import Tools
from governance.depersonalization.verify import Verified, verify
from governance.disposal import vault
from governance.disposal.resolve import resolve as resolve_people
from governance.domain.errors import GovernanceError, ResidualFound
from governance.domain.findings import Finding
from governance.domain.plan import Kind, Plan
from governance.installation import Installation
from governance.jobs import Result, RunContext, job, moment
from governance.ledger.requests import ERASURE, STANDING, RequestRecord
from governance.policy.releases import Release
from governance.warehouse.control import request_subject

_STOPS_USE = (ERASURE, *STANDING)  # requests after which data about a person is not used any more
_DONE = ("closed", "refused")


@contextmanager
def release_tools(installation: Installation) -> Iterator[Tools]:
    with installation.warehouse() as warehouse:
        yield Tools(warehouse, installation.ledger, installation.stores, installation.keys, installation.settings.expectations)


def declared(installation: Installation, name: str) -> Release:
    """The release `name`. GovernanceError when the policy has none."""
    releases = {r.key: r for r in installation.policy.policy.releases}
    if name not in releases:
        raise GovernanceError("is not a declared release", where=name, fix="one of " + (", ".join(sorted(releases)) or "none yet"))
    return releases[name]


def source_of(installation: Installation, tools: Tools, name: str) -> Source:
    return resolve(installation.policy, tools.warehouse.schema(), declared(installation, name))


def people_who_asked(installation: Installation, tools: Tools, kind: str) -> dict[str, set[str]]:
    """Why -> keys of the subjects of `kind` behind open requests that stop the use of their data."""
    found: dict[str, set[str]] = {}
    for record in installation.ledger.requests():
        if record.kind in _STOPS_USE and record.state not in _DONE and kind in record.subject_kinds:
            found.setdefault(ASKED.format(kind=record.kind), set()).update(_behind(installation, tools, record, kind))
    return found


def _behind(installation: Installation, tools: Tools, record: RequestRecord, kind: str) -> set[str]:
    """Who a request is about: as it was resolved, else resolved now without keeping anything."""
    query = select(request_subject.c.subject_key).where(request_subject.c.request == record.id, request_subject.c.kind == kind)
    known = {str(row[0]) for row in tools.warehouse.rows(query, name="release.asked")}
    if known or record.state != "received":
        return known
    sealed = vault.get(tools.warehouse, tools.keys, record.id)
    return set(resolve_people(tools.warehouse, installation.policy.policy, tools.warehouse.schema(), kind, sealed.identifiers).keys)


# ---- the jobs ------------------------------------------------------------------------------------------------------

@job("depersonalize.list")
def depersonalize_list(installation: Installation, context: RunContext) -> Result:
    """Name the declared releases, one task each."""
    return {"releases": [{"release": r.key, "label": r.key} for r in installation.policy.policy.releases]}


@job("depersonalize.plan")
def depersonalize_plan(installation: Installation, context: RunContext, release: str, dry_run: bool = False,
                       unlock: bool = False) -> Result:
    """Plan the next version of one release. A plan that was begun and not finished is given again instead of a new one.

    The levels of the first version are kept by every later one unless `unlock` asks for a new search.
    """
    with release_tools(installation) as tools:
        source = source_of(installation, tools, release)
        begun = None if dry_run else _begun(installation, tools, source)
        if begun is not None:
            return {**shown(installation, begun), "release": release, "label": release}
        asked = people_who_asked(installation, tools, source.path.kind)
        plan = make_plan(tools, source, moment(installation, context), asked, unlock=unlock)
    installation.ledger.save_plan(plan)
    return {**ask(installation, plan, dry_run), "release": release, "label": release}


def _begun(installation: Installation, tools: Tools, source: Source) -> Plan | None:
    """A plan of this release that can still go on. One whose version is shown already is always finished first."""
    for state in ("applying", "approved"):
        for record in installation.ledger.plans(kind=Kind.RELEASE, name=source.release.key, state=state):
            plan = installation.ledger.plan(record.digest)
            if SHOWN in {r.batch for r in copy_receipts(tools, plan)}:
                return plan
            if (plan.policy_digest, plan.schema_digest) == (installation.policy.digest, source.digest) and state == "approved":
                return plan
            installation.ledger.set_state(plan.digest, "stale", "a new plan takes its place: nothing of it was shown")
    return None


jobs.CATALOGUE["depersonalize.approved"] = jobs.disposal_approved


@job("depersonalize.apply")
def depersonalize_apply(installation: Installation, context: RunContext, digest: str) -> Result:
    """Publish the planned version, or what is left of it. Safe to repeat."""
    plan = installation.ledger.plan(digest)
    require_approval(installation, plan)
    ledger = installation.ledger
    with release_tools(installation) as tools:
        source = source_of(installation, tools, plan.name)
        asked = people_who_asked(installation, tools, source.path.kind)
        if ledger.plan_record(plan.digest).state not in ("applied", "verified", "residual"):
            ledger.set_state(plan.digest, "applying", "publishing")
        try:
            record = apply(tools, source, plan, moment(installation, context), asked)
        except GovernanceError as error:
            if not error.retryable:
                ledger.set_state(plan.digest, "stale" if type(error).__name__ == "PlanStale" else "failed", error.problem[:500])
            raise
    if ledger.plan_record(plan.digest).state == "applying":
        ledger.set_state(plan.digest, "applied", f"version {record.version} is shown")
    result: Result = {"digest": plan.digest, "release": plan.name, "version": record.version, "rows": plan.rows, "table": record.table}
    return {**result, "asset": f"release/{plan.name}", "extra": {"version": record.version, "plan": plan.digest, "rows": plan.rows}}


@job("depersonalize.verify")
def depersonalize_verify(installation: Installation, context: RunContext, digest: str) -> Result:
    """Look at the published version again and write its card. ResidualFound when it does not keep its promise."""
    from governance.report.card import write_card

    plan = installation.ledger.plan(digest)
    ledger = installation.ledger
    with release_tools(installation) as tools:
        source = source_of(installation, tools, plan.name)
        asked = people_who_asked(installation, tools, source.path.kind)
        found = verify(tools, source, plan, moment(installation, context), asked)
    _keep(installation, plan, found)
    folder = installation.settings.reports_dir
    card = str(write_card(ledger, installation.keys, plan.name, folder)) if folder else ""
    result = {"digest": plan.digest, "release": plan.name, "version": ledger.release_of(plan.digest).version, "rows": found.rows,
              "k": found.k, "card": card}
    if found.findings:
        ledger.set_state(plan.digest, "residual", f"{len(found.findings)} findings")
        raise ResidualFound("the published version does not keep its promise: " + "; ".join(f.message for f in found.findings),
                            where=f"release {plan.name}", fix=found.findings[0].remedy)
    ledger.set_state(plan.digest, "verified", "looked at again: as promised")
    return result


def _keep(installation: Installation, plan: Plan, found: Verified) -> None:
    [step] = plan.steps
    ledger = installation.ledger
    ledger.save_verification(plan.digest, [{
        "step": step.number, "table": str(step.table), "action": str(step.action), "outcome": str(found.outcome),
        "residual": abs(found.rows - found.receipts), "planned": step.rows, "done": found.receipts, "left": step.rows - found.receipts,
        "held": 0, "gone": 0}])
    run_id = ledger.start_run("verify", "", plan.digest, plan.as_of)
    ledger.save_findings(run_id, "verify", list(found.findings))
    ledger.end_run(run_id, "residual" if found.findings else "done", f"plan {plan.digest[:12]}")


def still_shown(installation: Installation, plan: Plan) -> list[str]:
    """Releases whose published version may hold rows of the person a request was about, under a pseudonym."""
    kinds = installation.ledger.request(plan.name).subject_kinds
    with_keys = [r for r in installation.ledger.releases(state="published") if r.body["keys"] and r.body["subject"] in kinds]
    return [f"release {r.name}, version {r.version}: rows of the person under a pseudonym stay until the next version is shown, "
            "which leaves them out" for r in with_keys]


def look_again(installation: Installation, context: RunContext) -> list[Finding]:
    """What is wrong with the releases readers see now."""
    findings: list[Finding] = []
    shown_now = installation.ledger.releases(state="published")
    keys: set[str] = {r.key for r in installation.policy.policy.releases}
    for record in shown_now:
        if record.name not in keys:
            continue
        with release_tools(installation) as tools:
            source = source_of(installation, tools, record.name)
            asked = people_who_asked(installation, tools, source.path.kind)
            plan = installation.ledger.plan(record.plan)
            if plan.policy_digest == installation.policy.digest:
                findings += verify(tools, source, plan, moment(installation, context), asked).findings
    return findings


