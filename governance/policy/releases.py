"""Releases as code: which columns leave for whom, transformed how, under which model. One published dataset each."""

from __future__ import annotations

from governance.policy.declared import Clause, Declared


class Release(Declared):
    key: str
    name: str
    clause: Clause
    owner: str
