"""The demo's releases against rules told a second time; and the rules against releases that were tampered with."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from examples.generate import main
from governance import jobs
from governance.depersonalization.pseudonyms import create_key
from governance.installation import Installation
from governance.ledger import Ledger
from governance.settings import Settings
from tests.truth.reading import read
from tests.truth.releases import wrong_releases

ROOT = Path(__file__).parents[2]
CONTEXT = jobs.RunContext("depersonalize", "run", "task")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, list[dict[str, Any]]], Path]:
    """The rows of a generated company after its releases were published, and its stores."""
    home = tmp_path_factory.mktemp("released")
    url = f"duckdb:///{home}/w.duckdb"
    main(["--warehouse", url, "--stores", str(home / "stores"), "--truth", str(home / "truth"), "--rows", "8000"])
    shutil.copytree(ROOT / "policy", home / "policy")
    from datetime import datetime

    settings = Settings(url, f"sqlite:///{home}/ledger.sqlite", home / "policy", home / "secrets", home / "stores", home / "reports",
                        as_of=datetime.fromisoformat("2026-10-01T06:00:00+00:00"), expectations_dir=ROOT / "expectations")
    Ledger.migrate(settings.ledger_url)
    installation = Installation(settings)
    installation.keys.create("suppression/v1")
    for domain in ("order", "customer"):
        create_key(installation.keys, domain)
    with installation.warehouse() as warehouse:
        warehouse.create_control()
    for name in ("orders", "customers"):
        plan = jobs.CATALOGUE["depersonalize.plan"](installation, CONTEXT, name)
        installation.ledger.decide(plan["digest"], True, "compliance.officer", True, "test")
        jobs.CATALOGUE["depersonalize.apply"](installation, CONTEXT, plan["digest"])
        jobs.CATALOGUE["depersonalize.verify"](installation, CONTEXT, plan["digest"])
    installation.close()
    return dict(read(url)), home / "stores"


def test_exactly_what_may_leave_stands_there_by_rules_told_a_second_time(company: tuple[Any, Path]) -> None:
    rows, stores = company
    assert {t.partition("__")[0] for t in rows if t.startswith("releases.")} == {"releases.orders", "releases.customers"}
    assert wrong_releases(rows, stores) == []


@pytest.mark.parametrize(("table", "change", "words"), [
    ("orders", lambda r: r[:-1], "1 rows are missing"),
    ("orders", lambda r: [*r, r[0]], "two orders have one key"),
    ("orders", lambda r: [{**x, "buyer_city": "Bakı"} if n == 0 else x for n, x in enumerate(r)], "may not be there"),
    ("orders", lambda r: [{**x, "buyer_key": "44"} for x in r], "a key is no pseudonym"),
    ("customers", lambda r: [{**r[0], "people": 4}, *r[1:]], "groups or counts are not those of the source"),
])
def test_a_release_that_was_tampered_with_is_found(company: tuple[Any, Path], table: str, change: Any, words: str) -> None:
    rows, stores = company
    [name] = [t for t in rows if t.startswith(f"releases.{table}__v")]
    found = []
    try:
        found = wrong_releases({**rows, name: change(rows[name])}, stores)
    except StopIteration:
        found = ["may not be there"]  # a label of no level
    assert any(words in one for one in found), found
