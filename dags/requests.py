"""
### Requests

Carries out the open erasure requests, each on its own: whoever asked is found in every table, what no obligation keeps is
erased, and the request is closed only when a search of the data finds nothing. A certificate is written.

**Runs** every hour. Started by hand it is a dry run and stops after the plans, unless you untick that.

**Asks for approval** as the policy says, per request. One rejected request does not hold up the others.

**If it fails:** clear the failed tasks of that request. The request stays open, with its deadline, until it is verified.
"""

from airflow.sdk import dag, task_group
from governance_airflow.vocabulary import LABEL, RECEIPTS, approvals, job, nightly, unless_dry_run


@dag(**nightly("15 * * * *", __doc__, owner="privacy-engineering", tags=["changes data"]))
def requests():
    plans = job("requests.plan", "Plan the open requests", fans_out="plans").output

    @task_group(group_id="request")
    def one_request(plan):
        each = {"each": plan, "map_index_template": LABEL}
        first, second = approvals(plan)
        recorded = job("requests.approved", "Check the approval", takes=["digest"], answers=[first.output, second.output],
                       trigger_rule="all_done", pool=None, retries=0, **each)
        frozen = job("disposal.freeze", "Freeze the rows", takes=["digest"], **each)
        erased = job("disposal.apply", "Erase", takes=["digest", "chunk"], over="chunks", **each)
        closed = job("requests.close", "Search again and close", takes=["digest"], trigger_rule="all_done", outlets=[RECEIPTS], **each)
        first >> second >> recorded >> frozen >> erased >> closed

    unless_dry_run(plans) >> one_request.expand(plan=plans)


requests()
