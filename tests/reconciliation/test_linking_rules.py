"""Rules of linking and of golden records, each over many made-up cases."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from governance.domain.errors import PlanRefused
from governance.domain.fold import fold_name
from governance.policy.linking import GoldenField, Linking
from governance.policy.sources import Signals
from governance.reconciliation.blocks import NAME
from governance.reconciliation.decide import Outcome, Scored, decide
from governance.reconciliation.fraud import serves_marketing, signal
from governance.reconciliation.gates import Gate, allow
from governance.reconciliation.golden import field_value, link
from governance.reconciliation.survivorship import Candidate, survive
from governance.reconciliation.tokens import Form, prepared, tokens
from tests.reconciliation.linked_world import GOLDEN, Golden, build, opened
from tests.reconciliation.test_linking import PEOPLE

DAY = datetime(2026, 9, 1)
FIELDS = {f.name: f for f in (
    GoldenField(name="phone", purposes=("p",), strategy="most_recent"),
    GoldenField(name="email", purposes=("p",), strategy="source", sources=("bureau", "register")),
    GoldenField(name="city", purposes=("p",), strategy="most_frequent"),
    GoldenField(name="segment", purposes=("p",), strategy="highest_confidence"),
    GoldenField(name="income", purposes=("p",), strategy="longest"))}

candidates = st.builds(Candidate, value=st.sampled_from(["Bakı", "Gəncə", "Şəki", "a", "bb"]),
                       source=st.sampled_from(["bureau", "register", "x"]), record=st.uuids().map(str),
                       observed_at=st.integers(0, 3).map(lambda n: DAY + timedelta(days=n)),
                       confidence=st.sampled_from([0.9, 0.95, 1.0]))


@given(st.lists(candidates, max_size=8, unique_by=lambda c: c.record), st.sampled_from(sorted(FIELDS)), st.randoms())
def test_survivorship_is_the_same_in_whatever_order_values_come(found: list[Candidate], name: str, dice: random.Random) -> None:
    shuffled = list(found)
    dice.shuffle(shuffled)
    assert survive(FIELDS[name], found) == survive(FIELDS[name], shuffled)


@given(st.lists(candidates, min_size=1, max_size=8), st.sampled_from(sorted(FIELDS)))
def test_the_survivor_is_one_of_the_values_and_none_beats_it(found: list[Candidate], name: str) -> None:
    best = survive(FIELDS[name], found)
    assert best in found
    for other in found:
        assert survive(FIELDS[name], [best, other]) in (best, other)
    if name == "phone":
        assert best.observed_at == max(c.observed_at for c in found)
    if name == "income":
        assert len(best.value) == max(len(c.value) for c in found)


@pytest.fixture
def golden(warehouse_url: str, tmp_path: Path) -> Iterator[Golden]:
    text = GOLDEN.replace("{name: income, purposes: [essential.service.fulfilment], sensitive: true}",
                          "{name: income, purposes: [essential.service.fulfilment], strategy: longest}")
    text = text.replace("own: phone, ", "").replace("own: email, ", "").replace("[own, bureau, register]", "[bureau, register]")
    with opened(build(warehouse_url, tmp_path, PEOPLE, text)) as made:
        yield made


def test_the_view_agrees_with_the_rule_and_unlinking_recomputes_as_if_never_linked(golden: Golden) -> None:
    """600 subjects with random values and links, a third of the links ended: the view shows what `survive` chooses of the others."""
    dice = random.Random(7)
    standing: dict[tuple[str, str], list[Candidate]] = {}
    links: list[dict[str, Any]] = []
    values: list[dict[str, Any]] = []
    for number in range(1500):
        subject, record = f"s{dice.randrange(600)}", f"r{number}"
        ended, replaced = dice.random() < 0.3, dice.random() < 0.1
        confidence, seen = dice.choice((0.9, 0.95, 1.0)), DAY + timedelta(days=dice.randrange(3))
        source = dice.choice(("bureau", "register", "x"))
        base = {"link": record, "record": record, "source": source, "subject_key": subject, "how": "t", "weight": None, "probability": None,
                "ends": None, "plan": "p", "at": DAY}
        links += [base, {**base, "link": f"{record}#end", "ends": record}] if ended else [base]
        for name in dice.sample(sorted(FIELDS), dice.randrange(1, 4)):
            one = Candidate(dice.choice(("Bakı", "Gəncə", "Şəki", "a", "bb", "Z")), source, record, seen, confidence)
            row = {"field_value": f"{record}#{name}", "subject_key": subject, "field": name, "value": None, "consented": None,
                   "source": source, "record": record, "link": record, "purposes": "|p|", "consent": "", "confidence": confidence,
                   "observed_at": seen, "written_at": DAY, "plan": "p", "ends": None, "because": ""}
            values.append({**row, dice.choice(("value", "consented")): one.value})
            if replaced:
                values.append({**row, "field_value": f"{record}#{name}#end", "value": "", "ends": f"{record}#{name}", "because": "x"})
            elif not ended:
                standing.setdefault((subject, name), []).append(one)
    for table, rows in ((link, links), (field_value, values)):
        for start in range(0, len(rows), 500):
            golden.warehouse.execute(sa.insert(table).values(rows[start:start + 500]), name="test")
    shown = {(s, f): (v, source, record) for s, f, v, source, record in golden.look(
        "SELECT subject_key, field, value, source, record FROM golden.customer_provenance")}
    best = {place: survive(FIELDS[place[1]], found) for place, found in standing.items()}
    assert shown == {place: (b.value, b.source, b.record) for place, b in best.items() if b is not None}
    wide = {row[0]: row[1:] for row in golden.look("SELECT subject_key, phone, email, city, segment, income FROM golden.customer")}
    assert wide == {s: tuple(getattr(best.get((s, f)), "value", None) for f in ("phone", "email", "city", "segment", "income"))
                    for s in {subject for subject, _ in best}}


scored = st.lists(st.builds(lambda s, w: Scored(s, w, 1 / (1 + 2 ** -w)), st.sampled_from("abcdef"), st.floats(-12, 25)), max_size=6,
                  unique_by=lambda s: s.subject)


@given(scored, st.randoms())
def test_a_tie_is_never_a_pick_and_order_never_matters(found: list[Scored], dice: random.Random) -> None:
    linking = Linking(model="m", link_at=0.95, review_at=0.6, margin=3)
    told = decide(linking, {}, found, "m")
    shuffled = list(found)
    dice.shuffle(shuffled)
    assert decide(linking, {}, shuffled, "m") == told
    weights = sorted((s.weight for s in found), reverse=True)
    if told.outcome is Outcome.LINKED:
        assert told.probability is not None
        assert told.probability >= 0.95
        assert len(weights) == 1 or weights[0] - weights[1] >= 3
    if told.outcome is Outcome.NOBODY:
        assert all(s.probability < 0.6 for s in found)


sets = st.frozensets(st.sampled_from("abcd"), min_size=1, max_size=3)


@given(st.dictionaries(st.sampled_from(["exact email", "exact phone", "exact document"]), sets, min_size=1))
def test_exact_tokens_link_only_whom_every_token_allows(found: dict[str, frozenset[str]]) -> None:
    linking = Linking(exact=(("document",), ("email",), ("phone",)))
    told = decide(linking, found, [], "")
    common = frozenset.intersection(*found.values())
    if told.outcome is Outcome.LINKED:
        assert common == {told.subject}
        assert any(len(f) == 1 for f in found.values())
    else:
        assert {s for s, _ in told.candidates} == frozenset().union(*found.values())


words = st.lists(st.sampled_from(["Əliyev", "Anar", "Гусейнова", "Nigar", "oğlu"]), min_size=1, max_size=3, unique=True)


@given(words, st.randoms())
def test_a_name_has_one_key_however_its_parts_stand(name: list[str], dice: random.Random) -> None:
    other = list(name)
    dice.shuffle(other)
    keys = [fold_name(w) for w in (" ".join(name), " ".join(other))]
    frame = prepared(pl.DataFrame({"_id": ["1", "2", "3"], "full_name": [*keys, None], "given_name": [None, None, fold_name(name[0])],
                                   "family_name": [None, None, fold_name(" ".join(name[1:])) or None]},
                                  schema_overrides={"family_name": pl.String}), ["full_name"])
    assert len(set(frame[NAME])) == 1
    made = tokens(frame, [Form("often", (NAME,))], b"k" * 32)
    assert made["token"].n_unique() == 1
    assert (tokens(frame, [Form("often", (NAME,))], b"j" * 32)["token"] != made["token"]).all()


def test_the_gate_of_consent_comes_before_the_gate_of_the_field(tmp_path: Path) -> None:
    from governance.policy.load import load_policy
    from tests.disposal import shop
    from tests.reconciliation.linked_world import policy_text

    policy = load_policy(shop.write_policy(tmp_path, text=policy_text())).policy
    bureau = next(s for s in policy.sources if s.key == "bureau")
    marketing = bureau.model_copy(update={"purposes": ("marketing.communications.email",)})
    fields = {f.name: f for g in policy.golden for f in g.fields}
    assert allow(policy, marketing, fields["income"], {}).gate is Gate.CONSENT
    assert allow(policy, marketing, fields["income"], {"newsletter": "x"}).gate is Gate.FIELD
    assert allow(policy, bureau, fields["city"], {}).gate is Gate.FIELD
    both = allow(policy, bureau, fields["email"], {"newsletter": "x"})
    assert both.purposes == ("essential.service.fulfilment", "marketing.communications.email")
    assert not both.needs_consent
    assert allow(policy, marketing, fields["city"], {"newsletter": "x"}).needs_consent
    assert [g.value for g in Gate] == sorted(g.value for g in Gate)


@given(st.integers(1, 400), st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))
def test_a_signal_never_outlives_what_is_declared(days: int, said: datetime | None) -> None:
    declared = Signals.model_validate({"kind_field": "k", "expires_field": "until", "expires_within": f"P{days}D"})
    clean = {"k": "chargeback"} | ({"until": said.isoformat()} if said else {})
    found = signal(declared, clean, DAY)
    assert found is not None
    assert found.expires_at <= DAY + timedelta(days=days)
    assert said is None or found.expires_at <= said


def test_a_signal_without_an_end_is_refused() -> None:
    with pytest.raises(PlanRefused, match="no time to live"):
        signal(Signals.model_validate({"kind_field": "k", "expires_within": "P0D"}), {"k": "x"}, DAY)


def test_purposes_of_marketing_are_known_by_their_key() -> None:
    assert serves_marketing(["essential.service", "marketing.communications.sms"])
    assert not serves_marketing(["essential.fraud_detection", "marketingless"])


