"""An installation over a shop and a table of visitors, as a job and as a shell has it."""

# ruff: noqa: E501 -- SQL
from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.cli import main
from tests.discovery.runs import Run, sql
from tests.discovery.test_modes import numbers
from tests.disposal.conftest import Shop, make_shop


@pytest.fixture
def made(warehouse_url: str, tmp_path: Path) -> Iterator[Shop]:
    """The shop, with a table large enough to be looked at in part."""
    found = make_shop(warehouse_url, tmp_path / "home")
    sql(found, "create schema web", "create table web.visitors as select i as id, 'user' || i || '@mail.example' as mail, "
        f"case when i = 31234 then 'zəng: +994 50 223 45 67, Bakı' else 'heç nə yoxdur burada' end as note from {numbers(warehouse_url, 60_000)}")
    yield found
    found.installation.close()


@pytest.fixture
def shell(made: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    settings = made.installation.settings
    monkeypatch.delenv("GOVERNANCE_AS_OF", raising=False)  # a run of the same moment is another try of the same run
    for name, value in {"WAREHOUSE_URL": made.url, "LEDGER_URL": settings.ledger_url, "POLICY_DIR": settings.policy_dir,
                        "SECRETS": settings.secrets_dir, "STORES": settings.stores_dir, "REPORTS": settings.reports_dir}.items():
        monkeypatch.setenv(f"GOVERNANCE_{name}", str(value))

    def go(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["governance", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return go
