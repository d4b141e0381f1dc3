"""
### Dispose

Ends what no purpose keeps alive any more: cells are nulled, generalized or redacted, rows are deleted. The plan is counted
and frozen before anything is touched, and what it did is verified against the data afterwards.

**Runs** every night. Started by hand it is a dry run and stops after the plan, unless you untick that.

**Asks for approval** when the policy says so; a rejected or expired plan ends the run failed and touches nothing.

**If it fails:** clear the failed task. Rows already disposed of are counted, never disposed of twice.
"""

from airflow.sdk import dag
from governance_airflow.vocabulary import RECEIPTS, approvals, job, mapped, nightly, unless_dry_run


@dag(**nightly("0 2 * * *", __doc__, owner="privacy-engineering", tags=["changes data"]))
def dispose():
    plan = job("disposal.plan", "Plan what is due", fans_out="chunks").output
    digest = plan["digest"]
    first, second = approvals(plan["result"])
    recorded = job("disposal.approved", "Check the approval", digest=digest, answers=[first.output, second.output],
                   trigger_rule="all_done", pool=None, retries=0)
    frozen = job("disposal.freeze", "Freeze the rows", digest=digest)
    applied = mapped("disposal.apply", "Dispose of what is due", plan, ["digest", "chunk"])
    verified = job("disposal.verify", "Look at the data again", digest=digest, trigger_rule="all_done", outlets=[RECEIPTS])
    unless_dry_run(plan) >> first >> second >> recorded >> frozen >> applied >> verified


dispose()
