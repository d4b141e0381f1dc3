"""
### Depersonalize

Publishes the declared releases for analysts: who may stand in them is decided anew, columns are generalized as far as the model
needs, and a version is shown only after it was measured. Readers see the version before until then.

**Runs** every night, after disposal and requests. Started by hand it is a dry run and stops after the plans, unless you untick
that. **Emits** the asset `release/<name>` with the version.

**Asks for approval** when readers would see something new: the first version, other columns, other levels.

**If it fails:** clear the failed task of that release; the other releases are not held up. A plan that is out of date says so:
start a new run.
"""

from airflow.sdk import dag, task_group

from governance_airflow.vocabulary import LABEL, RECEIPTS, RELEASES, approvals, job, nightly, unless_dry_run


@dag(**nightly("0 4 * * *", __doc__, owner="privacy-engineering"))
def depersonalize():
    releases = job("depersonalize.list", "List the releases", warehouse=False, fans_out="releases").output

    @task_group(group_id="release")
    def one_release(release):
        plan = job("depersonalize.plan", "Plan the release", takes=["release"], plans=True, each=release, map_index_template=LABEL).output
        each = {"each": plan, "map_index_template": LABEL}
        first, _, recorded = approvals(plan, "depersonalize.approved", takes=["digest"], **each)
        published = job("depersonalize.apply", "Publish the version", takes=["digest"], trigger_rule="none_failed",
                        outlets=[RELEASES], **each)
        # The digest comes from publishing: a version that was rejected was never shown, and there is nothing to look at.
        verified = job("depersonalize.verify", "Look at it again", digest=published.output["digest"], trigger_rule="all_done",
                       outlets=[RECEIPTS], **each)
        unless_dry_run(plan["digest"]) >> first
        recorded >> published >> verified

    one_release.expand(release=releases)


depersonalize()
