"""A home of its own for Airflow, decided before anything imports it, and a small generated company to govern."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(tempfile.mkdtemp(prefix="governance-airflow-"))
SETTINGS = {
    "AIRFLOW_HOME": str(HOME), "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME / 'airflow.db'}", "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False", "AIRFLOW__API_AUTH__JWT_SECRET": "only for tests " * 4,
}
os.environ.update(SETTINGS)
sys.path.insert(0, str(ROOT / "plugins"))


@pytest.fixture(scope="session", autouse=True)
def _airflow_home() -> Iterator[None]:
    yield
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def metadata() -> None:
    """Airflow's metadata database, and the pool that the demo makes through the API."""
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb

    initdb()
    Pool.create_or_update_pool("governance_warehouse", slots=1, description="", include_deferred=False)


@dataclass(frozen=True)
class Company:
    """A generated company in a folder: warehouse, ledger, keys, files, and a copy of its policy that a test may change."""

    folder: Path
    environment: dict[str, str]

    def use(self, monkeypatch: pytest.MonkeyPatch) -> Company:
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)
        return self

    def copy(self, folder: Path) -> Company:
        shutil.copytree(self.folder, folder)
        moved = {k: v.replace(str(self.folder), str(folder)) for k, v in self.environment.items()}
        return Company(folder, moved)

    def calm(self) -> Company:
        """The same policy, but one that asks nobody: approvals only above the whole table, none for requests."""
        people = self.folder / "policy" / "people.yaml"
        text = people.read_text().replace("approve_above: 0.01", "approve_above: 1.0")
        people.write_text(text.replace("request: [compliance.officer]", ""))
        return self


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Company:
    from examples.generate import main
    from governance.doctor import examine
    from governance.installation import Installation
    from governance.settings import Settings

    folder = tmp_path_factory.mktemp("company") / "home"
    folder.mkdir()
    shutil.copytree(ROOT / "policy", folder / "policy")
    shutil.copytree(ROOT / "expectations", folder / "expectations")
    as_of = "2026-10-01T06:00:00+00:00"
    environment = {
        "GOVERNANCE_WAREHOUSE_URL": f"duckdb:///{folder / 'warehouse.duckdb'}",
        "GOVERNANCE_LEDGER_URL": f"sqlite:///{folder / 'ledger.sqlite'}",
        "GOVERNANCE_POLICY_DIR": str(folder / "policy"), "GOVERNANCE_SECRETS": str(folder / "secrets"),
        "GOVERNANCE_STORES": str(folder / "stores"), "GOVERNANCE_REPORTS": str(folder / "reports"),
        "GOVERNANCE_ANCHOR": str(folder / "anchors.jsonl"), "GOVERNANCE_AS_OF": as_of,
    }
    main(["--warehouse", environment["GOVERNANCE_WAREHOUSE_URL"], "--stores", str(folder / "stores"), "--rows", "2000",
          "--as-of", as_of])
    installation = Installation(Settings.from_env(environment))
    wrong = [check for check in examine(installation, fix=True) if check.ok is False]
    installation.close()
    assert not wrong, wrong
    return Company(folder, environment)


@pytest.fixture
def company(generated: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A fresh copy, pointed at by the environment."""
    return generated.copy(tmp_path / "home").use(monkeypatch)
