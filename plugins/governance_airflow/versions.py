"""Names that stand in different places from Airflow 3.1 to 3.3."""

from __future__ import annotations

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
except ImportError:  # before 3.2
    from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException

try:
    from airflow.sdk.exceptions import TaskAwaitingInput as TaskWaiting
except ImportError:  # before 3.3 a task that waits for a person is deferred to a trigger
    from airflow.exceptions import TaskDeferred as TaskWaiting

__all__ = ["AirflowException", "AirflowFailException", "AirflowSkipException", "TaskWaiting"]
