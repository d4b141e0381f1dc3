"""The checks against schemas that real engines tell of themselves: what an engine refuses was told before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import column, table, text, update

from governance.domain.errors import WarehouseError
from governance.domain.names import TableRef
from governance.keys import Keys
from governance.policy.check import examine
from governance.policy.constraints import breaks
from governance.policy.load import load_policy
from governance.policy.mistakes import Weight
from governance.policy.model import EndState
from governance.reconciliation.prepare import prepare
from governance.warehouse import Warehouse
from governance.warehouse.connect import connect

# definitions of the column v; two rows with the values a and b must fit
COLUMNS = {
    "free": "v VARCHAR", "not null": "v VARCHAR NOT NULL", "unique": "v VARCHAR UNIQUE", "short": "v VARCHAR(8)",
    "listed": "v VARCHAR CHECK (v IN ('a', 'b', 'gone'))", "listed without": "v VARCHAR CHECK (v IN ('a', 'b'))",
    "listed in capitals": "v VARCHAR CHECK (v = 'a' OR v = 'b')", "measured": "v VARCHAR CHECK (length(v) <= 4)",
    "measured short": "v VARCHAR CHECK (length(v) < 4)", "never null": "v VARCHAR CHECK (v IS NOT NULL)",
    "with another": "v VARCHAR, other INTEGER DEFAULT 1, CHECK (v IS NOT NULL OR other > 5)",
    "coalesced": "v VARCHAR CHECK (coalesce(v, 'z') <> 'z')",
    "cased": "v VARCHAR CHECK (CASE WHEN v >= 'a' THEN true ELSE false END)",
    "unique with another": "v VARCHAR, other INTEGER DEFAULT 1, UNIQUE (v, other)",
}
ENDS = {
    "null": (EndState(kind="null"), None), "constant": (EndState(kind="constant", value="gone"), "gone"),
    "pseudonymize": (EndState(kind="pseudonymize", domain="d"), "psn_v1_" + "0" * 33),
    "generalize": (EndState(kind="generalize", prefix=1), "x*"), "truncate": (EndState(kind="truncate", length=1), "x"),
}


def test_no_end_state_is_refused_by_an_engine_that_was_not_told_before(warehouse: Warehouse) -> None:
    """Each end state is tried on each column. What the engine refuses was told; what was called a mistake is refused."""
    cases = {f"t{n}": (definition, end) for n, (definition, end) in enumerate((d, e) for d in COLUMNS for e in ENDS)}
    warehouse.execute(text("CREATE SCHEMA s"), name="test.arrange")
    for name, (definition, _) in cases.items():
        warehouse.execute(text(f"CREATE TABLE s.{name} (id INTEGER PRIMARY KEY, {COLUMNS[definition]})"), name="test.arrange")
        warehouse.execute(text(f"INSERT INTO s.{name} (id, v) VALUES (1, 'a'), (2, 'b')"), name="test.arrange")
    schema = warehouse.schema()
    untold, wrong = [], []
    for name, (definition, end) in cases.items():
        state, value = ENDS[end]
        live = schema.get(TableRef("s", name))
        found = live.column("v") if live else None
        assert live is not None
        assert found is not None
        told = list(breaks(state, found, live, schema))
        refused = _refuses(warehouse, name, end, value)
        if refused and not told:
            untold.append((definition, end, live.checks, live.uniques))
        if not refused and _enforced(warehouse, definition) and any(weight is Weight.MISTAKE for *_, weight in told):
            wrong.append((definition, end, told))
    assert (untold, wrong) == ([], [])


def _refuses(warehouse: Warehouse, name: str, end: str, value: str | None) -> bool:
    target = table(name, column("id"), column("v"), schema="s")
    for row in [1, 2] if end != "pseudonymize" else [1]:  # pseudonyms differ from row to row
        try:
            warehouse.execute(update(target).where(target.c.id == row).values(v=value), name="test.end")
        except WarehouseError:
            return True
    return False


def _enforced(warehouse: Warehouse, definition: str) -> bool:
    """DuckDB accepts VARCHAR(8) and forgets the 8."""
    return definition != "short" or warehouse.capabilities.engine != "duckdb"


def test_the_demo_policy_fits_the_demo_warehouse(warehouse_url: str, tmp_path: Path) -> None:
    from examples.generate import main

    main(["--warehouse", warehouse_url, "--stores", str(tmp_path / "stores"), "--rows", "500"])
    loaded = load_policy(Path(__file__).parents[2] / "policy")
    opened: Any = connect(warehouse_url)
    try:
        opened.create_control()
        prepare(opened, Keys(tmp_path / "secrets"), loaded)  # tables of golden records are made by us, not by the generator
        schema, engine = opened.schema(), opened.capabilities.engine
    finally:
        opened.close()
    examined = examine(loaded, schema, engine)
    assert [str(m) for m in examined.mistakes] == []
    assert [m.problem.partition(" (")[0] for m in examined.unjudged] == ["nobody has judged crm.partner_contacts.whatsapp"]
