"""What is wrong with an installation, each with the line to type; and the mending of what can be mended safely."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from governance.domain.errors import GovernanceError
from governance.domain.schema import Schema
from governance.installation import Installation
from governance.keys import SUPPRESSION
from governance.ledger import Ledger
from governance.policy.check import check
from governance.warehouse import Warehouse
from governance.warehouse.control import VERSION, schema_version


@dataclass(frozen=True, slots=True)
class Check:
    """`ok` is None where it could not be looked at because something before it failed."""

    what: str
    ok: bool | None
    detail: str
    fix: str = ""


def examine(installation: Installation, *, fix: bool = False) -> list[Check]:
    """Look at everything; with `fix`, first create what is missing: folders, keys, ledger tables, control tables."""
    checks = [_secrets(installation, fix), _try("policy", lambda: f"{len(installation.policy.policy.dataset)} datasets, "
                                                f"digest {installation.policy.digest[:12]}"), _ledger(installation, fix)]
    checks += _folders(installation, fix)
    if fix:
        checks.append(_try("control tables", lambda: _create_control(installation)))
    checks += _warehouse(installation)
    return checks


def _try(what: str, look: Callable[[], str], remedy: str = "") -> Check:
    try:
        return Check(what, True, look())
    except GovernanceError as error:
        return Check(what, False, f"{error.where}: {error.problem}" if error.where else error.problem, error.fix or remedy)


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
    yield Check("expectations", there, f"{suites.name} ({origin})" if there else f"no suite in {suites.name} ({origin})",
                "" if there else "export GOVERNANCE_EXPECTATIONS=... (the folder with catalog.yaml)")
    anchor = installation.settings.anchor
    yield Check("anchor", bool(anchor) or None, "the chain's head is written outside the ledger" if anchor else
                "GOVERNANCE_ANCHOR is not set: a cut tail of the chain would not show",
                "" if anchor else "export GOVERNANCE_ANCHOR=/path/outside/the/ledger/anchors.jsonl")


def _create_control(installation: Installation) -> str:
    with installation.warehouse() as warehouse:
        created = warehouse.create_control()
    return "created " + ", ".join(created) if created else "all there"


def _warehouse(installation: Installation) -> list[Check]:
    try:
        with installation.warehouse(read_only=True) as warehouse:
            schema = warehouse.schema()
            checks = [Check("warehouse", True, f"{warehouse.capabilities.engine}, {len(schema.tables)} tables")]
            checks.append(_try("control schema", lambda: _control_version(warehouse), "governance doctor --fix"))
            checks += _against_policy(installation, schema, warehouse.capabilities.engine)
            checks += _unindexed(schema)
            return checks
    except GovernanceError as error:
        return [Check("warehouse", False, error.problem, error.fix or "check GOVERNANCE_WAREHOUSE_URL")]


def _control_version(warehouse: Warehouse) -> str:
    found = warehouse.scalar(select(schema_version.c.version), name="doctor.version")
    if found != VERSION:
        raise GovernanceError(f"is of version {found}, this program needs {VERSION}", where="schema governance",
                              fix="governance doctor --fix")
    return f"version {found}"


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


def _unindexed(schema: Schema) -> Iterator[Check]:
    for table in schema.tables:
        for key in table.foreign_keys:
            if not key.indexed:
                columns = ", ".join(key.columns)
                yield Check("index", False, f"{table.ref} ({columns}) refers to {key.references} without an index: deleting "
                            "there reads the whole table for every row", f"CREATE INDEX ON {table.ref} ({columns})")
