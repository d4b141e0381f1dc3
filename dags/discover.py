"""
### Discover

Looks at every table of the warehouse and proposes which columns hold personal data, of what kind and why.
A person confirms or rejects the proposals (`governance catalog review`); nothing in the warehouse is changed.

**Runs** every night, before everything else. **Emits** the asset `catalog`.

A table that did not change since it was last looked at in full is not looked at again, unless `all` is ticked.

**If it fails:** clear the failed task. Tables already scanned are scanned again and give the same proposals.
"""

from airflow.sdk import dag

from governance_airflow.vocabulary import CATALOG, LOOKING, job, mapped, pipeline


@dag(**pipeline("0 1 * * *", __doc__, owner="data-engineering", tags=["finds"], params=LOOKING))
def discover():
    tables = job("discover.tables", "List the tables", fans_out="chunks").output
    how = {"run": tables["run"], "mode": "{{ params.mode }}"}
    scanned = mapped("discover.scan", "Scan the columns", tables, ["tables"], **how, everything="{{ params.all }}")
    scanned >> job("discover.conclude", "Store what was proposed", **how, outlets=[CATALOG])


discover()
