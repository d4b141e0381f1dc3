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


@dag(**nightly("15 * * * *", __doc__, owner="privacy-engineering"))
def requests():
    plans = job("requests.plan", "Plan the open requests", fans_out="plans", plans=True).output

    @task_group(group_id="request")
    def one_request(plan):
        each = {"each": plan, "map_index_template": LABEL}
        _, _, recorded = approvals(plan, "requests.approved", takes=["digest"], **each)
        frozen = job("disposal.freeze", "Freeze the rows", takes=["digest"], trigger_rule="none_failed", **each)
        erased = job("disposal.apply", "Erase", takes=["digest", "chunk"], over="chunks", **each)
        # The digest comes from the freeze: a request that was rejected was never begun, and there is nothing to close.
        closed = job("requests.close", "Search again and close", digest=frozen.output["digest"], trigger_rule="all_done",
                     outlets=[RECEIPTS], **each)
        recorded >> frozen >> erased >> closed

    unless_dry_run(plans) >> one_request.expand(plan=plans)


requests()
