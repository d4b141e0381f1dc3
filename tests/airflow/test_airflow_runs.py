"""Each DAG, run by Airflow on a small generated company."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import duckdb
import pytest

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.usefixtures("metadata")]
ROOT = Path(__file__).resolve().parents[2]


def dag(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"tested_{name}", ROOT / "dags" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    from airflow.sdk import DAG

    [found] = [value for value in (getattr(module, name)(),) if isinstance(value, DAG)]
    return found


def run(name: str, **conf: Any) -> dict[str, list[str]]:
    """Run a DAG; its state, and the states of each task's instances."""
    ended = dag(name).test(run_conf=conf)
    states: dict[str, list[str]] = {"run": [str(ended.state)]}
    for instance in ended.get_task_instances():
        states.setdefault(instance.task_id, []).append(str(instance.state))
    return states


def rows(company: Any, sql: str) -> int:
    with duckdb.connect(str(company.folder / "warehouse.duckdb"), read_only=True) as connection:
        return int(connection.execute(sql).fetchone()[0])


def some_visitor(company: Any) -> str:
    with duckdb.connect(str(company.folder / "warehouse.duckdb"), read_only=True) as connection:
        return str(connection.execute("SELECT cookie_id FROM web.visitors ORDER BY 1 LIMIT 1").fetchone()[0])


def open_request(cookie: str) -> str:
    from governance.disposal.requests import open_request as opens
    from governance.installation import installed

    with installed() as installation, installation.tools() as tools:
        opened = opens(tools, installation.keys, installation.policy, kind="erasure", subject_kinds=("visitor",),
                       identifiers=[("cookie", cookie)], reply_to="by post", proof="seen at the counter", opened_by="compliance.officer",
                       now=installation.settings.now())
    return str(opened.request)


def test_a_dry_run_stops_after_the_plan_and_asks_nobody(company: Any) -> None:
    from governance.installation import installed

    states = run("dispose", dry_run=True)
    assert states.pop("plan_what_is_due") == ["success"]
    assert states.pop("continue_unless_this_is_a_dry_run") == ["success"]
    assert states.pop("run") == ["success"]
    assert {state for found in states.values() for state in found} == {"skipped"}
    with installed() as installation:
        assert installation.ledger.approvals() == []
        assert [plan.state for plan in installation.ledger.plans()] == ["planned"]


def test_the_five_dags_find_judge_dispose_erase_and_prove(company: Any) -> None:
    from governance.installation import installed
    from governance.ledger import Ledger

    company.calm()
    with installed() as installation:
        digest = installation.policy.digest
    approve_policy(Ledger, company, digest)
    before = rows(company, "SELECT count(*) FROM web.location_pings")
    cookie = some_visitor(company)
    request = open_request(cookie)

    assert run("discover")["run"] == ["success"]
    assert run("validate") == {"run": ["failed"], "judge_the_catalog": ["failed"]}
    disposed = run("dispose", dry_run=False)
    assert disposed["run"] == ["success"], disposed
    assert disposed["ask_for_approval"] == ["skipped"]
    assert set(disposed["dispose_of_what_is_due"]) == {"success"}
    assert rows(company, "SELECT count(*) FROM web.location_pings") < before
    erased = run("requests", dry_run=False)
    assert erased["run"] == ["success"], erased
    assert run("attest")["run"] == ["success"]

    with installed() as installation:
        assert installation.ledger.request(request).state == "closed"
        assert {plan.state for plan in installation.ledger.plans()} <= {"verified", "applied", "closed"}
        assert installation.ledger.first_break() is None
    with duckdb.connect(str(company.folder / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM web.visitors WHERE cookie_id = ?", [cookie]).fetchone() == (0,)
    assert list((company.folder / "reports").glob("*.html"))
    assert list((company.folder / "reports").glob("certificate-*.json"))


def test_a_release_is_published_and_its_asset_carries_the_version(company: Any) -> None:
    from governance import jobs
    from governance.depersonalization.pseudonyms import create_key
    from governance.installation import installed

    context = jobs.RunContext("depersonalize", "before", "test")
    with installed() as installation:
        for domain in ("order", "customer"):
            create_key(installation.keys, domain)
        for name in ("orders", "customers"):
            plan = jobs.CATALOGUE["depersonalize.plan"](installation, context, name)
            installation.ledger.decide(plan["digest"], True, "compliance.officer", True, "airflow")
    ended = dag("depersonalize").test(run_conf={"dry_run": False})
    states = {(t.task_id, t.map_index): str(t.state) for t in ended.get_task_instances()}
    assert str(ended.state) == "success", states
    assert [states["release.look_at_it_again", n] for n in (0, 1)] == ["success", "success"], states
    assert rows(company, "SELECT count(*) FROM releases.orders") > 0
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        query = select(AssetModel.name, AssetEvent.extra).join(AssetEvent, AssetEvent.asset_id == AssetModel.id)
        emitted = {name: extra for name, extra in session.execute(query) if name.startswith("release/")}
    assert set(emitted) == {"release/orders", "release/customers"}
    assert {extra["version"] for extra in emitted.values()} == {1}
    again = dag("depersonalize").test(run_conf={"dry_run": False})
    assert str(again.state) == "success"


def test_with_nothing_due_the_run_counts_and_leaves_it_at_that(company: Any) -> None:
    from governance.installation import installed

    company.calm()
    with installed() as installation:
        digest = installation.policy.digest
    from governance.ledger import Ledger

    approve_policy(Ledger, company, digest)
    assert run("dispose", dry_run=False)["run"] == ["success"]
    again = run("dispose", dry_run=False)
    assert again["run"] == ["success"], again
    with installed() as installation:
        latest = installation.ledger.plans(kind="retention")[0]
        assert latest.rows == 0
    assert run("requests", dry_run=False)["run"] == ["success"]


def approve_policy(ledger_type: Any, company: Any, digest: str) -> None:
    from datetime import UTC, datetime, timedelta

    ledger = ledger_type.open(company.environment["GOVERNANCE_LEDGER_URL"])
    ledger.ask(digest, "policy", "test", ["legal.counsel"], 1, datetime.now(UTC) + timedelta(days=1))
    ledger.decide(digest, True, "legal.counsel", True, "airflow")
    ledger.close()
