"""Look at an installation, and mend what can be mended safely."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from governance.doctor import pool, releases, sql
from governance.doctor.clocks import Apart, apart
from governance.doctor.indexes import unindexed
from governance.doctor.rights import missing, needed
from governance.domain.errors import GovernanceError, WarehouseReadOnly
from governance.domain.names import TableRef
from governance.domain.schema import HazardKind, Schema
from governance.installation import Installation
from governance.keys import SUPPRESSION
from governance.ledger import Ledger
from governance.policy.check import check
from governance.policy.load import LoadedPolicy
from governance.reconciliation.prepare import prepare
from governance.settings import Settings
from governance.stores import BucketTarget
from governance.warehouse import Warehouse
from governance.warehouse.control import VERSION, schema_version

KEY_SEEN = "doctor.key"  # the entry of the evidence that says which key an installation began with


@dataclass(frozen=True, slots=True)
class Check:
    """`ok` is None where it could not be looked at, or is not needed for what the policy does today."""

    what: str
    ok: bool | None
    detail: str
    fix: str = ""


def examine(installation: Installation, *, fix: bool = False, airflow: bool = False) -> list[Check]:
    """Look at everything; with `fix`, first create what is missing: folders, keys, ledger tables, control tables. With `airflow`,
    ask Airflow's own program for its pool too, which takes it some seconds."""
    checks = [_secrets(installation, fix), _try("policy", lambda: f"{len(installation.policy.policy.dataset)} datasets, "
                                                f"digest {installation.policy.digest[:12]}"), _ledger(installation, fix)]
    if all(c.ok for c in (checks[0], checks[2])):
        checks.append(_same_key(installation, fix))
        checks += _releases(installation, fix)
        checks += _ledger_clock(installation)
    checks += _folders(installation, fix)
    checks += _several_machines(installation.settings)
    checks += _warehouse(installation, fix, airflow)
    return checks


def _try(what: str, look: Callable[[], str], remedy: str = "") -> Check:
    try:
        return Check(what, True, look())
    except GovernanceError as error:
        return Check(what, False, f"{error.where}: {error.problem}" if error.where else error.problem, error.fix or remedy)


# ---- keys, ledger, folders -----------------------------------------------------------------------------------------

def _secrets(installation: Installation, fix: bool) -> Check:
    keys, folder = installation.keys, installation.settings.secrets_dir

    def look() -> str:
        if fix:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not keys.versions(SUPPRESSION):
                keys.create(f"{SUPPRESSION}/v1")
        if not keys.versions(SUPPRESSION):
            keys.read(f"{SUPPRESSION}/v1")
        for version in keys.versions(SUPPRESSION):
            keys.read(f"{SUPPRESSION}/{version}")
        if folder.stat().st_mode & 0o022:
            raise GovernanceError("the folder can be written by other users, who could put keys of theirs there",
                                  where="GOVERNANCE_SECRETS", fix="chmod go-w on the folder")
        return f"suppression key {', '.join(keys.versions(SUPPRESSION))}"

    return _try("secrets", look)


def _ledger(installation: Installation, fix: bool) -> Check:
    def look() -> str:
        if fix:
            Ledger.migrate(installation.settings.ledger_url)
        broken = installation.ledger.first_break()
        if broken is not None:
            raise GovernanceError(f"the evidence chain breaks at entry {broken.seq}", where="ledger",
                                  fix="governance evidence verify; then compare with the last anchor")
        head = installation.ledger.head()
        return f"chain of {head.seq if head else 0} entries is intact"

    return _try("ledger", look, "governance doctor --fix")


def _same_key(installation: Installation, fix: bool) -> Check:
    """Every machine must hash with the same key: the ledger remembers a commitment to the first one, never the key."""
    first = installation.keys.versions(SUPPRESSION)[0]
    mark = hmac.digest(installation.keys.read(f"{SUPPRESSION}/{first}"), b"governance installation", hashlib.sha256).hex()
    known = [entry.body.get("mark") for entry in installation.ledger.entries_of(KEY_SEEN)]
    if not known and fix:
        installation.ledger.record(KEY_SEEN, {"key": f"{SUPPRESSION}/{first}", "mark": mark})
        known = [mark]
    if not known:
        return Check("key of the ledger", None, "nobody has entered which key this ledger began with", "governance doctor --fix")
    if mark != known[0]:
        return Check("key of the ledger", False, "this machine has another suppression key than the one this ledger began with, so "
                     "it would not know the people it erased", "copy the folder GOVERNANCE_SECRETS from the machine that made the key")
    return Check("key of the ledger", True, "the one this ledger began with")


def _ledger_clock(installation: Installation) -> Iterator[Check]:
    ledger = installation.ledger
    first = ledger.server_time()
    if first is not None:
        yield clock_check("the ledger", apart(lambda: ledger.server_time() or first))


def clock_check(whose: str, difference: Apart) -> Check:
    return Check(f"clock of {whose}", not difference.too_far, difference.words,
                 "let a time service set both machines: timedatectl set-ntp true" if difference.too_far else "")


def _folders(installation: Installation, fix: bool) -> Iterator[Check]:
    for name, folder, why in (("GOVERNANCE_REPORTS", installation.settings.reports_dir, "reports and certificates"),
                              ("GOVERNANCE_STORES", installation.settings.stores_dir, "files that rows point to")):
        if folder is None:
            yield Check(why, None, f"{name} is not set", f"export {name}=...")
            continue
        if fix and name == "GOVERNANCE_REPORTS":
            folder.mkdir(parents=True, exist_ok=True)
        usable = Path(folder).is_dir() and os.access(folder, os.W_OK)
        remedy = "" if usable else f"create the folder that {name} names and let this user write there"
        yield Check(why, usable, str(name), remedy)
    suites = installation.settings.expectations
    there = any(suites.glob("*.yaml"))
    origin = "GOVERNANCE_EXPECTATIONS" if installation.settings.expectations_dir else "beside the policy folder"
    yield Check("expectations", there or None, f"{suites.name} ({origin})" if there else f"no suite in {suites.name} ({origin})",
                "" if there else "export GOVERNANCE_EXPECTATIONS=... (the folder with catalog.yaml)")
    anchor = installation.settings.anchor
    if anchor and anchor.startswith("s3://"):
        yield _try("anchor", lambda: _locked_anchors(installation))
        return
    yield Check("anchor", bool(anchor) or None, "the chain's head is written outside the ledger" if anchor else
                "GOVERNANCE_ANCHOR is not set: a cut tail of the chain would not show",
                "" if anchor else "export GOVERNANCE_ANCHOR=/path/outside/the/ledger/anchors.jsonl")


def _several_machines(settings: Settings) -> Iterator[Check]:
    """Files of one machine are refused where Airflow's executor may run tasks on others."""
    if not pool.several_machines(os.environ):
        return
    server = "postgresql+psycopg://user@host/database"
    for setting, url, scheme in (("GOVERNANCE_LEDGER_URL", settings.ledger_url, "sqlite"),
                                 ("GOVERNANCE_WAREHOUSE_URL", settings.warehouse_url, "duckdb")):
        if url.startswith(scheme):
            yield Check("several machines", False, f"{setting} names a file, and Airflow's executor runs tasks on several machines",
                        f"export {setting}={server}")


# ---- the warehouse -------------------------------------------------------------------------------------------------

def _warehouse(installation: Installation, fix: bool, airflow: bool) -> list[Check]:
    checks: list[Check] = []
    try:
        if fix:
            checks.append(_create_control(installation))
        with installation.warehouse(read_only=True) as warehouse:
            schema = warehouse.schema()
            checks.append(Check("warehouse", True, f"{warehouse.capabilities.engine}, {len(schema.tables)} tables"))
            loaded = _policy(installation)
            if not fix or checks[0].ok is not None:
                checks.append(_control_version(warehouse, loaded))
            writers = warehouse.capabilities.writers
            checks += _server(warehouse, loaded, schema)
            checks += _against_policy(installation, schema, warehouse.capabilities.engine)
            checks += unindexed_checks(loaded, schema, warehouse)
            checks += [Check("role", *found) for found in (releases.release_roles(installation, warehouse) if loaded else ())]
    except GovernanceError as error:
        return [*checks, Check("warehouse", False, error.problem, error.fix or "check GOVERNANCE_WAREHOUSE_URL")]
    return [*checks, pool_check(writers)] if airflow else checks


def _releases(installation: Installation, fix: bool) -> list[Check]:
    if _policy(installation) is None:
        return []
    found = [*releases.release_keys(installation, fix), *releases.release_suites(installation)]
    return [Check("release", ok, detail, remedy) for ok, detail, remedy in found]


def _policy(installation: Installation) -> LoadedPolicy | None:
    try:
        return installation.policy
    except GovernanceError:
        return None  # the check of the policy has said so


def _enforces(loaded: LoadedPolicy | None) -> bool:
    return loaded is None or any(d.governance.mode.is_ == "enforce" for d in loaded.policy.dataset)


def _locked_anchors(installation: Installation) -> str:
    place = installation.anchors()
    if isinstance(place, BucketTarget) and not place.objects.locks():
        raise GovernanceError("has no object lock: whoever may write there can remove anchors", where=place.objects.where,
                              fix="make a bucket with object lock, which cannot be added later, and set GOVERNANCE_ANCHOR to it")
    return f"in a bucket whose objects are locked for {installation.settings.anchor_days:,} days"


def _create_control(installation: Installation) -> Check:
    try:
        with installation.warehouse() as warehouse:
            created = warehouse.create_control()
            loaded = _policy(installation)
            if loaded is not None:
                created += prepare(warehouse, installation.keys, loaded)
    except WarehouseReadOnly as error:
        if _enforces(_policy(installation)):
            return Check("control tables", False, error.problem, error.fix or "")
        return Check("control tables", None, "this account may create nothing, and in observe nothing is needed: discover, plans and "
                     "dry runs work", "before you enforce: governance doctor --fix, as the owner of the database")
    except GovernanceError as error:
        return Check("control tables", False, error.problem, error.fix or "")
    return Check("control tables", True, "created " + ", ".join(created) if created else "all there")


def _control_version(warehouse: Warehouse, loaded: LoadedPolicy | None) -> Check:
    remedy = "governance doctor --fix"
    try:
        found = warehouse.scalar(select(schema_version.c.version), name="doctor.version")
    except GovernanceError as error:
        return Check("control schema", False if _enforces(loaded) else None, error.problem, remedy)
    if found != VERSION:
        return Check("control schema", False, f"is of version {found}, this program needs {VERSION}", remedy)
    return Check("control schema", True, f"version {found}")


def pool_check(writers: int) -> Check:
    """Whether the pool is there and lets no more tasks in than the warehouse does."""
    what = "Airflow's pool"
    try:
        found = pool.slots(pool.executable(os.environ))
    except GovernanceError as error:
        return Check(what, False, f"{error.where}: {error.problem}", error.fix or "")
    if found is None:
        return Check(what, False, f"there is no pool {pool.POOL}, so no task of ours will ever start", pool.create(writers))
    if not 0 < found <= writers:
        return Check(what, False, f"{pool.POOL} has {found} slots; this warehouse lets {writers} in at once", pool.create(writers))
    return Check(what, True, f"{pool.POOL} has {found} of at most {writers} slots")


def _server(warehouse: Warehouse, loaded: LoadedPolicy | None, schema: Schema) -> Iterator[Check]:
    """Clock, rights and row-level security of a server; a file has none of them."""
    if not warehouse.capabilities.accounts:
        return
    yield clock_check("the warehouse", apart(lambda: warehouse.scalar(sql.server_time(), name="doctor.clock")))
    [(role, _, _)] = warehouse.few(sql.who(), name="doctor.who")
    there = [r for r in needed("plan", loaded, schema) if r.schema != "governance"]
    lacking = missing(warehouse, there)
    yield Check("rights to plan", not lacking, ", ".join(r.words for r in lacking) + " is missing" if lacking else f"{role} has them",
                f"governance doctor --grants plan --role {sql.name(role)}" if lacking else "")
    if loaded is not None and _enforces(loaded):
        yield _may_apply(warehouse, loaded, schema, role)
    hiding = [t.ref for t in schema.tables if any(h.kind is HazardKind.ROW_SECURITY for h in t.hazards)
              and (loaded is None or loaded.governed(t.ref) is not None)]
    if hiding:
        yield _sees_all(warehouse, hiding, role)


def _may_apply(warehouse: Warehouse, loaded: LoadedPolicy, schema: Schema, role: str) -> Check:
    """Another account may apply than the one that looks: then this is no fault."""
    try:
        lacking = missing(warehouse, needed("apply", loaded, schema, maintain=False))
    except GovernanceError:
        return Check("rights to apply", None, "cannot be said before the control tables are there", "governance doctor --fix")
    if not lacking:
        return Check("rights to apply", True, f"{role} has them")
    few = ", ".join(r.words for r in lacking[:3]) + (f" and {len(lacking) - 3} more" if len(lacking) > 3 else "")
    return Check("rights to apply", None, f"{role} lacks {few}; fine if another account applies",
                 f"governance doctor --grants apply --role {sql.name(role)}")


def _sees_all(warehouse: Warehouse, tables: list[TableRef], role: str) -> Check:
    [answers] = warehouse.few(sql.hides_rows(tables), name="doctor.row_security")
    hidden = [str(t) for t, hides in zip(tables, answers, strict=True) if hides]
    if hidden:
        return Check("row-level security", False, f"hides rows of {', '.join(hidden)} from {role}: nothing there can be counted",
                     sql.see_all_rows(role))
    return Check("row-level security", True, f"{role} sees all rows of {len(tables)} tables that have it")


def _against_policy(installation: Installation, schema: Schema, engine: str) -> Iterator[Check]:
    try:
        mistakes = check(installation.policy, schema, engine)
    except GovernanceError as error:
        yield Check("policy and schema", False, error.problem, error.fix or "")
        return
    yield Check("policy and schema", not mistakes, "agree" if not mistakes else f"{len(mistakes)} mistakes",
                "" if not mistakes else "governance policy check")
    governed = {dataset.ref(c) for dataset in installation.policy.policy.dataset for c in dataset.collections}
    for table in schema.tables:
        if table.ref in governed and table.hazards:
            names = ", ".join(f"{h.kind} {h.name}" for h in table.hazards)
            yield Check("hazards", True, f"{table.ref}: {names}; plans need each named under `allows:`")


def unindexed_checks(loaded: LoadedPolicy | None, schema: Schema, warehouse: Warehouse) -> Iterator[Check]:
    """Statements that would read a whole table: wrong where it happens for every row deleted, else only slow."""
    if not warehouse.capabilities.accounts:
        return
    for one in unindexed(loaded, schema):
        wrong = one.for_every_row and _enforces(loaded)
        yield Check("index", False if wrong else None, one.why, sql.create_index(one.table, one.columns))
