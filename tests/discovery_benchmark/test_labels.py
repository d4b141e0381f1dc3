"""The labels of the discovery benchmark hold: check digits, kinds, equal tables for equal seeds."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from benchmarks.discovery import checkdigits as check
from benchmarks.discovery import generator, headings, shapes
from benchmarks.discovery.figures import Case, Verdict, confusions, line, reliability, wrong
from benchmarks.discovery.kinds import KINDS, Draw, Filled, negatives, positives
from benchmarks.discovery.kinds_devices import hashed
from benchmarks.discovery.people import people
from benchmarks.discovery.swap import differ, swapped
from benchmarks.discovery.truth import LANGUAGES, STYLES, Table, Truth
from governance.domain.taxonomy import CATEGORIES

MADE = generator.tables(3, generator.TABLES, 60)


@pytest.mark.parametrize(("valid", "made"), [
    (check.luhn, check.card), (check.luhn, check.imei), (lambda n: n[-1] == check.ean_check(n[:-1]), check.ean13),
    (lambda n: int(n[9:]) == check.snils_check(n[:9]), check.snils), (lambda n: n[-1] == check.inn_check(n[:-1]), check.inn_person),
    (lambda n: n[-1] == check.inn_check(n[:-1]), check.inn_company), (check.tckn_valid, check.tckn),
    (lambda n: n[-1] == check.iso7064_11_10(n[:-1]) and max(Counter(n[:10]).values()) == 2, check.steuer_id),
    (lambda n: check.iban_valid(n) and len(n) == 28, lambda rng: check.iban(rng, "AZ")),
    (check.iban_valid, lambda rng: check.iban(rng, "GB")),
    (lambda n: check.iban_valid(n) and len(n) == 22, lambda rng: check.iban(rng, "DE")),
    (lambda n: check.iban_valid(n) and len(n) == 26, lambda rng: check.iban(rng, "TR")),
])
def test_numbers_have_valid_check_digits(valid, made) -> None:
    rng = random.Random(1)
    assert all(valid(made(rng)) for _ in range(200))


def test_the_checks_agree_with_published_examples() -> None:
    assert check.luhn("4111111111111111")
    assert check.ean_check("400638133393") == "1"
    assert check.snils_check("112233445") == 95
    assert check.inn_check("7707083893"[:-1]) == "3"
    assert check.tckn_valid("10000000146")
    assert check.iso7064_11_10("8609574271") == "9"
    assert check.iban_valid("DE89370400440532013000")
    assert check.iban_valid("AZ21NABZ00000000137010001944")
    assert check.mrz_check("L898902C3") == "6"
    assert hashed(57.64911, 10.40744, 8) == "u4pruydq"


def test_every_kind_and_many_hard_negatives_appear() -> None:
    seen = {c.kind for t in MADE for c in t.columns}
    assert seen == set(KINDS)
    assert len(negatives()) >= 25
    assert len(positives()) >= 60
    assert {t.language for t in MADE} == set(LANGUAGES)


def test_every_label_is_a_key_of_the_taxonomy() -> None:
    for t in MADE:
        for c in t.columns:
            for truth in c.truths.values():
                assert {*filter(None, [truth.category]), *truth.alternatives, *truth.broader, *truth.also} <= set(CATEGORIES), c.kind


def test_equal_seeds_give_equal_tables_and_other_seeds_others() -> None:
    again, other = generator.tables(3, 20, 60), generator.tables(4, 20, 60)
    assert [t.columns for t in again] == [t.columns for t in MADE[:20]]
    assert [t.columns for t in again] != [t.columns for t in other]


def test_headings_of_a_table_differ_and_every_kind_has_some() -> None:
    for t in MADE:
        for style in STYLES:
            said = [c.headings[style].lower() for c in t.columns]
            assert len(set(said)) == len(said)
    assert {k.concept for k in KINDS.values()} <= set(headings.concepts())
    assert set(shapes.LABELS.values()) <= set(headings.concepts())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", list(KINDS))
def test_every_kind_can_be_made_in_every_language(name: str, language: str) -> None:
    rng = random.Random(2)
    made = KINDS[name].make(Draw(rng, language, people(rng, language, 30)))
    values = made.values if isinstance(made, Filled) else made
    assert len(values) == 30
    assert any(v is not None for v in values)


def test_the_swapped_columns_take_their_truth_along() -> None:
    changed, before = swapped(MADE)
    assert len(changed) > 60
    for t in changed[:20]:
        moved = [c for c in t.columns if (t.names["clear"], c.headings["clear"]) in before]
        assert len(moved) == 2
        assert differ(moved[0].truths["clear"], moved[1].truths["clear"])


def case(truth: Truth, said: str | None, also: tuple[str, ...] = (), confidence: float = 1.0) -> Case:
    return Case("clear", "en", "customers", "shop.t", "c", truth, Verdict(said, also, "", confidence))


def test_figures_count_as_they_say() -> None:
    name, thing = Truth("given_name", "user.name.first", broader=("user.name",)), Truth("sku")
    either = Truth("job_title", "user.job_title", optional=True)
    text = Truth("text_dense", "user.name", also=("user.contact.email",))
    told = [case(name, "user.name.first"), case(name, "user.name"), case(name, "user.contact.email"), case(name, None),
            case(thing, "user.name"), case(thing, None), case(either, None), case(either, "user.job_title"), case(either, "user.name"),
            case(text, "user.name"), case(text, "user.name", ("user.contact.email",))]
    made = line("all", told)
    assert made.columns == 9
    assert made.binary[:2] == pytest.approx((5 / 7, 5 / 6))
    assert made.typed[:2] == pytest.approx((4 / 7, 4 / 6))
    assert made.accepted == pytest.approx(2 / 7)
    assert confusions(told)[0][2] == 1
    assert [wrong(c) for c in told] == [False, False, True, True, True, False, False, False, True, False, False]
    assert reliability([case(name, "user.name", confidence=0.75), case(thing, "user.name", confidence=0.75)])[1] == pytest.approx(0.25)


def test_the_frames_and_files_hold_what_the_table_says(tmp_path) -> None:
    import duckdb

    some: list[Table] = MADE[:8]
    paths = generator.write(some, tmp_path)
    for style in STYLES:
        with duckdb.connect(str(paths[style]), read_only=True) as database:
            for t in some:
                found = database.execute(f'SELECT * FROM shop."{t.names[style]}"').fetchall()
                assert len(found) == t.rows == len(t.frame(style))
    assert len(generator.truths(some, "opaque")) == sum(len(t.columns) for t in some)
