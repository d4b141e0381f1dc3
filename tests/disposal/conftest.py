"""A shop on a real engine with a real ledger, ready to be disposed of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from governance.disposal.apply import Tools
from governance.installation import Installation
from governance.settings import Settings
from tests.disposal import shop


@dataclass
class Shop:
    """An installation over the shop. `read` opens the data beside the product, so that tests look with their own eyes."""

    installation: Installation
    url: str
    stores: Path

    def read(self, query: str) -> list[tuple[object, ...]]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]

    def tools(self) -> Iterator[Tools]:
        return self.installation.tools()


def make_shop(url: str, folder: Path, *, mode: str = "enforce", ledger_url: str | None = None, text: str = shop.POLICY) -> Shop:
    folder.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    shop.build(engine, folder / "stores")
    engine.dispose()
    settings = Settings(url, ledger_url or f"sqlite:///{folder}/ledger.sqlite", shop.write_policy(folder / "policy", mode=mode, text=text),
                        folder / "secrets", folder / "stores", folder / "reports", str(folder / "anchors.jsonl"), shop.AS_OF)
    installation = Installation(settings)
    from governance.ledger import Ledger
    from governance.warehouse.connect import connect
    Ledger.migrate(settings.ledger_url)
    installation.keys.create("suppression/v1")
    warehouse = connect(url)
    warehouse.create_control()
    warehouse.close()
    return Shop(installation, url, folder / "stores")


@pytest.fixture
def shop_of(warehouse_url: str, tmp_path: Path) -> Iterator[Shop]:
    made = make_shop(warehouse_url, tmp_path)
    yield made
    made.installation.close()
