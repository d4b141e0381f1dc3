"""`Ledger`: everything the product remembers about itself, in one place. Each method is one short transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from governance.domain.errors import LedgerError
from governance.ledger.approvals import Approvals
from governance.ledger.engine import connect, utcnow
from governance.ledger.evidence import Evidence
from governance.ledger.failures import MIGRATE
from governance.ledger.feeds import Feeds
from governance.ledger.findings import Findings
from governance.ledger.holds import Holds
from governance.ledger.leases import Leases
from governance.ledger.looks import Looks
from governance.ledger.migrate import downgrade, migrate, revision
from governance.ledger.models import REVISION
from governance.ledger.notices import Notices
from governance.ledger.plans import Plans
from governance.ledger.proposals import Proposals
from governance.ledger.releases import Releases
from governance.ledger.requests import Requests, Suppression
from governance.ledger.runs import Control, Runs, Staff
from governance.ledger.tags import Tags


class Ledger(Evidence, Runs, Staff, Control, Plans, Approvals, Leases, Holds, Findings, Proposals, Requests, Suppression,
             Notices, Releases, Feeds, Looks, Tags):
    """Open it late, close it before a task returns. Safe to share between threads and over a fork."""

    @classmethod
    def open(cls, url: str, *, clock: Callable[[], datetime] = utcnow) -> Ledger:
        """The ledger at `url`. LedgerError when it is missing or of another revision, LedgerUnavailable when it does not answer.

        `clock` says when things happen; the default is the time of this machine.
        """
        ledger = cls(connect(url), clock)
        try:
            with ledger.reading() as connection:
                found = revision(connection)
        except LedgerError:
            ledger.close()
            raise
        if found != REVISION:
            ledger.close()
            problem = "the ledger's tables are not there yet" if found is None else (
                f"the ledger is at revision {found}, this version needs {REVISION}")
            raise LedgerError(problem, where=ledger.where, fix=MIGRATE)
        return ledger

    @staticmethod
    def migrate(url: str) -> bool:
        """Bring the ledger at `url` to this version, creating it where it is missing. Whether anything changed."""
        return migrate(url)

    @staticmethod
    def downgrade(url: str) -> bool:
        """Remove all tables. Whether there were any. LedgerError while there is evidence."""
        return downgrade(url)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
