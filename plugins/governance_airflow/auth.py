"""Flask AppBuilder's people, known by the name they log in with.

Policy, plans and ledger name people by user name. Flask AppBuilder gives Airflow a number instead, so a question that is
assigned to `compliance.officer` could be answered by nobody, and an answer would be recorded as one of `3`.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager


class NamedFabAuthManager(FabAuthManager):
    """Set `AIRFLOW__CORE__AUTH_MANAGER` to `governance_airflow.auth.NamedFabAuthManager`."""

    def deserialize_user(self, token: dict[str, Any]) -> Any:
        """The user of a token, whose id is the user name. User names are unique in Flask AppBuilder."""
        user = super().deserialize_user(token)
        user.get_id = user.get_name
        return user
