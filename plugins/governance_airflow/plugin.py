"""What Airflow is told about this plugin: a listener, and nothing that costs at start."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from governance_airflow import listener


class GovernancePlugin(AirflowPlugin):
    name = "governance"
    listeners: ClassVar[list[Any]] = [listener]
