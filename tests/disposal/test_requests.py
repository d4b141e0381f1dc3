"""Erasure requests end to end on both engines: resolved, suppressed first, erased, verified, closed, and nothing of the person kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from governance import jobs
from governance.disposal import holding, sql
from governance.disposal import requests as asked
from governance.disposal.lifetimes import Scope
from governance.disposal.resolve import subjects_of
from governance.domain.errors import GovernanceError, PlanRefused, ResidualFound
from governance.domain.names import TableRef
from tests.disposal import shop
from tests.disposal.conftest import Shop

CONTEXT = jobs.RunContext("requests", "test", "task")


def open_request(made: Shop, *identifiers: tuple[str, str]) -> str:
    with made.installation.tools() as tools:
        return asked.open_request(tools, made.installation.keys, made.installation.policy, kind="erasure",
                                  subject_kinds=["customer"], identifiers=identifiers, reply_to="reply@example.org", proof="id seen",
                                  opened_by="officer", now=made.installation.settings.now()).request


def plan_and_apply(made: Shop, request: str) -> str:
    [result] = jobs.requests_plan(made.installation, CONTEXT, request=request)["plans"]
    digest = str(result["digest"])
    if result["approval"]["needed"]:
        jobs.disposal_approved(made.installation, CONTEXT, digest,
                               [{"user": "officer", "chosen": "Approve", "subject_digest": digest}])
    jobs.disposal_freeze(made.installation, CONTEXT, digest)
    for chunk in result["chunks"]:
        jobs.disposal_apply(made.installation, CONTEXT, digest, chunk["chunk"])
    return digest


def test_a_person_is_erased_but_for_what_the_law_keeps(shop_of: Shop) -> None:
    request = open_request(shop_of, ("email", "Anar@Example.org"))
    digest = plan_and_apply(shop_of, request)
    result = jobs.close_one(shop_of.installation, CONTEXT, digest)
    assert result["state"] == "closed"
    assert shop_of.read("select id, name, email, phone from shop.customers where id = 1") == [(1, None, None, None)]
    orders = shop_of.read("select id, recipient_name, recipient_phone, ip, invoice_name from shop.orders where customer_id = 1 order by 1")
    assert orders == [(n, None, "-", None, "Anar Əliyev") for n in (10, 11, 12)]
    assert shop_of.read("select count(*) from shop.subscriptions where customer_id = 1") == [(0,)]
    assert shop_of.read("select count(*) from shop.copies where customer_id = 1") == [(0,)]
    assert shop_of.read("select count(*) from shop.scans where customer_id = 1") == [(0,)]
    assert list((shop_of.stores / "scans").iterdir()) == []
    kept = shop_of.installation.ledger.plan(digest).kept
    assert any(k.because.startswith("essential.legal_obligation (Tax Code") and k.rows == 3 for k in kept)
    # nobody else lost anything
    assert shop_of.read("select count(*) from shop.customers where email is not null") == [(4,)]


def test_closing_leaves_nothing_of_the_person_but_hashes(shop_of: Shop) -> None:
    request = open_request(shop_of, ("email", "anar@example.org"))
    digest = plan_and_apply(shop_of, request)
    jobs.close_one(shop_of.installation, CONTEXT, digest)
    assert shop_of.read("select count(*) from governance.vault") == [(0,)]
    assert shop_of.read("select count(*) from governance.request_subject") == [(0,)]
    assert shop_of.read("select count(*) from governance.work") == [(0,)]
    assert not shop_of.installation.keys.exists(f"vault/{request}")
    assert shop_of.installation.ledger.suppression_keys()
    reports = shop_of.installation.settings.reports_dir
    assert reports is not None
    certificate = next(Path(reports).glob("certificate-*.json")).read_text(encoding="utf-8")
    assert json.loads(certificate)
    assert "anar" not in certificate.lower()


def test_a_shared_phone_alone_resolves_nobody(shop_of: Shop) -> None:
    request = open_request(shop_of, ("phone", "050-123-45-67"))
    with pytest.raises(GovernanceError, match="ask for email or phone and name"):
        jobs.requests_plan(shop_of.installation, CONTEXT, request=request)


def test_a_shared_phone_with_a_name_resolves_one_and_counts_the_other_as_candidate(shop_of: Shop) -> None:
    request = open_request(shop_of, ("phone", "050-123-45-67"), ("name", "Aliyev Anar"))
    [result] = jobs.requests_plan(shop_of.installation, CONTEXT, request=request)["plans"]
    assert (result["subjects"], result["candidates"]) == (1, 1)


def test_the_suppression_list_is_written_before_anything_is_erased(shop_of: Shop) -> None:
    request = open_request(shop_of, ("email", "anar@example.org"))
    [result] = jobs.requests_plan(shop_of.installation, CONTEXT, request=request)["plans"]
    jobs.disposal_approved(shop_of.installation, CONTEXT, result["digest"],
                           [{"user": "officer", "chosen": "Approve", "subject_digest": result["digest"]}])
    jobs.disposal_freeze(shop_of.installation, CONTEXT, result["digest"])
    assert {form for _, form, _, _ in shop_of.installation.ledger.suppression_keys()} == {"email"}
    assert shop_of.read("select email from shop.customers where id = 1") == [("anar@example.org",)]


def test_a_request_stays_open_while_a_hold_covers_the_person(shop_of: Shop) -> None:
    installation = shop_of.installation
    with installation.warehouse() as warehouse:
        holding.place(warehouse, installation.ledger, hold="H1", name="case", reason="court", placed_by="officer",
                      members=[("customer", "1")])
    request = open_request(shop_of, ("email", "anar@example.org"))
    digest = plan_and_apply(shop_of, request)
    result = jobs.close_one(installation, CONTEXT, digest)
    assert result["held"] > 0
    assert installation.ledger.request(request).state == "applying"
    assert shop_of.read("select email from shop.customers where id = 1") == [("anar@example.org",)]
    with installation.warehouse() as warehouse:
        holding.lift(warehouse, installation.ledger, "H1", "officer")
    jobs.disposal_apply(installation, CONTEXT, digest)
    assert jobs.close_one(installation, CONTEXT, digest)["state"] == "closed"
    assert shop_of.read("select email from shop.customers where id = 1") == [(None,)]


def test_a_request_is_closed_only_once_its_bytes_are_removed_and_an_interrupted_closing_is_found_again(
        shop_of: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    installation, ledger = shop_of.installation, shop_of.installation.ledger
    request = open_request(shop_of, ("email", "anar@example.org"))
    digest = plan_and_apply(shop_of, request)
    jobs.requests_search(installation, CONTEXT, digest)
    assert ledger.plan_record(digest).state == "verified"

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "purge", interrupted)  # as a kill would, between what names the person and the bytes
        with pytest.raises(KeyboardInterrupt):
            jobs.requests_close(installation, CONTEXT, [digest])
    assert ledger.request(request).state == "applying"
    assert jobs.requests_plan(installation, CONTEXT)["plans"] == []  # nobody is asked again
    assert jobs.requests_erase(installation, CONTEXT, digest)["changed"] == 0
    assert jobs.requests_close(installation, CONTEXT, [])["closed"] == 1
    order = [entry.kind if entry.kind == "purged" else entry.body.get("to") for entry in ledger.entries()]
    assert order.index("purged") < order.index("closed")


def test_requests_that_could_not_be_closed_are_named_and_the_others_are_closed(shop_of: Shop) -> None:
    installation = shop_of.installation
    one, other = open_request(shop_of, ("email", "anar@example.org")), open_request(shop_of, ("email", "leyla@example.org"))
    digest = plan_and_apply(shop_of, one)
    [waiting] = jobs.requests_plan(installation, CONTEXT, request=other)["plans"]
    jobs.requests_search(installation, CONTEXT, digest)
    with pytest.raises(PlanRefused, match=f"{other}: the plan is waiting"):
        jobs.requests_close(installation, CONTEXT, [digest, waiting["digest"]])
    assert installation.ledger.request(one).state == "closed"
    assert installation.ledger.request(other).state == "planned"


def test_an_identifier_in_a_row_no_path_leads_to_keeps_the_request_open(shop_of: Shop) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(shop_of.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("insert into shop.subscriptions values ('stray', null, 'ANAR@example.org')"))
    request = open_request(shop_of, ("email", "anar@example.org"))
    digest = plan_and_apply(shop_of, request)
    with pytest.raises(ResidualFound, match=r"shop\.subscriptions\.email"):
        jobs.close_one(shop_of.installation, CONTEXT, digest)
    assert shop_of.installation.ledger.request(request).state == "residual"


def test_somebody_erased_who_comes_back_is_found(shop_of: Shop) -> None:
    import sqlalchemy as sa

    digest = plan_and_apply(shop_of, open_request(shop_of, ("email", "anar@example.org")))
    jobs.close_one(shop_of.installation, CONTEXT, digest)
    jobs.attest_verify(shop_of.installation, CONTEXT)
    engine = sa.create_engine(shop_of.url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("insert into shop.customers (id, email) values (77, 'anar@example.org')"))
    with pytest.raises(ResidualFound, match="do-not-return"):
        jobs.attest_verify(shop_of.installation, CONTEXT)


@pytest.mark.parametrize("kind", ["restriction", "objection"])
def test_a_request_that_only_stops_use_erases_nothing_and_stands_until_it_is_ended(shop_of: Shop, kind: str) -> None:
    made, before = shop_of.installation, shop_of.read("select count(*) from shop.customers where email is not null")
    with made.tools() as tools:
        def opened(address: str) -> str:
            request = asked.open_request(tools, made.keys, made.policy, kind=kind, subject_kinds=["customer"],
                                         identifiers=[("email", address)], reply_to="by post", proof="id seen", opened_by="officer",
                                         now=made.settings.now()).request
            asked.stand(tools, made.keys, made.policy, request)
            return request

        known, unknown = opened("anar@example.org"), opened("nobody@example.org")
    assert [(made.ledger.request(r).state, made.ledger.request(r).detail) for r in (known, unknown)] == [
        ("resolved", "in force for 1 subject"), ("received", "names nobody we know so far")]
    assert shop_of.read("select kind, subject_key from governance.request_subject") == [("customer", "1")]
    assert jobs.requests_plan(made, CONTEXT)["plans"] == []
    with pytest.raises(GovernanceError, match="nothing is erased") as refused:
        jobs.requests_plan(made, CONTEXT, request=known)
    assert refused.value.fix == f"it is in force until governance request end {known}"
    assert shop_of.read("select count(*) from shop.customers where email is not null") == before
    with made.tools() as tools:
        asked.end(tools, made.keys, known, "officer")
        erasure = open_request(shop_of, ("email", "anar@example.org"))
        with pytest.raises(GovernanceError, match="ends by being carried out"):
            asked.end(tools, made.keys, erasure, "officer")
        with pytest.raises(GovernanceError, match="is planned and carried out"):
            asked.stand(tools, made.keys, made.policy, erasure)
    assert made.ledger.request(known).detail == "ended by officer"
    assert shop_of.read("select count(*) from governance.request_subject") == [(0,)]


def test_a_request_finds_rows_over_an_index_where_there_is_one_and_never_by_a_list_where_there_is_none(shop_of: Shop) -> None:
    """A list of thousands of people that is gone through for every row of a table without an index would never end."""
    with shop_of.installation.tools() as tools:
        context = shop_of.installation.context(tools.warehouse, shop.AS_OF, subjects_of("REQ", ["customer"]))
        engine = tools.warehouse.capabilities.engine
        for name, indexed in (("orders", True), ("subscriptions", False)):
            scope = Scope.concerned(context, context.targets[TableRef("shop", name)])
            rows = sa.select(scope.key_int).select_from(scope.joined).where(sql.concerned_rows(scope))
            dialect = sa.create_engine(shop_of.url).dialect
            assert ("ANY (ARRAY" in str(rows.compile(dialect=dialect))) is (indexed and engine == "postgresql"), name
            assert list(tools.warehouse.rows(rows, name="test.rows")) == []
