"""An erasure request reaches everything that feeds brought, and the person does not come back with the next feed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from governance import jobs
from governance.disposal import requests as asked
from governance.disposal.holding import wait_for_writers
from governance.domain.errors import WarehouseError
from governance.installation import Installation
from governance.reconciliation.steps import passes
from governance.settings import Settings
from governance.warehouse.connect import connect
from tests.reconciliation.linked_world import AS_OF, Golden, build, opened
from tests.reconciliation.test_linking import PEOPLE

CONTEXT = jobs.RunContext(task_id="test")
RECORDS = [{"id": "1", "full_name": "Anar Əliyev", "email": "anar@mail.example", "phone": "0501112233", "city": "Bakı"},
           {"id": "2", "email": "leyla@mail.example", "phone": "0504445566"}]
TABLES = ("golden.source_record", "golden.link", "golden.field_value", "golden.token", "golden.compared", "golden.conflict", "fraud.signal")




def erase(settings: Settings, email: str) -> str:
    """Open, plan, approve, apply and close a request for erasure by e-mail address; its final state."""
    installation = Installation(settings)
    with installation.tools() as tools:
        opened_request = asked.open_request(tools, installation.keys, installation.policy, kind="erasure", subject_kinds=("customer",),
                                            identifiers=(("email", email),), reply_to="post", proof="seen", opened_by="officer", now=AS_OF)
    (plan,) = jobs.requests_plan(installation, CONTEXT)["plans"]
    if installation.ledger.approval(plan["digest"]) is not None:
        installation.ledger.decide(plan["digest"], True, "officer", True, "test", "")
    jobs.requests_erase(installation, CONTEXT, plan["digest"])
    jobs.requests_search(installation, CONTEXT, plan["digest"])
    jobs.requests_close(installation, CONTEXT, [plan["digest"]])
    state = installation.ledger.request(opened_request.request).state
    installation.close()
    return state


def rows_of(golden: Golden, subject: str) -> dict[str, int]:
    return {t: int(golden.look(f"SELECT count(*) FROM {t} WHERE subject_key = '{subject}'")[0][0]) for t in TABLES}


def test_nothing_of_an_erased_customer_is_left_and_the_next_feed_writes_nothing(warehouse_url: str, tmp_path: Path) -> None:
    settings = build(warehouse_url, tmp_path, PEOPLE, records=True)
    with opened(settings) as golden:
        golden.reconcile("bureau", RECORDS)
        golden.reconcile("watch", [{"id": "9", "email": "anar@mail.example", "segment": "chargeback"}])
        before = rows_of(golden, "101")
        assert {t for t, n in before.items() if not n} == {"golden.conflict"}
        others = rows_of(golden, "102")
    assert erase(settings, "anar@mail.example") == "closed"
    with opened(settings) as golden:
        assert set(rows_of(golden, "101").values()) == {0}
        assert rows_of(golden, "102") == others
        golden.reconcile("bureau", RECORDS, "feed-2")
        golden.reconcile("watch", [{"id": "9", "email": "anar@mail.example", "segment": "chargeback"}], "watch-2")
        left = rows_of(golden, "101")
        assert (left["golden.link"], left["golden.field_value"], left["fraud.signal"], left["golden.token"]) == (0, 0, 0, 0)
        assert golden.gates()["2 suppression", "on the do-not-return list"] == 2
        assert golden.look("SELECT count(*) FROM golden.customer WHERE subject_key = '101'") == [(0,)]


def test_the_ledger_knows_no_value_of_a_linked_person(duckdb_url: str, tmp_path: Path) -> None:
    settings = build(duckdb_url, tmp_path, PEOPLE)
    with opened(settings) as golden:
        golden.reconcile("bureau", RECORDS)
        golden.reconcile("bureau", [{"id": "7", "full_name": "Quliyeva Nigar", "phone": "0557000001"}], "feed-2")
    ledger = sa.create_engine(settings.ledger_url, poolclass=sa.NullPool)
    with ledger.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        told = str([connection.execute(sa.text(f'SELECT * FROM "{name}"')).all() for name in names]).lower()
    ledger.dispose()
    for value in ("anar", "əliyev", "1112233", "leyla", "quliyeva", "7000001"):
        assert value not in told


def test_signals_are_disposed_of_when_they_expire(warehouse_url: str, tmp_path: Path) -> None:
    settings = build(warehouse_url, tmp_path, PEOPLE)
    with opened(settings) as golden:
        golden.reconcile("watch", [{"id": "9", "email": "anar@mail.example", "segment": "chargeback"}])
        golden.warehouse.execute(sa.text("UPDATE fraud.signal SET expires_at = '2026-09-01 00:00:00'"), name="test")
    installation = Installation(settings)
    plan = jobs.disposal_plan(installation, CONTEXT)
    steps: Any = [s for s in installation.ledger.plan(plan["digest"]).steps if str(s.table) == "fraud.signal"]
    assert [(str(s.action), s.rows) for s in steps if s.rows] == [("delete", 1)]
    installation.close()


@pytest.mark.postgres
def test_an_erasure_waits_for_a_batch_that_is_writing_and_refuses_those_that_began_before(postgres_url: str, tmp_path: Path) -> None:
    settings = build(postgres_url, tmp_path, PEOPLE)
    with opened(settings) as golden, closing(connect(settings.warehouse_url)) as other:
        ledger = golden.tools.ledger
        under_way, begun = (ledger.open_lease("feed", 2, n) for n in (0, 1))
        waiting = threading.Thread(target=wait_for_writers, args=(other, ledger, "request REQ-1"))
        with golden.warehouse.transaction():
            assert passes(golden.warehouse, under_way)
            waiting.start()
            waiting.join(0.5)
            assert waiting.is_alive()  # what this transaction writes is not there to be seen yet
        waiting.join(60)
        assert not waiting.is_alive()
        with golden.warehouse.transaction():
            assert not passes(golden.warehouse, begun)
        later = ledger.open_lease("feed", 2, 2)
        with golden.warehouse.transaction():
            assert passes(golden.warehouse, later)


@pytest.mark.postgres
def test_nobody_may_read_fraud_signals_who_was_not_let_in(postgres_url: str, postgres_account: Callable[[str], str],
                                                          tmp_path: Path) -> None:
    settings = build(postgres_url, tmp_path, PEOPLE)
    with opened(settings) as golden:
        golden.reconcile("watch", [{"id": "9", "email": "anar@mail.example", "segment": "chargeback"}])
    with (closing(connect(postgres_account(postgres_url), read_only=True)) as marketing,
          pytest.raises(WarehouseError, match="42501")):
        list(marketing.rows(sa.text("SELECT * FROM fraud.signal"), name="test"))
