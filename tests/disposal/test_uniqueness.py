"""Rows done with are judged over every quasi-identifier that is left in them, not only over what was made coarser."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from governance import jobs
from governance.disposal.lifetimes import Scope
from governance.disposal.uniqueness import remaining, unique_share
from governance.domain.errors import ResidualFound
from governance.domain.names import TableRef
from tests.disposal import shop
from tests.disposal.conftest import Shop, make_shop

CONTEXT = jobs.RunContext("dispose", "test", "task")
CUSTOMERS = TableRef("shop", "customers")
_MARK = "          - {name: phone, data_categories: [user.contact.phone_number]"
PHONE = """          - {name: phone, data_categories: [user.contact.phone_number], meta: {governance: {role: identifier, subject: customer,
             purposes: [essential.service.fulfilment], end_state: {kind: generalize, prefix: 4}}}}
"""
BIRTH = """          - {name: last_seen, meta: {governance: {role: quasi_identifier}}}
"""


def policy(*, more: str, limit: float) -> str:
    """The shop's policy with customers that stay as shells, their phone made coarser, and `more` fields."""
    begin = shop.POLICY.index(_MARK)
    end = shop.POLICY.index("      - name: orders")
    text = shop.POLICY[:begin] + PHONE + more + shop.POLICY[end:]
    text = text.replace("{record_class: account, deletable: true, not_personal: [id, closed_at, last_seen]",
                        "{record_class: account, deletable: false, not_personal: [id, closed_at]" if more else
                        "{record_class: account, deletable: false, not_personal: [id, closed_at, last_seen]")
    return text.replace("max_unique_share: 1  # a handful of rows is always unique", f"max_unique_share: {limit}")


def fill(url: str) -> None:
    """Ten people whose number looks alike, each last seen on another day, all closed long ago."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(shop.customers.insert(), [
            {"id": n, "name": f"Name {n}", "email": f"p{n}@example.org", "phone": f"+994 50 {n:07d}", "closed_at": shop.day("2026-01-01"),
             "last_seen": shop.day(f"2025-11-{n:02d}")} for n in range(11, 21)])
    engine.dispose()


def apply_all(made: Shop) -> str:
    planned = jobs.disposal_plan(made.installation, CONTEXT)
    digest = str(planned["digest"])
    jobs.disposal_approved(made.installation, CONTEXT, digest, [{"user": "officer", "chosen": "Approve", "subject_digest": digest}])
    jobs.disposal_freeze(made.installation, CONTEXT, digest)
    for chunk in planned["chunks"]:
        jobs.disposal_apply(made.installation, CONTEXT, digest, chunk["chunk"])
    return digest


def test_a_quasi_identifier_that_stays_counts_although_nothing_changed_it(warehouse_url: str, tmp_path: Path) -> None:
    made = make_shop(warehouse_url, tmp_path, text=policy(more=BIRTH, limit=0.5))
    fill(warehouse_url)
    digest = apply_all(made)
    with made.installation.tools() as tools:
        context = made.installation.context(tools.warehouse, shop.AS_OF)
        target = context.targets[CUSTOMERS]
        assert remaining(target) == ("phone", "last_seen")
        measured = unique_share(tools.warehouse, Scope(context, target))
    assert measured is not None
    share, columns, rows = measured
    assert (columns, rows) == (("phone", "last_seen"), 13)
    assert share == 11 / 13  # two were last seen on the same day
    with pytest.raises(ResidualFound, match=r"shop\.customers: .*still unique"):
        jobs.disposal_verify(made.installation, CONTEXT, digest)
    assert made.installation.ledger.plan_record(digest).state == "residual"
    made.installation.close()


def test_the_same_rows_without_that_column_hide_in_their_class(warehouse_url: str, tmp_path: Path) -> None:
    made = make_shop(warehouse_url, tmp_path, text=policy(more="", limit=0.5))
    fill(warehouse_url)
    digest = apply_all(made)
    assert jobs.disposal_verify(made.installation, CONTEXT, digest)["residual"] == 0
    with made.installation.tools() as tools:
        context = made.installation.context(tools.warehouse, shop.AS_OF)
        assert remaining(context.targets[CUSTOMERS]) == ("phone",)
    made.installation.close()


def test_cells_that_end_empty_single_nobody_out(shop_of: Shop) -> None:
    with shop_of.installation.tools() as tools:
        context = shop_of.installation.context(tools.warehouse, shop.AS_OF)
    assert remaining(context.targets[CUSTOMERS]) == ()
    assert remaining(context.targets[TableRef("shop", "orders")]) == ("born",)
