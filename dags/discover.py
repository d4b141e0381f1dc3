"""
### Discover

Looks at every table of the warehouse and proposes which columns hold personal data, of what kind and why.
A person confirms or rejects the proposals (`governance catalog review`); nothing in the warehouse is changed.

**Runs** every night, before everything else. **Emits** the asset `catalog`.

**If it fails:** clear the failed task. Tables already scanned are scanned again and give the same proposals.
"""

from airflow.sdk import dag

from governance_airflow.vocabulary import CATALOG, job, mapped, pipeline


@dag(**pipeline("0 1 * * *", __doc__, owner="data-engineering", tags=["finds"]))
def discover():
    tables = job("discover.tables", "List the tables", fans_out="chunks").output
    scanned = mapped("discover.scan", "Scan the columns", tables, ["tables"], run=tables["run"])
    scanned >> job("discover.conclude", "Store what was proposed", run=tables["run"], outlets=[CATALOG])


discover()
