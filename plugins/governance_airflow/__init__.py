"""Governance jobs as Airflow tasks. DAG files take their words from `governance_airflow.vocabulary`; importing this is cheap."""
