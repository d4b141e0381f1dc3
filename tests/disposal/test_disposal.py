"""Scheduled disposal end to end on both engines: what is due goes, what is not stays, and the books say so."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from governance import jobs
from governance.disposal.plan import Measure
from governance.domain.errors import PlanStale
from governance.domain.plan import Action
from governance.installation import Installation
from tests.disposal import shop
from tests.disposal.conftest import Shop, make_shop

CONTEXT = jobs.RunContext("dispose", "test", "task")


def dispose(made: Shop) -> str:
    installation = made.installation
    result = jobs.disposal_plan(installation, CONTEXT)
    if result["approval"]["needed"]:
        jobs.disposal_approved(installation, CONTEXT, result["digest"],
                               [{"user": "officer", "chosen": "Approve", "subject_digest": result["digest"]}])
    jobs.disposal_freeze(installation, CONTEXT, result["digest"])
    for chunk in result["chunks"]:
        jobs.disposal_apply(installation, CONTEXT, result["digest"], chunk["chunk"])
    jobs.disposal_verify(installation, CONTEXT, result["digest"])
    return str(result["digest"])


def test_the_plan_counts_what_is_due_and_names_why(shop_of: Shop) -> None:
    result = jobs.disposal_plan(shop_of.installation, CONTEXT)
    plan = shop_of.installation.ledger.plan(result["digest"])
    rows = {(str(s.table), s.action): s.rows for s in plan.steps}
    assert rows["shop.customers", Action.DELETE] == 2
    assert rows["shop.customers", Action.END] == 1
    assert rows["shop.orders", Action.DELETE] == 1
    assert rows["shop.orders", Action.END] == 2
    assert rows["shop.items", Action.DELETE] == 2
    assert rows["shop.shipments", Action.DELETE] == 1
    assert rows["shop.shipments", Action.END] == 2
    assert rows["shop.shipments", Action.REWRITE] == 1
    assert rows["shop.subscriptions", Action.DELETE] == 2
    assert rows["shop.copies", Action.DELETE] == 3
    assert rows["shop.scans", Action.FILE] == 1
    assert rows["shop.scans", Action.DELETE] == 1
    reasons = " ".join(str(r) for s in plan.steps for g in s.groups for r in g.reasons)
    assert "delivered before 2026-07-03" in reasons
    assert "closed before 2026-09-01" in reasons
    assert {f.table for f in plan.findings} == {"shop.shipments"}
    assert any(k.because == "referenced by shop.orders, shop.scans" for k in plan.kept)


def test_what_is_due_goes_and_everything_else_stays(shop_of: Shop) -> None:
    dispose(shop_of)
    assert shop_of.read("select id, name, email, phone from shop.customers order by id") == [
        (1, "Anar Əliyev", "anar@example.org", "+994 50 123 45 67"), (3, None, None, None),
        (4, "Ayşe Demir", "ayse@example.org", None)]
    orders = shop_of.read("select id, recipient_name, recipient_phone, ip, cast(born as varchar), invoice_name "
                          "from shop.orders order by id")
    assert orders == [
        (10, "Rəşad", "0501112233", "10.0.0.1", "1990-05-05", "Anar Əliyev"),
        (11, None, "-", "10.0.0.2", "1990-05-05", "Anar Əliyev"),
        (12, "Rəşad", "0501112233", "10.0.0.3", "1990-05-05", "Anar Əliyev"),
        (14, None, "-", None, "1980-01-01", "Иван Петров")]
    assert shop_of.read("select order_id, count(*) from shop.items group by 1 order by 1") == [(10, 1), (11, 1), (12, 1), (14, 1)]
    assert shop_of.read("select id, note from shop.shipments order by id") == [
        (200, "call 050-111-22-33"), (201, "call [redacted] Rəşad"), (202, None), (203, "left at door"),
        (205, "ask Ольга [redacted]")]
    assert shop_of.read("select code from shop.subscriptions") == [("s1",)]
    assert shop_of.read("select customer_id from shop.copies") == [(1,)]
    assert shop_of.read("select id from shop.scans") == [(1,)]
    assert [p.name for p in sorted((shop_of.stores / "scans").iterdir())] == ["1.png"]


def test_json_loses_the_declared_paths_only(shop_of: Shop) -> None:
    dispose(shop_of)
    details = dict(shop_of.read("select id, cast(details as varchar) from shop.shipments where id in (200, 201)"))
    assert "0501112233" in str(details[200])
    assert "0501112233" not in str(details[201])
    assert '"w"' in str(details[201])


def test_books_balance_and_the_chain_is_intact(shop_of: Shop) -> None:
    digest = dispose(shop_of)
    ledger = shop_of.installation.ledger
    assert ledger.plan_record(digest).state == "verified"
    for result in ledger.verification(digest):
        assert result["done"] + result["left"] + result["held"] + result["gone"] == result["planned"]
        assert result["residual"] == 0
    assert ledger.first_break() is None


def test_a_second_run_finds_nothing_to_do(shop_of: Shop) -> None:
    dispose(shop_of)
    again = jobs.disposal_plan(shop_of.installation, CONTEXT)
    # The parent that stayed as a shell because a row that was deleted in the first run referred to it may go now.
    plan = shop_of.installation.ledger.plan(again["digest"])
    assert [(str(s.table), s.rows) for s in plan.steps if s.rows] == []


def test_applying_again_changes_nothing(shop_of: Shop) -> None:
    digest = dispose(shop_of)
    before = shop_of.read("select * from shop.orders order by id")
    again = jobs.disposal_apply(shop_of.installation, CONTEXT, digest)
    assert again["changed"] == 0
    assert shop_of.read("select * from shop.orders order by id") == before


def test_a_plan_is_stale_when_more_became_due(shop_of: Shop) -> None:
    import pytest
    import sqlalchemy as sa

    result = jobs.disposal_plan(shop_of.installation, CONTEXT)
    jobs.disposal_approved(shop_of.installation, CONTEXT, result["digest"],
                           [{"user": "officer", "chosen": "Approve", "subject_digest": result["digest"]}])
    engine = sa.create_engine(shop_of.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("insert into shop.subscriptions values ('s9', 9, 'nine@example.org')"))
    with pytest.raises(PlanStale, match=r"shop\.subscriptions delete: 3 rows are due, 2 were planned"):
        jobs.disposal_freeze(shop_of.installation, CONTEXT, result["digest"])
    assert shop_of.installation.ledger.plan_record(result["digest"]).state == "stale"
    assert len(shop_of.read("select * from shop.subscriptions")) == 4
    assert shop_of.read("select count(*) from governance.work") == [(0,)]


def test_renewing_an_attestation_leaves_a_plan_and_its_approval_as_they_are(shop_of: Shop) -> None:
    planned = jobs.disposal_plan(shop_of.installation, CONTEXT)
    digest = planned["digest"]
    jobs.disposal_approved(shop_of.installation, CONTEXT, digest, [{"user": "officer", "chosen": "Approve", "subject_digest": digest}])
    before = shop_of.installation.policy
    (shop_of.installation.settings.policy_dir / "controls.yaml").write_text(
        "controls:\n  - {sentence: We keep what we need and no longer., clause: C7, status: attested, by: [training], "
        "attested_by: officer, attested_on: 2026-09-01, expires_on: 2027-09-01}\n", encoding="utf-8")
    again = Installation(shop_of.installation.settings)
    assert again.policy.policy.controls != before.policy.controls
    assert jobs.disposal_freeze(again, CONTEXT, digest)["digest"] == digest
    again.close()


def test_by_schedule_no_row_is_asked_about_by_itself(postgres_url: str, tmp_path: Path) -> None:
    """A question about other rows that PostgreSQL answers for each row anew takes hours on a table of millions."""
    made = make_shop(postgres_url, tmp_path)
    engine = sa.create_engine(postgres_url)
    with made.installation.tools() as tools, engine.connect() as connection:
        context = made.installation.context(tools.warehouse, shop.AS_OF)
        for ref, target in context.targets.items():
            query = Measure.of(context, target).query.compile(engine, compile_kwargs={"literal_binds": True})
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {query}").scalars())
            assert "SubPlan" not in plan, f"{ref}: {plan}"
    made.installation.close()
    engine.dispose()
