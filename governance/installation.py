"""One installation of the product: its settings, policy, ledger, keys and stores, opened late and closed by the caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from urllib.parse import urlsplit

from governance.disposal.apply import Tools
from governance.disposal.lifetimes import Context, Subjects
from governance.disposal.requests import terms
from governance.disposal.resolve import subjects_of
from governance.disposal.targets import targets
from governance.disposal.work import Job
from governance.domain.errors import PlanStale
from governance.domain.plan import Kind, Plan
from governance.keys import Keys
from governance.ledger import Ledger
from governance.ledger.anchor import Target, target_of
from governance.policy.check import load_checked
from governance.policy.load import LoadedPolicy
from governance.settings import Settings
from governance.stores import BucketTarget, LockedObjects, Stores
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect


@dataclass(frozen=True)
class Installation:
    """Everything a job may need. The warehouse is opened per job, because one engine lets only one process have it."""

    settings: Settings

    @cached_property
    def policy(self) -> LoadedPolicy:
        return load_checked(self.settings.policy_dir)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger.open(self.settings.ledger_url)

    @cached_property
    def keys(self) -> Keys:
        return Keys(self.settings.secrets_dir)

    @cached_property
    def stores(self) -> Stores:
        return Stores({s.key: s.root for s in self.policy.policy.stores}, self.settings.stores_dir)

    def anchors(self) -> Target | None:
        """The place of the anchors: a file, or a bucket (s3://bucket/prefix) whose objects are locked for `anchor_days` where it
        has object lock. None when GOVERNANCE_ANCHOR is not set."""
        target = self.settings.anchor
        if target is None:
            return None
        parts = urlsplit(target)
        if parts.scheme == "s3" and parts.netloc:
            prefix = parts.path.strip("/")
            return BucketTarget(LockedObjects(parts.netloc, prefix + "/" if prefix else "", self.settings.anchor_days))
        return target_of(target)

    @contextmanager
    def warehouse(self, *, read_only: bool = False) -> Iterator[Warehouse]:
        warehouse = connect(self.settings.warehouse_url, read_only=read_only)
        try:
            yield warehouse
        finally:
            warehouse.close()

    @contextmanager
    def tools(self) -> Iterator[Tools]:
        with self.warehouse() as warehouse:
            yield Tools(warehouse, self.ledger, self.stores, self.keys)

    def context(self, warehouse: Warehouse, as_of: datetime, subjects: Subjects | None = None,
                planned_holds: tuple[str, ...] | None = None) -> Context:
        """Policy and live schema together, with the holds in force now; a plan brings those in force when it was made."""
        schema = warehouse.schema()
        found = targets(self.policy, schema, warehouse.capabilities.engine)
        holds = tuple(sorted(h.id for h in self.ledger.holds(in_force=True)))
        return Context(self.policy.policy, schema, found, as_of, subjects, holds, holds if planned_holds is None else planned_holds)

    def job(self, tools: Tools, plan: Plan) -> Job:
        """A saved plan with the context to carry it out in. PlanStale when the policy is not the one it was made under."""
        if plan.policy_digest != self.policy.digest:
            raise PlanStale("the policy changed since the plan was made", where=f"plan {plan.digest[:12]}",
                            fix="make a new plan; rows already done keep their receipts")
        if plan.kind is not Kind.REQUEST:
            return Job(plan, self.context(tools.warehouse, plan.as_of, None, plan.holds))
        record = self.ledger.request(plan.name)
        subjects = subjects_of(plan.name, record.subject_kinds)
        return Job(plan, self.context(tools.warehouse, plan.as_of, subjects, plan.holds), terms(tools, self.keys, plan.name))

    def close(self) -> None:
        if "ledger" in self.__dict__:
            self.ledger.close()


@contextmanager
def installed(settings: Settings | None = None) -> Iterator[Installation]:
    """The installation that the environment names."""
    installation = Installation(settings or Settings.from_env())
    try:
        yield installation
    finally:
        installation.close()


