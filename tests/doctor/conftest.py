"""The shop of the disposal tests."""

from __future__ import annotations

from tests.disposal.conftest import shop_of

__all__ = ["shop_of"]
