"""The promise: every sentence of the published text with its control."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from governance.policy.load import load_policy
from governance.policy.promise import render_promise


def page(root: Path) -> str:
    """Judged by no day: an attestation is shown with its last day, and whoever reads compares it with the calendar."""
    return render_promise(load_policy(root / "policy"), date.min) + (
        "\nAn attestation holds until the day shown and no longer. The promise is checked on every change: a sentence without a\n"
        "control, or a control that names a test that is not there, fails the build.\n")
