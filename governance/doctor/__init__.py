"""What is wrong with an installation, each with the line to type; and the least rights each verb needs."""

from __future__ import annotations

from governance.doctor.examine import Check, examine
from governance.doctor.rights import VERBS, script

__all__ = ["VERBS", "Check", "examine", "script"]
