"""Great Expectations judges frames here and nowhere else; results are true or false, never a value.

It says whether an expectation holds; which rows break it is found by a filter of our own. The two must agree: a judge
that contradicts the filter is an error, not a finding.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.domain.errors import GovernanceError
from governance.suites.suite import AtLeast, AtMost, Expectation, Matches, NoneOf, OneOf, Rows, Suite, Unique

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Result:
    """Whether `expectation` holds, over how many rows, and the positions in the frame of the rows that break it."""

    expectation: Expectation
    holds: bool
    about: int
    broken: tuple[int, ...]


def run_suite(suite: Suite, frame: pd.DataFrame) -> list[Result]:
    """One result per expectation, in the order of the suite. GovernanceError when the frame lacks a column."""
    unknown = sorted({c for e in suite.expectations for c in e.columns} - set(map(str, frame.columns)))
    if unknown:
        raise GovernanceError(f"the frame has no column {', '.join(unknown)}", where=f"suite {suite.suite}",
                              fix=f"use columns of the frame: {', '.join(map(str, frame.columns))}")
    verdicts = _verdicts(suite, frame)
    results = []
    for expectation in suite.expectations:
        about, broken = _broken(expectation, frame)
        holds = verdicts[expectation.rule]
        if holds == bool(broken) and not (isinstance(expectation.expect, Rows) and frame.empty):
            raise GovernanceError("the verdict and the rows found contradict each other", where=expectation.rule,
                                  fix="write the expectation more simply")
        results.append(Result(expectation, holds, about, broken))
    return results


# ---- the verdict, by Great Expectations ------------------------------------------------------------------------------

def _verdicts(suite: Suite, frame: pd.DataFrame) -> dict[str, bool]:
    """Rule -> whether it holds. Results come back in another order than asked, so each carries its rule."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"  # before the import: it reads the setting once
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    log = logging.getLogger("great_expectations")
    level = log.level
    log.setLevel(logging.CRITICAL)  # its log lines are not ours to vouch for
    try:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("frame").add_dataframe_asset(suite.suite)
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
        asked = gx.ExpectationSuite(name=suite.suite, expectations=[_asked(e) for e in suite.expectations])
        found = batch.validate(asked, result_format="BOOLEAN_ONLY").results
    finally:
        log.setLevel(level)
    for result in found:
        if _raised(result.exception_info):
            raise GovernanceError("could not be judged", where=result.expectation_config.meta["rule"],
                                  fix="check the types of the columns it names")
    return {r.expectation_config.meta["rule"]: bool(r.success) for r in found}


def _asked(expectation: Expectation) -> Any:
    """The expectation in the classes of Great Expectations."""
    import great_expectations.expectations as gxe

    meta = {"rule": expectation.rule}
    match expectation.expect:
        case Rows(rows=rows):
            return gxe.ExpectTableRowCountToBeBetween(min_value=rows, meta=meta)
        case Unique(unique=(column,)):
            return gxe.ExpectColumnValuesToBeUnique(column=column, meta=meta)
        case Unique(unique=columns):
            return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(columns), meta=meta)
    common = {"column": expectation.column, "row_condition": _condition(expectation), "meta": meta}
    match expectation.expect:
        case "present":
            return gxe.ExpectColumnValuesToNotBeNull(**common)
        case "absent":
            return gxe.ExpectColumnValuesToBeNull(**common)
        case OneOf(one_of=values):
            return gxe.ExpectColumnValuesToBeInSet(value_set=list(values), **common)
        case NoneOf(none_of=values):
            return gxe.ExpectColumnValuesToNotBeInSet(value_set=list(values), **common)
        case AtLeast(at_least=least):
            return gxe.ExpectColumnValuesToBeBetween(min_value=least, **common)
        case AtMost(at_most=most):
            return gxe.ExpectColumnValuesToBeBetween(max_value=most, **common)
        case Matches(matches=regex):
            return gxe.ExpectColumnValuesToMatchRegex(regex=regex, **common)


def _condition(expectation: Expectation) -> Any:
    from great_expectations.expectations.row_conditions import Column

    parts = [Column(name) == value if isinstance(value, str) else Column(name).is_in(list(value))
             for name, value in expectation.where.items()]
    condition = None
    for part in parts:
        condition = part if condition is None else condition & part
    return condition


def _raised(info: Any) -> bool:
    if not isinstance(info, dict):
        return False
    return bool(info.get("raised_exception")) or any(_raised(part) for part in info.values())


# ---- the rows, by ourselves ------------------------------------------------------------------------------------------

def _broken(expectation: Expectation, frame: pd.DataFrame) -> tuple[int, tuple[int, ...]]:
    """(rows it is about, positions of the rows that break it)."""
    match expectation.expect:
        case Rows(rows=rows):
            return len(frame), tuple(range(len(frame))) if len(frame) < rows else ()
        case Unique(unique=columns):
            twice = frame.duplicated(subset=list(columns), keep=False)
            return len(frame), tuple(_positions(twice))
    import pandas as pd

    about = pd.Series(True, index=frame.index)
    for name, value in expectation.where.items():
        about &= frame[name].isin([value] if isinstance(value, str) else list(value))
    cells = frame[expectation.column]
    return int(about.sum()), tuple(_positions(about & _wrong(expectation, cells)))


def _wrong(expectation: Expectation, cells: pd.Series[Any]) -> pd.Series[bool]:
    """Cells that break the expectation. Null breaks `present` only."""
    there = cells.notna()
    match expectation.expect:
        case "present":
            return ~there
        case OneOf(one_of=values):
            return there & ~cells.isin(list(values))
        case NoneOf(none_of=values):
            return there & cells.isin(list(values))
        case AtLeast(at_least=least):
            return there & (cells < least).fillna(False).astype(bool)
        case AtMost(at_most=most):
            return there & (cells > most).fillna(False).astype(bool)
        case Matches(matches=regex):
            return there & ~cells.astype("str").str.contains(regex, regex=True).fillna(False).astype(bool)
    return there


def _positions(mask: pd.Series[bool]) -> Iterator[int]:
    return (place for place, wrong in enumerate(mask.to_numpy(dtype=bool)) if wrong)
