"""The demo's two feeds through the declared policy, held against the planted truth of every record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from examples.generate import AS_OF, main
from governance import jobs, reconcile_jobs
from governance.disposal import requests as asked
from governance.domain.errors import ViolationFound
from governance.installation import Installation
from governance.ledger import Ledger
from governance.reconciliation.prepare import prepare
from governance.settings import Settings
from tests.truth.feeds import compare

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = jobs.RunContext(task_id="test")
pytestmark = pytest.mark.slow


def installed(home: Path) -> Settings:
    """A small demo warehouse with feeds, our own tables, keys and a ledger."""
    url = f"duckdb:///{home}/demo.duckdb"
    main(["--warehouse", url, "--stores", str(home / "stores"), "--feeds", str(home / "feeds"), "--truth", str(home / "truth"),
          "--rows", "20000"])
    settings = Settings(url, f"sqlite:///{home}/ledger.sqlite", ROOT / "policy", home / "secrets", home / "stores", home / "reports",
                        str(home / "anchors.jsonl"), AS_OF, ROOT / "expectations", feeds_dir=home / "feeds")
    Ledger.migrate(settings.ledger_url)
    installation = Installation(settings)
    installation.keys.create("suppression/v1")
    with installation.warehouse() as warehouse:
        warehouse.create_control()
        prepare(warehouse, installation.keys, installation.policy)
    installation.close()
    return settings


def erase(installation: Installation, truth: Path) -> None:
    """Those whose records are in the feeds ask, and are erased, before the feeds come."""
    for request in json.loads((truth / "requests.json").read_text(encoding="utf-8")):
        given = [(i["form"], i["value"]) for i in request["identifiers"]]
        if "customer" not in request["kinds"] or "email" not in dict(given):
            continue
        with installation.tools() as tools:
            opened = asked.open_request(tools, installation.keys, installation.policy, kind="erasure", subject_kinds=("customer",),
                                        identifiers=given, reply_to="post", proof="seen", opened_by="compliance.officer", now=AS_OF)
        (plan,) = jobs.requests_plan(installation, CONTEXT, request=opened.request)["plans"]
        agree(installation, plan["digest"])
        jobs.requests_erase(installation, CONTEXT, plan["digest"])


def agree(installation: Installation, digest: str) -> None:
    record = installation.ledger.approval(digest)
    if record is not None and record.state != "approved":
        installation.ledger.decide(digest, True, "compliance.officer", True, "test", "")


def test_records_links_and_values_of_the_demo_are_what_was_planted(tmp_path: Path) -> None:
    settings = installed(tmp_path)
    installation = Installation(settings)
    try:
        erase(installation, tmp_path / "truth")
        for source in ("loyalty", "fraud_bureau"):
            plan = reconcile_jobs.reconcile_plan(installation, CONTEXT, source)
            agree(installation, plan["digest"])
            reconcile_jobs.reconcile_apply(installation, CONTEXT, plan["digest"])
            if source == "loyalty":  # the file that was cut off on its way is refused
                with pytest.raises(ViolationFound, match="everything else is in"):
                    reconcile_jobs.reconcile_verify(installation, CONTEXT, plan["digest"])
            else:
                reconcile_jobs.reconcile_verify(installation, CONTEXT, plan["digest"])
    finally:
        installation.close()
    told = compare(settings.warehouse_url, tmp_path / "truth", AS_OF)
    assert not told.wrong, told.summary()
    assert (told.precision, told.recall) == (1.0, 1.0)
    assert told.planted_pairs > 300
    assert told.values > 300
    assert told.signals > 50
    planted = json.loads((tmp_path / "truth" / "feeds.json").read_text(encoding="utf-8"))["records"]
    assert {"two customers fit", "a namesake", "found by comparing", "on the do-not-return list"} <= {said["because"] for said in planted}
