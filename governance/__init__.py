"""Data governance that runs as Airflow pipelines. Imports nothing heavy: see `governance.jobs` for the catalogue of jobs."""

__version__ = "0.1.0"
