"""What reconciling needs beside a plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from governance.domain.errors import GovernanceError
from governance.domain.plan import Action, Step
from governance.keys import Keys
from governance.ledger import Ledger
from governance.policy.load import LoadedPolicy
from governance.policy.sources import Source
from governance.reconciliation.tables import SOURCE_RECORD
from governance.stores import Stores
from governance.suites.suite import Suite, load_suite
from governance.warehouse import Warehouse


@dataclass(frozen=True)
class Tools:
    """`suites` is the folder of suites of expectations, `stores` where files of sources lie."""

    warehouse: Warehouse
    ledger: Ledger
    stores: Stores
    keys: Keys
    loaded: LoadedPolicy
    suites: Path

    def source(self, key: str) -> Source:
        """The declared source. GovernanceError when there is none."""
        sources = {s.key: s for s in self.loaded.policy.sources}
        if key not in sources:
            raise GovernanceError("is not a declared source", where=key, fix="one of " + (", ".join(sorted(sources)) or "none yet"))
        return sources[key]

    def suite(self, source: Source) -> Suite:
        """The expectations of the source. PolicyError when there are none: every feed is judged."""
        return load_suite(self.suites / source.suite)


def file_of(step: Step) -> str | None:
    """The digest of the file that a step takes in, None for a replay and for steps that take in nothing."""
    return step.note.partition(" ")[0] if step.action is Action.LOAD and step.table == SOURCE_RECORD else None
