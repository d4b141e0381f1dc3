"""Our own state: runs, plans, holds, approvals, requests, evidence.

Never the warehouse, never Airflow's metadata database, and no clear personal data.
"""
