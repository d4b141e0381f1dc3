"""Values of erased and due people are nowhere but in the warehouse, and after disposal not there either; also when errors are
forced on the way. What is searched for is first shown to be found where it does stand."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from governance import jobs
from governance.disposal import requests as asked
from governance.domain.errors import WarehouseError
from governance.ledger import Ledger
from tests.canary import search_bytes, search_tree
from tests.disposal import shop
from tests.disposal.conftest import Shop, make_shop

CONTEXT = jobs.RunContext("dispose", "canaries", "task")

NAME, EMAIL, PHONE = "Zərifə Qızılgül-Ələkbərova", "qizilgul.zerife@canary.example", "+994 77 913 57 24"
NOTE, DETAIL, CODE, IP = "Şəmsiyyə xalası qapıda gözləyir", "Канарейкина Пелагея", "kod-ğ7-kanarya", "203.0.113.177"
SCAN, SCAN_BYTES = "scans-of-kanarya-şəkil.png", "passport of Kanaryá Ööngül"
REPLY, PROOF = "cavab-ünvanı@canary.example", "saw passport Ç7731905"
DUE_NAME, DUE_EMAIL = "Növrəstə Dümanlı-Çəmənzadə", "novreste@dumanli.example"
ERASED = (NAME, EMAIL, PHONE, NOTE, DETAIL, CODE, IP, SCAN, SCAN_BYTES, REPLY, PROOF)
DUE = (DUE_NAME, DUE_EMAIL)

# Tables whose declared end states the engine must refuse: planned and applied through the real jobs, each fails there.
FORCED: dict[str, Callable[[], sa.Column[str]]] = {
    "not null": lambda: sa.Column("value", sa.Text, nullable=False),
    "unique": lambda: sa.Column("value", sa.Text, unique=True),
    "check": lambda: sa.Column("value", sa.Text, sa.CheckConstraint("length(value) > 3")),
    "cast": lambda: sa.Column("value", sa.Text),
}
END = {"not null": '{kind: "null"}', "unique": '{kind: constant, value: "-"}', "check": '{kind: constant, value: "-"}',
       "cast": "{kind: generalize, step: 10}"}
COLLECTION = """
      - name: forced
        meta: {governance: {record_class: newsletter, not_personal: [id, customer_id], confirmed_by: engineer,
               subjects: {customer: {kind: customer, key: customer_id}}}}
        fields:
          - {name: value, data_categories: [user.name], meta: {governance: {role: identifier, subject: customer,
             purposes: [marketing.communications.email], end_state: END}}}
"""


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def new_shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    """A shop with canaries: on DuckDB with a SQLite ledger, on PostgreSQL with a PostgreSQL ledger."""
    made: list[Shop] = []

    def make(**options: Any) -> Shop:
        if request.param == "duckdb":
            url, ledger = f"duckdb:///{tmp_path}/home/warehouse.duckdb", None
        else:
            new = request.getfixturevalue("new_postgres")
            url, ledger = new(), new()
        made.append(make_shop(url, tmp_path / "home", ledger_url=ledger, **options))
        plant(made[0])
        return made[0]

    yield make
    for each in made:
        each.installation.close()


def plant(made: Shop) -> None:
    """One person who asks to be erased, one who is due by schedule."""
    engine = sa.create_engine(made.url, poolclass=sa.NullPool)
    old = shop.day("2024-01-01")
    with engine.begin() as connection:
        for table, rows in {
            shop.customers: [{"id": 70, "name": NAME, "email": EMAIL, "phone": PHONE, "last_seen": shop.day("2026-09-01")},
                             {"id": 71, "name": DUE_NAME, "email": DUE_EMAIL, "closed_at": old, "last_seen": old}],
            shop.orders: [{"id": 700, "customer_id": 70, "recipient_name": NAME, "recipient_phone": PHONE, "ip": IP,
                           "invoice_name": None, "created_at": shop.day("2026-09-01"), "invoiced_on": None}],
            shop.shipments: [{"id": 2700, "order_id": 700, "note": f"{NOTE}; {NAME}, {PHONE}",
                              "details": {"contact": {"name": DETAIL, "phone": PHONE}}, "delivered_at": None}],
            shop.subscriptions: [{"code": CODE, "customer_id": 70, "email": EMAIL},
                                 {"code": "s71", "customer_id": 71, "email": DUE_EMAIL}],
            shop.copies: [{"customer_id": 70, "email": EMAIL}, {"customer_id": 71, "email": DUE_EMAIL}],
            shop.scans: [{"id": 70, "customer_id": 70, "path": SCAN, "taken_at": shop.day("2026-09-01")}],
        }.items():
            for row in rows:
                connection.execute(table.insert(), row)
    engine.dispose()
    (made.stores / "scans" / SCAN).write_text(SCAN_BYTES, encoding="utf-8")


@contextlib.contextmanager
def everything_said(folder: Path) -> Iterator[None]:
    """All logging of the process at its most talkative, and standard output and error, kept in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    root = logging.getLogger()
    before = root.level
    log = logging.FileHandler(folder / "debug.log", encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield
    finally:
        root.setLevel(before)
        root.removeHandler(log)
        log.close()
        (folder / "stdout").write_text(out.getvalue(), encoding="utf-8")
        (folder / "stderr").write_text(err.getvalue(), encoding="utf-8")


def told(error: BaseException) -> str:
    """All that a log, a page or a debugger may show of an error, of what caused it and of what came before it."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        parts += [str(seen), repr(seen), repr(seen.args), repr(vars(seen)), *traceback.format_exception(seen)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


def dump(url: str, path: Path) -> None:
    """Every cell of every table of a database as JSON lines: what a dump of a server would hold."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    listed = sa.text("select table_schema, table_name from information_schema.tables "
                     "where table_schema not in ('information_schema', 'pg_catalog')")
    with engine.connect() as connection, path.open("w", encoding="utf-8") as file:
        tables = [sa.table(name, schema=schema) for schema, name in connection.execute(listed).all()]
        assert len(tables) > 8
        for table in tables:
            for row in connection.execute(sa.select(sa.text("*")).select_from(table)):
                file.write(json.dumps([table.name, *row], ensure_ascii=False,
                                      default=lambda v: v.decode("utf-8", "replace") + v.hex() if isinstance(v, bytes) else str(v)))
                file.write("\n")
    engine.dispose()


def agreed(made: Shop, plan: dict[str, Any]) -> str:
    digest = str(plan["digest"])
    if plan["approval"]["needed"]:
        jobs.disposal_approved(made.installation, CONTEXT, digest,
                               [{"user": "officer", "chosen": "Approve", "subject_digest": digest}])
    jobs.disposal_freeze(made.installation, CONTEXT, digest)
    for chunk in plan["chunks"]:
        jobs.disposal_apply(made.installation, CONTEXT, digest, chunk["chunk"])
    return digest


def open_request(made: Shop) -> str:
    with made.installation.tools() as tools:
        return asked.open_request(
            tools, made.installation.keys, made.installation.policy, kind="erasure", subject_kinds=["customer"],
            identifiers=[("email", EMAIL), ("phone", PHONE), ("name", NAME)], reply_to=REPLY, proof=PROOF, opened_by="officer",
            now=made.installation.settings.now()).request


def outputs(made: Shop, home: Path) -> None:
    """Everything the product writes for others, into the reports folder."""
    jobs.attest_verify(made.installation, CONTEXT)
    jobs.attest_anchor(made.installation, CONTEXT)
    jobs.attest_report(made.installation, CONTEXT)
    (home / "reports" / "evidence.jsonl").write_text("\n".join(made.installation.ledger.export()), encoding="utf-8")
    if not made.installation.settings.ledger_url.startswith("sqlite"):
        dump(made.installation.settings.ledger_url, home / "ledger.dump")


def test_people_who_went_are_in_nothing_the_product_wrote(new_shop: Callable[..., Shop], tmp_path: Path) -> None:
    made, home = new_shop(), tmp_path / "home"
    duckdb = made.url.startswith("duckdb")
    dump_of_warehouse = tmp_path / "before" / "warehouse.dump"
    dump_of_warehouse.parent.mkdir()
    dump(made.url, dump_of_warehouse)
    for value in (*ERASED[:7], SCAN, *DUE):  # the search finds each of them where it stands
        assert search_tree(dump_of_warehouse.parent, [value]), "the positive control failed"
    if duckdb:
        assert {path for path, _ in search_tree(home, [EMAIL])} == {"warehouse.duckdb"}
    with everything_said(home / "said"):
        agreed(made, jobs.disposal_plan(made.installation, CONTEXT))
        [record] = [p for p in made.installation.ledger.plans() if p.rows]
        jobs.disposal_verify(made.installation, CONTEXT, record.digest)
        request = open_request(made)
        [plan] = jobs.requests_plan(made.installation, CONTEXT, request=request)["plans"]
        digest = agreed(made, plan)
        assert jobs.close_one(made.installation, CONTEXT, digest)["state"] == "closed"
        outputs(made, home)
    made.installation.close()
    # All of home: ledger with its WAL, keys, policy, stores, reports, certificate, anchors, logs, and DuckDB's rewritten file.
    assert search_tree(home, [*ERASED, *DUE]) == []
    after = tmp_path / "after"
    after.mkdir()
    dump(made.url, after / "warehouse.dump")
    assert search_tree(after, [*ERASED, *DUE]) == []


def test_the_ledger_holds_nobody_while_a_plan_and_a_request_are_under_way(new_shop: Callable[..., Shop], tmp_path: Path) -> None:
    made, home = new_shop(), tmp_path / "home"
    with everything_said(home / "said"):
        plan = jobs.disposal_plan(made.installation, CONTEXT)
        request = open_request(made)
        [asked_for] = jobs.requests_plan(made.installation, CONTEXT, request=request)["plans"]
        agreed(made, asked_for)
        assert plan["digest"] != asked_for["digest"]
    kept = home / "ledger"
    kept.mkdir()
    if made.installation.settings.ledger_url.startswith("sqlite"):
        for path in home.glob("ledger.sqlite*"):
            (kept / path.name).write_bytes(path.read_bytes())
    else:
        dump(made.installation.settings.ledger_url, kept / "ledger.dump")
    assert any(path.stat().st_size > 1000 for path in kept.iterdir())
    for folder in (kept, home / "said", home / "secrets"):
        assert search_tree(folder, [*ERASED, *DUE]) == []


@pytest.mark.parametrize("what", sorted(FORCED))
def test_an_error_that_the_engine_answers_with_a_value_tells_none(
        what: str, new_shop: Callable[..., Shop], tmp_path: Path) -> None:
    made, home = new_shop(text=shop.POLICY + COLLECTION.replace("END", END[what])), tmp_path / "home"
    forced = sa.Table("forced", sa.MetaData(schema="shop"), sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
                      sa.Column("customer_id", sa.BigInteger), FORCED[what]())
    engine = sa.create_engine(made.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        forced.create(connection)
        connection.execute(forced.insert(), [{"id": n, "customer_id": 71, "value": f"{DUE_NAME} {n}"} for n in range(3)])
    engine.dispose()
    with everything_said(home / "said"):
        with pytest.raises(WarehouseError) as caught:
            agreed(made, jobs.disposal_plan(made.installation, CONTEXT))
        logging.getLogger("task").error("failed", exc_info=caught.value)
    assert search_bytes(told(caught.value).encode(), [*ERASED, *DUE]) == []
    assert search_tree(home / "said", [*ERASED, *DUE]) == []
    with Ledger.open(made.installation.settings.ledger_url) as ledger:
        assert search_bytes("\n".join([*ledger.export(), *map(str, ledger.plans())]).encode(), [*ERASED, *DUE]) == []
        assert ledger.first_break() is None
        assert ledger.open_leases() == ()
