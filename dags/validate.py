"""
### Validate

Judges the catalog, one row per column, against what the policy promises: every personal column has a purpose, a legal
basis, a retention and an owner, and data that needs consent has it.

**Runs** whenever `discover` has brought the catalog up to date.

**If it fails:** that is its purpose. The log names the columns in breach, whose they are and what to do. It changes nothing
and holds nothing up: disposal and requests keep their own schedule.
"""

from airflow.sdk import dag

from governance_airflow.vocabulary import CATALOG, job, pipeline


@dag(**pipeline(CATALOG, __doc__, owner="data-engineering", tags=["judges"]))
def validate():
    job("validate.catalog", "Judge the catalog", retries=0)


validate()
