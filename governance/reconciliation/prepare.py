"""What reconciling needs before its first plan: our tables, the views of golden records, and the key of link tokens."""

from __future__ import annotations

from governance.keys import Keys
from governance.policy.load import LoadedPolicy
from governance.reconciliation.golden import fraud_metadata
from governance.reconciliation.golden import metadata as golden_metadata
from governance.reconciliation.steps import make_fence
from governance.reconciliation.tables import create_missing
from governance.reconciliation.tokens import LINKING
from governance.reconciliation.views import create_views
from governance.warehouse import Warehouse


def prepare(warehouse: Warehouse, keys: Keys, loaded: LoadedPolicy) -> list[str]:
    """Create what is missing, where the policy declares sources; names of what was created. Again changes nothing."""
    if not loaded.policy.sources:
        return []
    made = create_missing(warehouse, golden_metadata, fraud_metadata)
    made += create_views(warehouse, loaded.policy)
    if make_fence(warehouse):
        made.append("governance.fence row reconcile")
    if keys.create(LINKING):
        made.append(f"key {LINKING}")
    return made
