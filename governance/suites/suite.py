"""Suites of expectations as YAML, in a small language of our own.

    suite: catalog
    about: one row per column of the warehouse
    expectations:
      - rule: catalog.purpose_declared      # the stable key of its findings
        where: {judged: personal}           # rows it is about: column = value, or one of a list
        column: purposes
        expect: present                     # present | absent | {one_of: [..]} | {none_of: [..]} | {at_least: n} | {at_most: n}
        otherwise: violation                #   | {matches: regex}; without a column: {rows: n} rows at least, {unique: [..]}
        message: "no purpose is declared"   # columns of the frame stand in braces
        remedy: "declare `purposes:`"
        rows: consent_missing               # the column of the frame that says how many rows of data it concerns
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from governance.domain.errors import PolicyError
from governance.domain.findings import Status


class Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OneOf(Declared):
    one_of: Annotated[tuple[str, ...], Field(min_length=1)]


class NoneOf(Declared):
    none_of: Annotated[tuple[str, ...], Field(min_length=1)]


class AtLeast(Declared):
    at_least: float


class AtMost(Declared):
    at_most: float


class Matches(Declared):
    matches: str


class Rows(Declared):
    rows: Annotated[int, Field(ge=1)]


class Unique(Declared):
    unique: Annotated[tuple[str, ...], Field(min_length=1)]


Cell = Literal["present", "absent"] | OneOf | NoneOf | AtLeast | AtMost | Matches


class Expectation(Declared):
    """One sentence a frame must satisfy. Cells that are null satisfy everything but `present`: say `present` too."""

    rule: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)+$")]
    where: dict[str, str | tuple[str, ...]] = {}
    column: str | None = None
    expect: Cell | Rows | Unique
    otherwise: Literal["violation", "gap"] = "violation"
    message: str
    remedy: str
    rows: str | None = None

    @model_validator(mode="after")
    def _cells_have_a_column(self) -> Expectation:
        if isinstance(self.expect, Rows | Unique) == (self.column is not None):
            raise ValueError("`expect: {rows: ..}` and `{unique: ..}` are about the frame; all others need `column:`")
        if isinstance(self.expect, Rows | Unique) and self.where:
            raise ValueError("`where:` cannot stand beside `expect: {rows: ..}` or `{unique: ..}`")
        return self

    @property
    def status(self) -> Status:
        return Status(self.otherwise)

    @property
    def columns(self) -> frozenset[str]:
        """Every column of the frame the expectation reads."""
        named = set(self.where) | {c for c in (self.column, self.rows) if c}
        return frozenset(named | set(self.expect.unique if isinstance(self.expect, Unique) else ()))


class Suite(Declared):
    """Expectations in order. The first counts rows, because an empty frame satisfies everything else."""

    suite: str
    about: str
    expectations: Annotated[tuple[Expectation, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _counts_rows_first(self) -> Suite:
        if not isinstance(self.expectations[0].expect, Rows):
            raise ValueError("the first expectation must be `expect: {rows: n}`: an empty frame satisfies everything else")
        rules = [e.rule for e in self.expectations]
        if twice := sorted({r for r in rules if rules.count(r) > 1}):
            raise ValueError(f"each rule stands once, not {', '.join(twice)}")
        return self


def load_suite(path: Path) -> Suite:
    """The suite in `path`. PolicyError lists every mistake with its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise PolicyError("cannot be read", where=path, fix="name the folder with the suites of expectations") from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PolicyError("is not YAML", where=f"{path.name}:{mark.line + 1 if mark else 1}",
                          fix="correct the line named") from None
    try:
        return Suite.model_validate(content)
    except ValidationError as error:
        mistakes = [f"line {_line(node, e['loc'])}, {'.'.join(map(str, e['loc'])) or 'suite'}: {e['msg']}"
                    for e in error.errors(include_url=False, include_input=False)]
        raise PolicyError("\n  ".join([f"{len(mistakes)} mistakes", *mistakes]), where=path.name,
                          fix="see the head of governance/tagging/suite.py for the language of suites") from None


def _line(node: yaml.Node | None, path: tuple[int | str, ...]) -> int:
    """The line on which the innermost part of `path` that exists begins."""
    line = 1
    for part in path:
        if node is None:
            break
        line = node.start_mark.line + 1
        match node:
            case yaml.MappingNode():
                found = next(((k, v) for k, v in node.value if k.value == part), None)
                if found:
                    line = found[0].start_mark.line + 1
                node = found[1] if found else None
            case yaml.SequenceNode() if isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
            case _:
                node = None
    return line
