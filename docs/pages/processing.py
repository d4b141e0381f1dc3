"""The record of processing activities of the demo company."""

from __future__ import annotations

from pathlib import Path

from governance.policy.load import load_policy
from governance.policy.processing import record, render


def page(root: Path) -> str:
    return render(record(load_policy(root / "policy"))) + (
        "\nOf the demo's policy, by `make docs`; `governance report --processing` writes that of an installation.\n")
