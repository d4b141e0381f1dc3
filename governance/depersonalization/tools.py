"""What carrying out a release needs besides its plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from governance.keys import Keys
from governance.ledger import Ledger
from governance.stores import Stores
from governance.warehouse import Warehouse


@dataclass(frozen=True)
class Tools:
    """`suites` is the folder with the suites of expectations."""

    warehouse: Warehouse
    ledger: Ledger
    stores: Stores
    keys: Keys
    suites: Path
