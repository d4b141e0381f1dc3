"""
### Requests

Carries out the open erasure requests, each on its own: whoever asked is found in every table, what no obligation keeps is
erased, and a request is closed only when a search of the data finds nothing and the bytes of what was erased are removed,
once for all requests of a run. A certificate is written for each.

**Runs** every hour. Started by hand it is a dry run and stops after the plans, unless you untick that.

**Asks for approval** as the policy says, per request. One rejected request does not hold up the others.

**If it fails:** clear the failed tasks of that request. It stays open, with its deadline; the last task names every request
that could not be closed and closes the others.
"""

from airflow.sdk import dag, task_group

from governance_airflow.vocabulary import LABEL, RECEIPTS, approvals, job, nightly, unless_dry_run


@dag(**nightly("15 * * * *", __doc__, owner="privacy-engineering"))
def requests():
    plans = job("requests.plan", "Plan the open requests", fans_out="plans", plans=True).output

    @task_group(group_id="request")
    def one_request(plan):
        each = {"each": plan, "map_index_template": LABEL}
        _, _, recorded = approvals(plan, "requests.approved", takes=["digest"], **each)
        erased = job("requests.erase", "Freeze the rows and erase", takes=["digest"], trigger_rule="none_failed", **each)
        # It judges by receipts, so it also looks when erasing stopped halfway; a plan that was rejected has none.
        searched = job("requests.search", "Search again", takes=["digest"], trigger_rule="all_done", **each)
        recorded >> erased >> searched

    closed = job("requests.close", "Remove the bytes and close", digests=plans["digests"], trigger_rule="all_done",
                 outlets=[RECEIPTS])
    unless_dry_run(plans) >> one_request.expand(plan=plans) >> closed


requests()
