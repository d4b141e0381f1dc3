"""
### Reconcile

Takes in the new files of every declared source: each record is accepted, quarantined with a reason or rejected, linked to a
customer, and what it says is written through the gates: basis, do-not-return list, link, consent, field policy, and the list again.

**Runs** every night, after requests: whoever was erased stays out. Started by hand it is a dry run and stops after the plans,
unless you untick that. **Emits** the asset `golden/<entity>`.

**Asks for approval** when the policy says so; a rejected plan stores nothing.

**If it fails:** clear the failed task of that source; the other sources are not held up. A record is stored once, however often a
task runs. A file that was refused is named by the last task: everything else of that source is in.
"""

from airflow.sdk import dag, task_group

from governance_airflow.vocabulary import GOLDEN, LABEL, RECEIPTS, approvals, job, nightly, unless_dry_run


@dag(**nightly("0 5 * * *", __doc__, owner="data-engineering"))
def reconcile():
    sources = job("reconcile.list", "List the sources", warehouse=False, fans_out="sources").output

    @task_group(group_id="source")
    def one_source(source):
        plan = job("reconcile.plan", "Judge the new files", takes=["source"], plans=True, each=source, map_index_template=LABEL).output
        each = {"each": plan, "map_index_template": LABEL}
        first, _, recorded = approvals(plan, "reconcile.approved", takes=["digest"], **each)
        taken = job("reconcile.apply", "Take in, link and write", takes=["digest"], trigger_rule="none_failed", outlets=[GOLDEN], **each)
        verified = job("reconcile.verify", "Account for every record", digest=taken.output["digest"], trigger_rule="all_done",
                       outlets=[RECEIPTS], **each)
        unless_dry_run(plan["digest"]) >> first
        recorded >> taken >> verified

    one_source.expand(source=sources)


reconcile()
