"""Who may say yes, how often, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.domain.errors import GovernanceError, PlanRefused
from governance.ledger import Answer, Ledger
from governance.ledger.approvals import state
from tests.ledger.samples import NOON, Clock

DIGEST = "a" * 64
LATER = NOON + timedelta(days=2)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def asked(ledger_url: str, clock: Clock) -> Iterator[Ledger]:
    with Ledger.open(ledger_url, clock=clock) as ledger:
        ledger.ask(DIGEST, "plan", "over 1 % of shop.orders", ["ayla", "orkhan", "leyla"], 2, LATER)
        yield ledger


def yes(ledger: Ledger, user: str, **more: object) -> str:
    return ledger.decide(DIGEST, True, user, True, "airflow", **more).state  # type: ignore[arg-type]


def test_two_people_are_two_different_ids(asked: Ledger) -> None:
    assert yes(asked, "ayla") == "waiting"
    with pytest.raises(PlanRefused, match="ayla has already answered"):
        yes(asked, "ayla")
    assert yes(asked, "orkhan") == "approved"
    record = asked.approval(DIGEST)
    assert record is not None
    assert [(a.user, a.approved, a.at) for a in record.deciders] == [("ayla", True, NOON), ("orkhan", True, NOON)]
    with pytest.raises(PlanRefused, match="approved, no answer is expected"):
        yes(asked, "leyla")


def test_one_no_rejects(asked: Ledger) -> None:
    yes(asked, "ayla")
    assert asked.decide(DIGEST, False, "orkhan", True, "airflow", "too many rows").state == "rejected"
    with pytest.raises(PlanRefused, match="rejected, no answer is expected"):
        yes(asked, "leyla")


def test_a_stranger_cannot_approve(asked: Ledger) -> None:
    with pytest.raises(PlanRefused, match="not among its approvers"):
        yes(asked, "mallory")
    assert asked.approval(DIGEST).deciders == ()  # type: ignore[union-attr]


def test_an_unauthenticated_answer_counts_only_where_accepted(asked: Ledger) -> None:
    with pytest.raises(PlanRefused, match="not authenticated"):
        asked.decide(DIGEST, True, "ayla", False, "shell")
    record = asked.decide(DIGEST, True, "ayla", False, "shell", accept_unauthenticated=True)
    assert [a.authenticated for a in record.deciders] == [False]


def test_an_answer_delivered_twice_is_one_answer(asked: Ledger) -> None:
    assert yes(asked, "ayla", delivery="dispose/run1/approve_1") == "waiting"
    head = asked.head()
    assert yes(asked, "ayla", delivery="dispose/run1/approve_1") == "waiting"
    assert asked.head() == head
    with pytest.raises(PlanRefused, match="already answered"):
        yes(asked, "ayla", delivery="dispose/run1/approve_2")
    assert yes(asked, "orkhan", delivery="dispose/run1/approve_2") == "approved"
    assert yes(asked, "ayla", delivery="dispose/run1/approve_1") == "approved"


def test_too_late_is_expired_and_may_be_asked_again(asked: Ledger, clock: Clock) -> None:
    yes(asked, "ayla")
    clock.tick(days=2)
    assert asked.approval(DIGEST).state == "expired"  # type: ignore[union-attr]
    with pytest.raises(PlanRefused, match="expired"):
        yes(asked, "orkhan")
    again = asked.ask(DIGEST, "plan", "again", ["ayla", "orkhan"], 2, clock() + timedelta(days=2))
    assert (again.state, again.deciders) == ("waiting", ())
    assert yes(asked, "orkhan") == "waiting"
    assert yes(asked, "ayla") == "approved"


def test_approved_in_time_stays_approved(asked: Ledger, clock: Clock) -> None:
    yes(asked, "ayla")
    yes(asked, "orkhan")
    clock.tick(days=20)
    assert asked.approval(DIGEST).state == "approved"  # type: ignore[union-attr]


def test_asking_again_neither_renews_nor_forgets(asked: Ledger) -> None:
    asked.decide(DIGEST, False, "ayla", True, "airflow")
    head = asked.head()
    assert asked.ask(DIGEST, "plan", "again", ["mallory"], 1, LATER).state == "rejected"
    assert asked.head() == head


def test_more_people_than_approvers_is_refused(asked: Ledger) -> None:
    for approvers in ([], ["ayla"], ["ayla", "ayla"]):
        with pytest.raises(PlanRefused, match="needs 2 approvers"):
            asked.ask("c" * 64, "plan", "", approvers, 2, LATER)
    with pytest.raises(PlanRefused):
        asked.ask("c" * 64, "plan", "", ["ayla"], 0, LATER)
    assert asked.approval("c" * 64) is None
    with pytest.raises(GovernanceError, match="nobody was asked"):
        asked.decide("c" * 64, True, "ayla", True, "airflow")


def test_a_policy_is_approved_only_as_a_policy(asked: Ledger) -> None:
    yes(asked, "ayla")
    yes(asked, "orkhan")
    assert asked.policy_approved(DIGEST) is False
    assert asked.policy_approved("d" * 64) is False
    asked.ask("d" * 64, "policy", "version 2026-05", ["ayla"], 1, LATER)
    assert asked.policy_approved("d" * 64) is False
    asked.decide("d" * 64, True, "ayla", True, "console")
    assert asked.policy_approved("d" * 64) is True
    assert [r.digest for r in asked.approvals("approved")] == [DIGEST, "d" * 64]


def test_what_people_typed_is_not_in_the_chain(asked: Ledger) -> None:
    asked.decide(DIGEST, False, "ayla", True, "airflow", note="Mrs Karimova called about this")
    assert "Karimova" not in "".join(asked.export())
    assert asked.approval(DIGEST).deciders[0].note == "Mrs Karimova called about this"  # type: ignore[union-attr]


answers = st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=4, unique_by=lambda a: a[0])


@given(answers, st.integers(1, 2), st.booleans())
def test_approved_means_enough_yes_and_no_no(given_: list[tuple[str, bool]], people: int, late: bool) -> None:
    said = [Answer(user, approved, True, "airflow", "", NOON) for user, approved in given_]
    now = LATER if late else NOON
    found = state(said, people, LATER, now)
    assert (found == "approved") == (all(a.approved for a in said) and len(said) >= people)
    assert (found == "rejected") == any(not a.approved for a in said)
    assert found != "waiting" or not late
