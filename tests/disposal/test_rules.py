"""Lifetimes computed in SQL equal a slow reference that goes row by row in Python, for generated rows around every boundary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.disposal.lifetimes import Context, Scope
from governance.disposal.targets import targets
from governance.domain.names import TableRef
from governance.policy.check import load_checked
from governance.policy.load import LoadedPolicy
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect
from tests.disposal import shop

Truth = bool | None
meta = sa.MetaData(schema="w")
people = sa.Table("people", meta, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False), sa.Column("owner", sa.BigInteger),
                  sa.Column("a", sa.Date), sa.Column("b", sa.TIMESTAMP), sa.Column("c", sa.TIMESTAMP(timezone=True)),
                  sa.Column("d", sa.TIMESTAMP),
                  *(sa.Column(f"v{n}", sa.Text) for n in range(14)))
events = sa.Table("events", meta, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
                  sa.Column("person", sa.BigInteger), sa.Column("at", sa.TIMESTAMP))
consents = sa.Table("consents", meta, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
                    sa.Column("person", sa.BigInteger), sa.Column("preference", sa.Text),
                    sa.Column("granted_at", sa.TIMESTAMP), sa.Column("withdrawn_at", sa.TIMESTAMP(timezone=True)))
copies = sa.Table("copies", meta, sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
                  sa.Column("person", sa.BigInteger), sa.Column("v", sa.Text))
TABLES = (people, events, consents, copies)

THROUGH = "{column: at, through: [{table: w.events, where: {person: id}}]}"
TRIGGERS = f"""{{
    a: {{column: a}}, b: {{column: b}}, c: {{column: c}},
    d: {{column: d, when_null: open, at_latest: {{column: b, keep: P2Y}}}},
    greatest: {{greatest_of: [{{column: a}}, {{column: c}}]}},
    first: {{first_of: [{{column: d}}, {{column: b}}]}},
    nested: {{first_of: [{{greatest_of: [{{column: a}}, {{column: d}}]}}, {{column: c}}]}},
    greatest_open: {{greatest_of: [{{column: b}}, {{column: d}}], when_null: open, at_latest: {{column: a, keep: P1Y}}}},
    events: {THROUGH},
    events_open: {{column: at, through: [{{table: w.events, where: {{person: id}}}}], when_null: open,
                   at_latest: {{column: b, keep: P18M}}}},
    events_or_b: {{first_of: [{THROUGH}, {{column: b}}]}}
}}"""

# Each column of `people`: what keeps it, as (trigger or preference, period) pairs. All must be over.
Purpose = tuple[str, str]
COLUMNS: dict[str, tuple[str | None, tuple[Purpose, ...]]] = {
    "v0": ("me", (("a", "P90D"),)),
    "v1": ("me", (("b", "P1Y"),)),
    "v2": ("me", (("c", "P1M"),)),
    "v3": ("me", (("d", "P6M"),)),
    "v4": ("me", (("greatest", "P3M10D"),)),
    "v5": ("me", (("first", "P30D"),)),
    "v6": ("me", (("nested", "P1Y1M"),)),
    "v7": ("me", (("greatest_open", "P1M"),)),
    "v8": ("me", (("events", "P90D"),)),
    "v9": ("me", (("events_open", "P90D"), ("c", "P1M"))),
    "v10": ("me", (("consent news", "P0D"),)),
    "v11": ("owner", (("consent ads", "P1Y"), ("events_or_b", "P60D"))),
    "v12": ("owner", (("consent news", "P0D"), ("a", "P90D"), ("b", "P1Y"))),
    "v13": ("me", ()),  # nobody has judged it
}


def policy_text() -> str:
    def purpose(key: str) -> str:
        basis = f"{{az: consent}}, preference: {key.split()[1]}" if key.startswith("consent") else "{az: contract}"
        return f"  - {{key: {key.replace(' ', '.')}, name: {key}, clause: C8, legal_basis: {basis}}}\n"

    def schedule(pair: Purpose) -> str:
        key, keep = pair
        lives = "until_withdrawn: true" if key.startswith("consent") else f"trigger: {key}"
        return f"{{purpose: {key.replace(' ', '.')}, {lives}, keep: {keep}}}"

    def field(name: str) -> str:
        subject, pairs = COLUMNS[name]
        keys = "unjudged" if not pairs else "[" + ", ".join(k.replace(" ", ".") for k, _ in pairs) + "]"
        return (f"          - {{name: {name}, data_categories: [user.content], meta: {{governance: {{role: identifier, subject: {subject}, "
                f"record_class: class_{name}, purposes: {keys}, end_state: {{kind: \"null\"}}}}}}}}\n")

    keys = dict.fromkeys(k for _, pairs in COLUMNS.values() for k, _ in pairs)
    classes = "".join(f"  - key: class_{name}\n    name: {name}\n    clause: C10\n    schedules: [{', '.join(map(schedule, pairs))}]\n"
                      for name, (_, pairs) in COLUMNS.items())
    head, _, rest = shop.POLICY.partition("purposes:\n")
    _, _, rest = rest.partition("subject_kinds:\n")
    del rest
    return head + "purposes:\n" + "".join(map(purpose, keys)) + "record_classes:\n" + classes + f"""
subject_kinds:
  - key: customer
    name: customer
    clause: C1
    identity: {{table: w.people, key: id}}
    identifiers: [{{form: text, column: v0, unique: true}}]
    resolve_by: [[text]]
consents:
  - key: ledger
    table: w.consents
    subject: {{kind: customer, key: person}}
    preference_column: preference
    preferences: {{news: N, ads: A}}
    granted_at: granted_at
    withdrawn_at: withdrawn_at
    clause: C9
dataset:
  - fides_key: w
    name: W
    meta: {{governance: {{schema: w, owner: engineer, clause: C1, collection_points: [site],
                        mode: {{is: enforce, set_by: engineer, since: 2026-01-01}}}}}}
    collections:
      - name: events
        fields: []
        meta: {{governance: {{not_personal: [id, person, at], confirmed_by: engineer}}}}
      - name: consents
        fields: []
        meta: {{governance: {{not_personal: [id, person, preference, granted_at, withdrawn_at], confirmed_by: engineer}}}}
      - name: copies
        meta: {{governance: {{deletable: true, not_personal: [id, person], confirmed_by: engineer,
               subjects: {{me: {{kind: customer, key: person}}}}, derived_from: {{table: w.people, where: {{person: id}}}}}}}}
        fields:
          - {{name: v, data_categories: [user.content], meta: {{governance: {{role: identifier, subject: me, derived_from: w.people.v1}}}}}}
      - name: people
        meta: {{governance: {{not_personal: [id, owner, a, b, c, d], confirmed_by: engineer,
               subjects: {{me: {{kind: customer, key: id}}, owner: {{kind: customer, key: owner}}}},
               triggers: {TRIGGERS}}}}}
        fields:
{''.join(map(field, COLUMNS))}"""


# ---- the slow reference ----------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Case:
    """Generated rows of every table, the moment and the two time zones."""

    as_of: datetime
    zone: str
    stored_in: str
    rows: dict[str, list[dict[str, Any]]]


def length(keep: str) -> tuple[relativedelta, timedelta]:
    number, months, days = "", relativedelta(), timedelta()
    for character in keep[1:]:
        if character.isdigit():
            number += character
            continue
        if character == "D":
            days = timedelta(days=int(number))
        else:
            months += relativedelta(years=int(number)) if character == "Y" else relativedelta(months=int(number))
        number = ""
    return months, days


def cutoff_day(case: Case, keep: str) -> date:
    months, days = length(keep)
    return case.as_of.astimezone(ZoneInfo(case.zone)).date() - months - days


def instant(case: Case, value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(case.stored_in))


def lies_before(case: Case, value: date | datetime | None, keep: str) -> Truth:
    if value is None:
        return None
    day = cutoff_day(case, keep)
    if not isinstance(value, datetime):
        return value < day
    return instant(case, value) < datetime.combine(day, time.min, ZoneInfo(case.zone))


def latest_event(case: Case, person: dict[str, Any]) -> datetime | None:
    found = [e["at"] for e in case.rows["events"] if e["person"] == person["id"]]
    return max(found) if found and None not in found else None


def greatest(*parts: Truth) -> Truth:
    return None if None in parts else all(parts)


def first(*parts: Truth) -> Truth:
    return next((p for p in parts if p is not None), None)


def trigger_over(case: Case, person: dict[str, Any], trigger: str, keep: str) -> Truth:
    def b(name: str, period: str = keep) -> Truth:
        return lies_before(case, person[name], period)

    event = lies_before(case, latest_event(case, person), keep)
    return {
        "a": lambda: b("a"), "b": lambda: b("b"), "c": lambda: b("c"),
        "d": lambda: first(b("d"), b("b", "P2Y")),
        "greatest": lambda: greatest(b("a"), b("c")),
        "first": lambda: first(b("d"), b("b")),
        "nested": lambda: first(greatest(b("a"), b("d")), b("c")),
        "greatest_open": lambda: first(greatest(b("b"), b("d")), b("a", "P1Y")),
        "events": lambda: event,
        "events_open": lambda: first(event, b("b", "P18M")),
        "events_or_b": lambda: first(event, b("b")),
    }[trigger]()


def consent_lives(case: Case, subject: int | None, preference: str, keep: str) -> bool:
    for row in case.rows["consents"]:
        if subject is None or row["person"] != subject or row["preference"] != {"news": "N", "ads": "A"}[preference]:
            continue
        if row["granted_at"] is None or instant(case, row["granted_at"]) > case.as_of:
            continue
        withdrawn = row["withdrawn_at"]
        if withdrawn is None or (withdrawn > case.as_of if keep == "P0D" else not lies_before(case, withdrawn, keep)):
            return True
    return False


def over(case: Case, person: dict[str, Any], column: str) -> Truth:
    subject, pairs = COLUMNS[column]
    if not pairs:
        return None
    dead: list[Truth] = []
    for key, keep in pairs:
        if key.startswith("consent"):
            dead.append(not consent_lives(case, person["id" if subject == "me" else "owner"], key.split()[1], keep))
        else:
            dead.append(trigger_over(case, person, key, keep))
    return False if False in dead else None if None in dead else True


def copy_over(case: Case, copy: dict[str, Any]) -> bool:
    sources = [p for p in case.rows["people"] if p["id"] == copy["person"] and p["v1"] is not None]
    return not any(over(case, p, "v1") is not True for p in sources)


# ---- generated rows around the boundaries ----------------------------------------------------------------------------

KEEPS = sorted({keep for _, pairs in COLUMNS.values() for _, keep in pairs} | {"P2Y", "P18M", "P0D"})


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone = draw(st.sampled_from(["Asia/Baku", "Europe/Berlin", "America/New_York"]))
    stored_in = draw(st.sampled_from(["UTC", "Asia/Baku"]))
    as_of = draw(st.sampled_from([
        datetime(2026, 10, 1, 6, tzinfo=UTC), datetime(2024, 2, 29, 23, 30, tzinfo=UTC), datetime(2025, 5, 31, 20, tzinfo=UTC),
        datetime(2026, 3, 30, 22, 30, tzinfo=UTC), datetime(2026, 3, 31, 3, 59, 59, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)]))
    empty = Case(as_of, zone, stored_in, {})
    days = [cutoff_day(empty, keep) for keep in KEEPS]
    edges = [datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC) for day in days] + [as_of]
    nudges = st.sampled_from([timedelta(0), timedelta(microseconds=-1), timedelta(seconds=1), timedelta(days=-1), timedelta(days=40)])
    edge = st.builds(lambda edge, nudge: edge + nudge, st.sampled_from(edges), nudges)
    moment = st.integers(0, 4).flatmap(lambda n: edge if n else st.none())
    naive = moment.map(lambda m: m and m.astimezone(ZoneInfo(stored_in)).replace(tzinfo=None))
    long_ago = (as_of - timedelta(days=2_000)).replace(tzinfo=None)
    granted = st.just(long_ago) | st.just(long_ago) | naive
    near_now = nudges.map(lambda n: as_of + n)
    day_edge = st.builds(lambda d, n: d + timedelta(days=n), st.sampled_from(days), st.integers(-1, 1))
    day = st.integers(0, 4).flatmap(lambda n: day_edge if n else st.none())
    key = st.integers(1, 4)
    person = st.fixed_dictionaries({"owner": st.none() | key, "a": day, "b": naive, "c": moment, "d": naive,
                                    **{c: st.sampled_from(["x", "x", None]) if c == "v1" else st.just("x") for c in COLUMNS}})
    event = st.fixed_dictionaries({"person": key, "at": naive})
    consent = st.fixed_dictionaries({"person": st.none() | key, "preference": st.sampled_from(["N", "N", "A", "A", "?"]),
                                     "granted_at": granted, "withdrawn_at": moment | near_now})
    copy = st.fixed_dictionaries({"person": st.none() | st.integers(1, 6), "v": st.just("x")})
    rows = {name: [{"id": n, **row} for n, row in enumerate(draw(st.lists(shape, min_size=least, max_size=most)), start=1)]
            for name, shape, least, most in (("people", person, 4, 4), ("events", event, 2, 6), ("consents", consent, 3, 8),
                                             ("copies", copy, 1, 4))}
    return Case(as_of, zone, stored_in, rows)


# ---- comparing -------------------------------------------------------------------------------------------------------

@dataclass
class World:
    warehouse: Warehouse
    policy: LoadedPolicy

    def judged(self, case: Case) -> tuple[dict[tuple[int, str], Truth], dict[int, Truth]]:
        """What the engine says of every cell of `people`, and of every copy."""
        for table in TABLES:
            self.warehouse.execute(sa.delete(table), name="test.clear")
            for row in case.rows[table.name]:
                self.warehouse.execute(sa.insert(table).values(row), name="test.insert")
        declared = self.policy.policy
        organization = declared.organization.model_copy(update={"time_zone": case.zone, "warehouse_time_zone": case.stored_in})
        schema = self.warehouse.schema()
        found = targets(self.policy, schema, self.warehouse.capabilities.engine)
        context = Context(declared.model_copy(update={"organization": organization}), schema, found, case.as_of)
        scope = Scope(context, found[TableRef("w", "people")])
        flags = [scope.over(g.lifetime).label(f"g{g.bit}") for g in scope.target.groups]
        names = [g.names for g in scope.target.groups]
        cells = {(int(key), name): truth for key, *truths in self.warehouse.rows(
            sa.select(scope.row.c.id, *flags).select_from(scope.joined), name="test.people")
            for truth, group in zip(truths, names, strict=True) for name in group}
        other = Scope(context, found[TableRef("w", "copies")])
        flag = other.over(other.target.groups[0].lifetime)
        copied = {int(key): truth for key, truth in self.warehouse.rows(
            sa.select(other.row.c.id, flag).select_from(other.joined), name="test.copies")}
        return cells, copied

    def agrees(self, case: Case) -> None:
        cells, copied = self.judged(case)
        expected = {(p["id"], c): over(case, p, c) for p in case.rows["people"] for c in COLUMNS}
        assert {k: (cells[k], v) for k, v in expected.items() if cells[k] is not v} == {}
        assert len(cells) == len(expected)
        assert copied == {c["id"]: copy_over(case, c) for c in case.rows["copies"]}


def made(url: str, folder: Path) -> World:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema("w"))
        meta.create_all(connection)
    engine.dispose()
    return World(connect(url), load_checked(shop.write_policy(folder, text=policy_text())))


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("rules")
    world = made(f"duckdb:///{folder}/warehouse.duckdb", folder / "policy")
    with closing(world.warehouse):
        yield world


@pytest.fixture(scope="module")
def on_postgres(new_postgres: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = made(new_postgres(), tmp_path_factory.mktemp("rules") / "policy")
    with closing(world.warehouse):
        yield world


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_lifetimes_in_sql_equal_the_reference(on_duckdb: World, case: Case) -> None:
    on_duckdb.agrees(case)


@pytest.mark.postgres
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_lifetimes_in_sql_equal_the_reference_on_postgres(on_postgres: World, case: Case) -> None:
    on_postgres.agrees(case)


@pytest.mark.postgres
def test_consents_end_at_the_very_moment(on_duckdb: World, on_postgres: World) -> None:
    """One person for each way a consent can stand around now and around the end of its period."""
    as_of = datetime(2026, 10, 1, 6, tzinfo=UTC)
    case = Case(as_of, "Asia/Baku", "Asia/Baku", {"events": [], "copies": []})
    ends = datetime.combine(cutoff_day(case, "P1Y"), time.min, ZoneInfo(case.zone))
    second = timedelta(seconds=1)
    granted = [m.astimezone(ZoneInfo(case.stored_in)).replace(tzinfo=None) for m in (as_of - second, as_of, as_of + second)]
    withdrawn = [None, *(edge + n * second for edge in (as_of, ends) for n in (-1, 0, 1))]
    given_at = list(enumerate(((g, w, p) for g in granted for w in withdrawn for p in "NA"), start=1))
    everybody = [{"id": n, "owner": n, "a": None, "b": None, "c": None, "d": None, **dict.fromkeys(COLUMNS, "x")} for n, _ in given_at]
    consented = [{"id": n, "person": n, "preference": p, "granted_at": g, "withdrawn_at": w} for n, (g, w, p) in given_at]
    case = replace(case, rows={**case.rows, "people": everybody, "consents": consented})
    assert {over(case, p, "v10") for p in everybody} == {True, False}
    on_duckdb.agrees(case)
    on_postgres.agrees(case)


def test_the_reference_itself_says_true_false_and_unknown() -> None:
    """So that agreeing means something: all three occur, for rows written by hand."""
    person = {"id": 1, "owner": None, "a": date(2026, 7, 3), "b": None, "c": None, "d": None}
    case = Case(datetime(2026, 10, 1, 6, tzinfo=UTC), "Asia/Baku", "UTC", {"events": [], "consents": [], "people": [person]})
    assert over(case, person, "v0") is False  # exactly on the cutoff
    assert over(case, {**person, "a": date(2026, 7, 2)}, "v0") is True
    assert over(case, person, "v1") is None
    assert over(case, person, "v10") is True
    granted = {"id": 1, "person": 1, "preference": "N", "granted_at": datetime(2026, 1, 1), "withdrawn_at": None}
    assert over(replace(case, rows={**case.rows, "consents": [granted]}), person, "v10") is False
