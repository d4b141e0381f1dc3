"""The rights that the doctor prints are enough for each verb, and the doctor sees when they are not."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from governance import jobs
from governance.discovery import discover
from governance.disposal import requests as asked
from governance.doctor import examine, script
from governance.domain.errors import GovernanceError, WarehouseError
from governance.installation import Installation
from governance.settings import Settings
from governance.warehouse.connect import connect
from tests.disposal import shop
from tests.disposal.conftest import Shop, make_shop

pytestmark = pytest.mark.postgres
CONTEXT = jobs.RunContext(task_id="test")


@dataclass
class World:
    shop: Shop

    def account(self, verb: str, *more: str) -> Installation:
        """The installation as a new account with exactly the lines printed for `verb`."""
        role = f"g{uuid.uuid4().hex}"
        with closing(connect(self.shop.url, read_only=True)) as warehouse:
            lines = script(warehouse, self.shop.installation.policy, verb, role)
        self.as_owner(*(statement for line in lines if (statement := line.split("--")[0].strip())), *more)
        url = make_url(self.shop.url).set(username=role).render_as_string(hide_password=False)
        return Installation(replace(self.shop.installation.settings, warehouse_url=url))

    def as_owner(self, *statements: str) -> None:
        engine = sa.create_engine(self.shop.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@pytest.fixture
def world(postgres_url: str, tmp_path: Path) -> Iterator[World]:
    database = make_url(postgres_url).database
    made = World(make_shop(postgres_url, tmp_path))
    made.as_owner(f"REVOKE TEMPORARY, CONNECT ON DATABASE {database} FROM PUBLIC", "REVOKE USAGE ON SCHEMA public FROM PUBLIC")
    yield made
    made.shop.installation.close()


def run(name: str, installation: Installation, **arguments: object) -> dict[str, object]:
    return jobs.run(name, CONTEXT, installation.settings, **arguments)


def approve(installation: Installation, digest: str) -> None:
    installation.ledger.decide(digest, True, "officer", True, "airflow", accept_unauthenticated=True)
    installation.ledger.set_state(digest, "approved", "by officer")


def test_what_is_printed_for_discover_is_enough_to_discover_and_for_nothing_else(world: World) -> None:
    installation = world.account("discover")
    with installation.warehouse(read_only=True) as warehouse:
        assert {str(p.column) for p in discover(warehouse)} >= {"shop.customers.email", "shop.customers.name"}
    with installation.warehouse() as warehouse, pytest.raises(WarehouseError):
        warehouse.execute(sa.delete(shop.customers), name="test")


def test_what_is_printed_for_plan_is_enough_for_plans_by_schedule_and_by_request(world: World) -> None:
    installation = world.account("plan")
    assert run("disposal.plan", installation)["rows"]
    with installation.tools() as tools:
        opened = asked.open_request(tools, installation.keys, installation.policy, kind="erasure", subject_kinds=["customer"],
                                    identifiers=[("email", "anar@example.org")], reply_to="by post", proof="seen",
                                    opened_by="officer", now=shop.AS_OF)
    [planned] = run("requests.plan", installation, request=opened.request)["plans"]  # type: ignore[misc]
    assert planned["rows"] > 0
    approve(installation, planned["digest"])
    with pytest.raises(GovernanceError, match=r"may not|not allowed|InsufficientPrivilege"):
        run("disposal.freeze", installation, digest=planned["digest"])
    installation.close()


def test_what_is_printed_for_apply_is_enough_to_apply_and_verify(world: World) -> None:
    installation = world.account("apply")
    digest = str(run("disposal.plan", installation)["digest"])
    approve(installation, digest)
    run("disposal.freeze", installation, digest=digest)
    assert run("disposal.apply", installation, digest=digest)["changed"]
    assert run("disposal.verify", installation, digest=digest)["residual"] == 0
    with installation.warehouse() as warehouse, pytest.raises(WarehouseError):
        warehouse.execute(sa.update(shop.orders).values(created_at=None), name="test")  # no cell of it may end
    installation.close()


def test_the_lines_are_as_few_as_the_policy_allows(world: World) -> None:
    with closing(connect(world.shop.url, read_only=True)) as warehouse:
        lines = script(warehouse, world.shop.installation.policy, "apply", "Odd role")
    text = "\n".join(lines)
    assert 'CREATE ROLE "Odd role" LOGIN;' in text
    [orders] = [line for line in lines if " ON shop.orders " in line]
    assert not re.search(r"UPDATE ON", orders), "only the columns that may end"
    [updated] = re.findall(r"UPDATE \(([^)]*)\)", orders)
    assert "created_at" not in updated
    assert "INSERT" not in orders


def test_the_doctor_names_the_right_that_is_missing_and_the_line_to_type(world: World) -> None:
    installation = world.account("plan")
    assert _check(installation, "rights to plan").ok
    role = make_url(installation.settings.warehouse_url).username
    world.as_owner(f'REVOKE SELECT ON shop.items FROM "{role}"')
    found = _check(installation, "rights to plan")
    assert (found.ok, found.detail) == (False, "SELECT on shop.items is missing")
    assert found.fix == f"governance doctor --grants plan --role {role}"
    installation.close()


def test_the_doctor_sees_rows_that_row_level_security_hides(world: World) -> None:
    installation = world.account("plan")
    role = make_url(installation.settings.warehouse_url).username
    world.as_owner("ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY")
    found = _check(installation, "row-level security")
    assert (found.ok, found.fix) == (False, f"ALTER ROLE {role} BYPASSRLS;")
    world.as_owner(found.fix)
    assert _check(installation, "row-level security").ok
    with closing(connect(world.shop.url, read_only=True)) as warehouse:
        assert any("BYPASSRLS" in line for line in script(warehouse, installation.policy, "plan", "r"))
    installation.close()


def test_the_doctor_names_the_index_a_request_would_need_and_the_line_makes_it(world: World) -> None:
    found = [c for c in examine(world.shop.installation) if c.what == "index"]
    [missing] = [c for c in found if "shop.subscriptions" in c.detail]
    assert missing.fix == "CREATE INDEX CONCURRENTLY ON shop.subscriptions (customer_id);"
    world.as_owner(missing.fix)
    assert not [c for c in examine(world.shop.installation) if c.what == "index" and "shop.subscriptions" in c.detail]


def test_an_account_that_can_create_nothing_is_a_fault_only_where_something_is_enforced(postgres_url: str, tmp_path: Path) -> None:
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    shop.build(engine, tmp_path / "stores")
    for mode, ok in (("observe", None), ("enforce", False)):
        folder = shop.write_policy(tmp_path / mode, mode=mode)
        world = World(Shop(Installation(Settings(postgres_url, "", folder, tmp_path)), postgres_url, tmp_path))
        url = world.account("discover").settings.warehouse_url
        settings = Settings(url, f"sqlite:///{tmp_path}/{mode}.sqlite", folder, tmp_path / f"secrets-{mode}")
        installation = Installation(settings)
        checks = {c.what: c for c in examine(installation, fix=True)}
        assert (checks["control tables"].ok, checks["ledger"].ok, checks["secrets"].ok) == (ok, True, True)
        installation.close()


def _check(installation: Installation, what: str):  # type: ignore[no-untyped-def]
    [found] = [c for c in examine(installation) if c.what == what]
    return found


def test_verbs_that_make_tables_of_their_own_may_create_them_and_read_what_is_governed(world: World) -> None:
    """Only that the lines can be run and hold what these jobs begin with; the jobs have tests of their own."""
    for verb in ("release", "reconcile"):
        installation = world.account(verb)
        with installation.warehouse() as warehouse:
            assert warehouse.frame(sa.select(shop.customers.c.id), name="test").shape[0] == 5
            if verb == "reconcile":
                warehouse.execute(sa.schema.CreateSchema("golden"), name="test")
            with pytest.raises(WarehouseError):
                warehouse.execute(sa.delete(shop.customers), name="test")
        installation.close()
