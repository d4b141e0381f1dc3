"""Comparing policies: every difference is told in words, with what it does to data and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.domain.clock import Period
from governance.domain.names import TableRef
from governance.policy.diff import Change, Effect, diff
from governance.policy.words import longer

from .test_check import WRONG

SHOP, COMPANY, PURPOSES = "datasets/shop.yaml", "company.yaml", "purposes.yaml"
PHONE = "purposes: [delivery], subject: buyer, end_state: {kind: null}"
NAME = "purposes: [tax], subject: buyer, end_state: {kind: null}"

# what changes: (file, old, new, sentence, effect)
CHANGED: dict[str, tuple[str, str, str, str, Effect]] = {
    "longer schedule": (PURPOSES, "keep: P90D", "keep: P180D",
                        "shop.orders loses recipient_phone and photo 180 days after delivered (was 90 days)", Effect.LESS),
    "shorter schedule": (PURPOSES, "keep: P90D", "keep: P30D",
                         "shop.orders loses recipient_phone and photo 30 days after delivered (was 90 days)", Effect.MORE),
    "another start": (PURPOSES, "trigger: delivered", "trigger: placed",
                      "shop.orders loses recipient_phone and photo 90 days after placed (was 90 days after delivered)",
                          Effect.EITHER),
    "period after withdrawal": (PURPOSES, "until_withdrawn: true", "until_withdrawn: true, keep: P30D",
                                "shop.customers keeps email for marketing until consent is withdrawn and 30 days more "
                                "(was until consent is withdrawn)", Effect.LESS),
    "purpose added": (SHOP, PHONE, PHONE.replace("[delivery]", "[delivery, tax]"),
                      "shop.orders keeps recipient_phone for tax too, 5 years after placed", Effect.LESS),
    "purpose removed": (SHOP, "[delivery, marketing]", "[delivery]", "shop.customers no longer keeps email for marketing",
        Effect.MORE),
    "judged no more": (SHOP, "{" + NAME, "{purposes: unjudged, subject: buyer, end_state: {kind: null}",
                       "shop.orders leaves invoice_name unjudged", Effect.LESS),
    "end state": (SHOP, NAME, NAME.replace("kind: null", 'kind: constant, value: "[gone]"'),
                  "shop.orders ends invoice_name as constant [gone] (was null)", Effect.LESS),
    "not personal any more": (SHOP, "data_categories: [user.contact.phone_number]", "data_categories: []",
                              "shop.orders no longer declares recipient_phone personal", Effect.LESS),
    "another person": (SHOP, "record_class: account\n            subjects: {self: {kind: customer, key: customer_id}}",
                       "record_class: account\n            subjects: {self: {kind: customer, key: closed_at}}",
                       "in shop.customers, the path to the self leads elsewhere", Effect.EITHER),
    "trigger": (SHOP, "placed: {column: placed_at}", "placed: {column: delivered_at}",
                "in shop.orders, placed means delivered_at (was placed_at)", Effect.EITHER),
    "later end of an open trigger": (
        SHOP, "at_latest: {column: placed_at, keep: P1Y}", "at_latest: {column: placed_at, keep: P2Y}",
        "in shop.orders, delivered means delivered_at, at latest 2 years after placed_at "
        "(was delivered_at, at latest 1 year after placed_at)", Effect.LESS),
    "rows stay": (SHOP, "deletable: true", "deletable: false",
                  "rows of shop.customers stay (before: are deleted when nothing in them has a reason to stay)", Effect.LESS),
    "observe": (SHOP, "{is: enforce, set_by: nigar, since: 2026-02-01}", "{is: observe}", "shop only observes from now on",
        Effect.LESS),
    "retired": (SHOP, "deletable: {with: shop.orders}", "deletable: {with: shop.orders}\n            retired: true",
                "shop.lines is retired", Effect.LESS),
    "recipient": (SHOP, "recipients: [courier]", "recipients: [courier, bank]", "shop goes to bank too", Effect.NEITHER),
    "basis": (PURPOSES, "legal_basis: {az: contract, gdpr: contract}", "legal_basis: {az: contract, gdpr: legitimate_interest}",
              "purpose delivery: legal basis is az: contract and gdpr: legitimate_interest (was az: contract and gdpr: contract)",
              Effect.NEITHER),
    "obligation": (PURPOSES, "survives_request: true", "survives_request: false",
                   "purpose tax no longer outlives an erasure request", Effect.MORE),
    "deadline": (COMPANY, "working_days: 7", "working_days: 10",
                 "regime az gives 10 working days to answer erasure requests (was 7 working days)", Effect.NEITHER),
    "time zone": (COMPANY, "Asia/Baku", "Europe/Berlin", "organization: time zone is Europe/Berlin (was Asia/Baku)",
        Effect.EITHER),
}


def _pair(drafts: Callable[[str], Any], name: str, old: str, new: str) -> tuple[Any, Any]:
    one, other = drafts("a"), drafts("b")
    other.change(name, old, new)
    return one.load(), other.load()


@pytest.mark.parametrize("what", CHANGED)
def test_a_change_is_told_in_words_with_its_effect(drafts: Any, what: str) -> None:
    name, old, new, said, effect = CHANGED[what]
    a, b = _pair(drafts, name, old, new)
    assert [(c.what, c.effect) for c in diff(a, b)] == [(said, effect)]


OPPOSITE = {Effect.MORE: Effect.LESS, Effect.LESS: Effect.MORE, Effect.EITHER: Effect.EITHER, Effect.NEITHER: Effect.NEITHER}


@pytest.mark.parametrize("what", CHANGED)
def test_the_way_back_has_the_opposite_effect(drafts: Any, what: str) -> None:
    a, b = _pair(drafts, *CHANGED[what][:3])
    assert [c.effect for c in diff(b, a)] == [OPPOSITE[c.effect] for c in diff(a, b)]


@pytest.mark.parametrize(("name", "old", "new", "said"), [
    (COMPANY, "approvals:\n", "approvals:\n  approve_above: 0.2\n", "approvals: approve above is 0.2 (was 0.01)"),
    (COMPANY, "approvals:\n", "approvals:\n  accept_unauthenticated: true\n",
        "approvals: accept unauthenticated is yes (was no)"),
    (COMPANY, "approvals:\n", "approvals:\n  expires: P9D\n", "approvals: expires is 9 days (was 2 days)"),
    (COMPANY, "retention: [nigar]", "retention: [nigar, elvin]", "elvin may approve retention plans"),
    (COMPANY, 'policy_version: "2"', 'policy_version: "2"\n  minimum_group: 3', "organization: minimum group is 3 (was 10)"),
    (SHOP, "deletable: true", "deletable: true\n            allows: [{name: t, because: seen, approved_by: nigar}]",
     "shop.customers allows t, approved by nigar: seen"),
])
def test_what_asks_less_of_somebody_is_told_as_loosened(drafts: Any, name: str, old: str, new: str, said: str) -> None:
    a, b = _pair(drafts, name, old, new)
    [change] = diff(a, b)
    assert (change.what, change.loosened, change.effect) == (said, True, Effect.NEITHER)
    assert str(change) == f"{said} (loosened)"
    assert [c.loosened for c in diff(b, a)] == [False]


def test_new_and_removed_tables_are_told_with_their_personal_columns(drafts: Any) -> None:
    one, other = drafts("a"), drafts("b")
    text = (other.folder / SHOP).read_text(encoding="utf-8")
    other.write(SHOP, text[:text.index("      - name: mailing")])
    a, b = one.load(), other.load()
    mailing = ((TableRef("shop", "mailing"), ("address",)),)
    assert diff(a, b) == [Change("shop.mailing is no longer declared, with the personal columns address", Effect.LESS, mailing,
        True)]
    assert diff(b, a) == [Change("shop.mailing is declared, with the personal columns address", Effect.MORE, mailing)]


def test_a_new_personal_column_is_told(drafts: Any) -> None:
    a, b = _pair(drafts, SHOP, "not_personal: [customer_id, closed_at]\n            confirmed_by: elvin\n        fields:\n",
                 "not_personal: [customer_id, closed_at]\n            confirmed_by: elvin\n        fields:\n"
                 "          - {name: city, data_categories: [user.contact.address.city], "
                 "meta: {governance: {purposes: [delivery]}}}\n")
    assert [c.what for c in diff(a, b)] == ["shop.customers declares city personal, for delivery"]


def test_a_table_that_moves_to_an_enforced_dataset_is_told(drafts: Any) -> None:
    one, other = drafts("a"), drafts("b")
    text = (other.folder / SHOP).read_text(encoding="utf-8")
    mailing = text[text.index("      - name: mailing"):]
    head = text[:text.index("      - name: customers")].replace("fides_key: shop", "fides_key: letters").replace(
        "{is: enforce, set_by: nigar, since: 2026-02-01}", "{is: observe}")
    other.write(SHOP, text.replace(mailing, "") + head.replace("\ndataset:\n", "") + mailing)
    a, b = one.load(), other.load()
    first = diff(b, a)[0]
    assert (first.what, first.effect) == ("shop.mailing is in dataset shop, in enforce (was letters, in observe)", Effect.MORE)


def test_today_s_rows_are_asked_for_exactly_where_more_may_be_deleted(drafts: Any) -> None:
    one, other = drafts("a"), drafts("b")
    other.change(PURPOSES, "keep: P90D", "keep: P30D")
    other.change(PURPOSES, "keep: P5Y", "keep: P10Y")
    asked: list[tuple[str, tuple[str, ...]]] = []

    def count(table: TableRef, columns: Sequence[str]) -> int:
        asked.append((str(table), tuple(columns)))
        return 41_202

    more, less = diff(one.load(), other.load(), count)
    assert asked == [("shop.orders", ("recipient_phone", "photo"))]
    assert (more.rows, less.rows) == (41_202, None)
    assert str(more) == "shop.orders loses recipient_phone and photo 30 days after delivered (was 90 days): 41,202 rows today"
    assert (more.deletes_more, more.deletes_less, less.deletes_more, less.deletes_less) == (True, False, False, True)


def test_what_cannot_be_counted_has_no_number(drafts: Any) -> None:
    a, b = _pair(drafts, PURPOSES, "keep: P90D", "keep: P30D")
    [change] = diff(a, b, lambda table, columns: None)
    assert change.rows is None


def test_switching_a_dataset_on_asks_for_all_its_personal_columns(drafts: Any) -> None:
    b, a = _pair(drafts, SHOP, "{is: enforce, set_by: nigar, since: 2026-02-01}", "{is: observe}")
    [change] = diff(a, b, lambda table, columns: len(columns))
    assert change.what == "shop starts to dispose, said nigar"
    assert change.rows == 6


def test_equal_policies_have_no_differences(drafts: Any) -> None:
    assert diff(drafts("a").load(), drafts("b").load()) == []


@pytest.mark.parametrize("what", WRONG)
def test_no_difference_of_content_goes_untold(drafts: Any, what: str) -> None:
    """The same changes that make a policy wrong: each is a difference, told at least once."""
    a, b = _pair(drafts, *WRONG[what][:3])
    assert a.digest != b.digest
    assert diff(a, b)
    assert diff(b, a)


periods = st.builds(Period, st.integers(0, 3), st.integers(0, 14), st.integers(0, 400))


@given(periods, periods, st.dates(date(1990, 1, 1), date(2040, 1, 1)))
def test_a_longer_period_never_ends_earlier(one: Period, other: Period, day: date) -> None:
    verdict = longer(one, other)
    if verdict is True:
        assert other.after(day) >= one.after(day)
    if verdict is False:
        assert other.after(day) <= one.after(day)


def test_a_month_and_thirty_days_are_neither_longer_nor_shorter() -> None:
    assert longer(Period(months=1), Period(days=30)) is None
    assert longer(Period(days=90), Period(days=180)) is True
    assert longer(Period(years=1), Period(months=12)) is None
