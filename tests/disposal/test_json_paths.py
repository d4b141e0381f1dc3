"""What stands at declared paths of JSON goes, the rest stays, and text that is no JSON is never taken for ended."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from governance.disposal.acts import without_paths
from governance.disposal.endstates import ended
from governance.domain.patterns import REDACTED
from governance.domain.schema import Column, Family
from governance.policy.model import EndState
from governance.warehouse import StagedColumn, Warehouse

PATHS = ("$.contact.phone", "$.items[1]", '$."odd key"')
TEXTS = [
    None, "", "not JSON at all", '{"contact": {"phone": "050 111 22 33"', '{"contact": {"phone": "x"}, "w": 1}', "[1, 2]", '"a"', "null",
    '{"items": [1, 2, 3]}', '{"odd key": 1, "w": [{}]}', '{"contact": null}', '{"w": NaN}', '{"w": "\\u0000"}', '{"w": "\\\\u0000"}',
    '{"w": "\\ud800"}', '{"contact": {"phone": null}}', '{"contact": [{"phone": "x"}]}',
]


def judged(warehouse: Warehouse, texts: list[str | None]) -> list[bool]:
    end, column = EndState(kind="redact", paths=PATHS), Column("v", "text", Family.TEXT, True)
    with warehouse.stage([StagedColumn("n", Family.INTEGER), StagedColumn("v", Family.TEXT)], list(enumerate(texts))) as staged:
        query = sa.select(staged.c.n, ended(staged.c.v, column, end)).order_by(staged.c.n)
        return [flag for _, flag in warehouse.rows(query, name="test.ended")]


def test_every_text_has_ended_once_its_paths_are_out_and_not_before(warehouse: Warehouse) -> None:
    with closing(warehouse):
        before = judged(warehouse, TEXTS)
        after = judged(warehouse, [None if t is None else without_paths(t, PATHS) for t in TEXTS])
    assert after == [True] * len(TEXTS)
    told = dict(zip(TEXTS, before, strict=True))
    for open_text in ("", "not JSON at all", TEXTS[3], TEXTS[4], '{"items": [1, 2, 3]}', '{"odd key": 1, "w": [{}]}'):
        assert told[open_text] is False, open_text
    for over in (None, "[1, 2]", '"a"', "null", '{"contact": null}', '{"contact": {"phone": null}}', '{"w": "\\\\u0000"}'):
        assert told[over] is True, over


def test_everything_but_the_paths_stays() -> None:
    document = {"contact": {"phone": "x", "name": "y"}, "items": [1, 2, 3], "odd key": 1, "w": {"phone": "z"}}
    left = json.loads(without_paths(json.dumps(document), PATHS))
    assert left == {"contact": {"name": "y"}, "items": [1, None, 3], "w": {"phone": "z"}}
    assert without_paths("call 050 111 22 33", PATHS) == json.dumps(REDACTED)


_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["contact", "phone", "items", "odd key", "w"]), inner))


@given(_json)
def test_taking_paths_out_twice_changes_nothing(document: Any) -> None:
    once = without_paths(json.dumps(document), PATHS)
    assert without_paths(once, PATHS) == once
