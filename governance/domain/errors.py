"""Errors say what is wrong, where, and what to do. They never quote a value of a row."""

from __future__ import annotations


class GovernanceError(Exception):
    """Root of every error this package raises on purpose.

    `problem` is one plain sentence without a full stop, `where` names the place
    (file and line, table, column, setting), `fix` is what to do or the line to type.
    `retryable` tells Airflow whether the same call may succeed later.
    """

    retryable = False

    def __init__(self, problem: str, *, where: object = None, fix: str | None = None) -> None:
        self.problem, self.where, self.fix = problem, where, fix
        super().__init__(problem)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where is not None else ""
        remedy = f"\n  fix: {self.fix}" if self.fix else ""
        return f"{place}{self.problem}{remedy}"


class SettingsError(GovernanceError):
    """A setting or a secret is missing or cannot be used."""


class PolicyError(GovernanceError):
    """The declared policy is inconsistent; nothing was touched."""


class TargetMissing(GovernanceError):
    """A governed table or column is not in the warehouse. Never a reason to skip."""


class PlanRefused(GovernanceError):
    """The plan cannot be made or must not be carried out as it stands."""


class PlanStale(GovernanceError):
    """Policy, schema or data moved since the plan was made: make a new plan."""


class ApprovalMissing(GovernanceError):
    """The plan waits for an approval, or the approval was rejected or has expired."""


class Paused(GovernanceError):
    """`governance stop` or a pause flag is set; what was begun can be resumed."""

    retryable = True


class HoldInForce(GovernanceError):
    """A legal hold covers what was to be disposed of."""


class ResidualFound(GovernanceError):
    """Verification found rows that should be gone."""


class ViolationFound(GovernanceError):
    """Validation found columns that break the declared policy."""


class EvidenceBroken(GovernanceError):
    """The evidence chain was altered, cut or reordered."""


class WarehouseError(GovernanceError):
    """The engine refused a statement. Carries class, SQLSTATE, table and statement name, never the driver's text."""


class WarehouseUnavailable(WarehouseError):
    """The engine refused or dropped the connection; the same call may succeed later."""

    retryable = True


class WarehouseReadOnly(WarehouseError):
    """The account may not write what this job has to write."""


class LedgerError(GovernanceError):
    """The ledger cannot be used as it stands: not migrated, full, or refusing the write."""


class LedgerUnavailable(LedgerError):
    """The ledger's database does not answer or is locked; the same call may succeed later."""

    retryable = True


class Locked(GovernanceError):
    """Another try of the same work is still running."""

    retryable = True


class StoreUnavailable(GovernanceError):
    """A file store does not answer, so nothing can be said about the file."""

    retryable = True


class ModelUnmet(GovernanceError):
    """No allowed generalization meets the release's model within its budget of suppression."""


class FeedRefused(GovernanceError):
    """A whole feed cannot be taken as it stands: cut off, too large, other columns or another encoding than declared."""


class FeedUnsettled(GovernanceError):
    """A feed is still being written, or changed while it was read."""

    retryable = True
