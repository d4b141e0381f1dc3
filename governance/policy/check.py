"""Judge a declared policy as a whole and against a live schema. Everything is found at once, with file, line and remedy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from governance.domain.schema import Schema
from governance.policy.against import against
from governance.policy.cycles import cycles
from governance.policy.golden_check import golden_records
from governance.policy.known import Known
from governance.policy.load import LoadedPolicy, load_leniently
from governance.policy.mistakes import Mistake, PolicyMistakes, Weight
from governance.policy.references import references
from governance.policy.release_check import releases
from governance.policy.source_check import sources
from governance.policy.tables import datasets


@dataclass(frozen=True, slots=True)
class Examined:
    """`mistakes` stop every job. `look` is for a person to decide. `unjudged` are columns and tables nobody has spoken about."""

    mistakes: tuple[Mistake, ...]
    look: tuple[Mistake, ...]
    unjudged: tuple[Mistake, ...]


def examine(loaded: LoadedPolicy, schema: Schema | None = None, engine: str | None = None) -> Examined:
    """Everything there is to say, in order of file and line. `engine` leaves out datasets that other engines have."""
    known = Known(loaded, schema)
    found = [*references(known), *datasets(known), *releases(known), *sources(known), *golden_records(known), *cycles(known, engine)]
    if schema is not None:
        found += against(known, schema, engine)
    ordered = sorted(set(found))
    mistakes, look, unjudged = (tuple(m for m in ordered if m.weight is w) for w in Weight)
    return Examined(mistakes, look, unjudged)


def check(loaded: LoadedPolicy, schema: Schema | None = None, engine: str | None = None) -> list[Mistake]:
    """The mistakes, in order of file and line; empty when the policy holds together."""
    return list(examine(loaded, schema, engine).mistakes)


def require(loaded: LoadedPolicy, schema: Schema | None = None, engine: str | None = None) -> LoadedPolicy:
    """`loaded` itself when it has no mistake. PolicyMistakes tells all of them otherwise."""
    mistakes = check(loaded, schema, engine)
    if mistakes:
        raise PolicyMistakes(mistakes, where=loaded.folder.resolve().name)
    return loaded


def load_checked(folder: Path, schema: Schema | None = None, engine: str | None = None) -> LoadedPolicy:
    """Load and check in one go, so that misspelled keys and dangling references are told together."""
    loaded, mistakes = load_leniently(folder)
    found = [*mistakes, *(check(loaded, schema, engine) if loaded else ())]
    if found or loaded is None:
        raise PolicyMistakes(sorted(set(found)), where=folder.resolve().name)
    return loaded
