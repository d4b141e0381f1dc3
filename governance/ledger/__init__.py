"""Our own state: runs, plans, holds, approvals, requests, evidence.

Never the warehouse, never Airflow's metadata database, and no clear personal data.
"""

from governance.ledger.approvals import Answer, ApprovalRecord
from governance.ledger.holds import HoldRecord
from governance.ledger.leases import Lease
from governance.ledger.ledger import Ledger
from governance.ledger.plans import STATES, PlanRecord
from governance.ledger.proposals import Drift, ProposalRecord
from governance.ledger.requests import REQUEST_STATES, RequestRecord
from governance.ledger.runs import Run

__all__ = ["REQUEST_STATES", "STATES", "Answer", "ApprovalRecord", "Drift", "HoldRecord", "Lease", "Ledger", "PlanRecord",
           "ProposalRecord", "RequestRecord", "Run"]
