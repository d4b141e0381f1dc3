"""
### Attest

Verifies, from the data and not from the bookkeeping, that what was reported done is done and that the chain of evidence is
whole, anchors the chain's head outside, and writes the report.

**Runs** every morning, after the night's disposal, whatever became of it.

**If it fails:** do not clear it before you know why. A broken chain or a residual row is a finding, not a hiccup.
"""

from airflow.sdk import dag

from governance_airflow.vocabulary import job, pipeline


@dag(**pipeline("0 6 * * *", __doc__, owner="compliance", tags=["proves"]))
def attest():
    verified = job("attest.verify", "Verify receipts and evidence", retries=0)
    anchored = job("attest.anchor", "Anchor the evidence", warehouse=False, trigger_rule="all_done")
    reported = job("attest.report", "Write the report", trigger_rule="all_done")
    verified >> anchored >> reported


attest()
