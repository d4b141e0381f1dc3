"""Sources as code: feeds of third parties, what a record of theirs means, and which fields may become a customer's."""

from __future__ import annotations

from governance.policy.declared import Clause, Declared


class Source(Declared):
    key: str
    name: str
    clause: Clause
    owner: str
