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


@dag(**nightly("0 2 * * *", __doc__, owner="privacy-engineering"))
def dispose():
    plan = job("disposal.plan", "Plan what is due", fans_out="chunks", plans=True).output
    first, _, recorded = approvals(plan["result"], "disposal.approved", digest=plan["digest"])
    frozen = job("disposal.freeze", "Freeze the rows", digest=plan["digest"], trigger_rule="none_failed")
    applied = mapped("disposal.apply", "Dispose of what is due", plan, ["digest", "chunk"])
    # The digest comes from the freeze: a plan that was rejected was never begun, and there is nothing to verify.
    verified = job("disposal.verify", "Look at the data again", digest=frozen.output["digest"], trigger_rule="all_done",
                   outlets=[RECEIPTS])
    unless_dry_run(plan["digest"]) >> first
    recorded >> frozen >> applied >> verified


dispose()
