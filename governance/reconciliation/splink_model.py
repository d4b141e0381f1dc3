"""Scoring pairs with Splink under a declared model. The one module that imports Splink; it works in memory, on keys only.

Frames have a column `_id` (text), one column per compared field with its normalized value as text, and the block columns of
`governance.reconciliation.blocks`. How frequent a value is comes from outside, so that a feed is judged by how frequent a name
is among all subjects, not among the few that were read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from governance.policy.linking import Comparison, Level, LinkModel
from governance.reconciliation.blocks import block_column, frequent_column

LEFT, RIGHT = "subject", "record"
_RAREST = 1e-9


def score(model: LinkModel, records: pl.DataFrame, subjects: pl.DataFrame, total: int, shares: Mapping[str, pl.DataFrame],
          least: float) -> pl.DataFrame:
    """Pairs that share a block, with a probability of `least` or more: record, subject, weight (bits), probability.

    `total` is how many subjects there are, of which `subjects` may be a few. `shares` has a frame of value and share per column
    of `frequent_columns(model)`.
    """
    if records.is_empty() or subjects.is_empty():
        return pl.DataFrame(schema={"record": pl.String, "subject": pl.String, "weight": pl.Float64, "probability": pl.Float64})
    linker, left, right = _linker(model, records, subjects, total)
    for column, share in shares.items():
        known = share.select(pl.col("value").alias(column), pl.col("share").alias(f"tf_{column}")).to_arrow()
        linker.table_management.register_term_frequency_lookup(linker._db_api.register(known), column)
    # Under link_only Splink filters pairs by their data set again, in a join that DuckDB turns into a product of both sides.
    # Here one side is subjects and the other records, so there is nothing to filter.
    found = linker.inference.predict_between(left, right, link_type="link_and_dedupe", threshold_match_probability=least,
                                             warning_mode="never")
    pairs: pl.DataFrame = found.as_duckdbpyrelation().select("_id_l, _id_r, match_weight, match_probability").pl()
    return pairs.rename({"_id_l": "subject", "_id_r": "record", "match_weight": "weight", "match_probability": "probability"}).select(
        "record", "subject", "weight", "probability")


def train(model: LinkModel, records: pl.DataFrame, subjects: pl.DataFrame, blocks: Sequence[Sequence[str]], *, seed: int, pairs: float,
          on: date, trained_with: str) -> LinkModel:
    """`model` with m and u learnt from two frames without any truth: u from random pairs, m by expectation maximisation over
    each of `blocks` in turn. Nobody has to label anything."""
    linker, _, _ = _linker(model, records, subjects, subjects.height)
    linker.training.estimate_u_using_random_sampling(max_pairs=pairs, seed=seed)
    for block in blocks:
        rule = " and ".join(f'l."{name}" = r."{name}"' for name in block)
        linker.training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    learnt = linker.misc.save_model_to_json(None)["comparisons"]
    comparisons = tuple(_learnt(c, told) for c, told in zip(model.comparisons, learnt, strict=True))
    return model.model_copy(update={"comparisons": comparisons, "trained_on": on, "trained_with": trained_with,
                                    "version": model.version + 1})


def _linker(model: LinkModel, records: pl.DataFrame, subjects: pl.DataFrame, total: int) -> tuple[Any, Any, Any]:
    import duckdb
    from splink import DuckDBAPI, Linker, SettingsCreator

    database = DuckDBAPI(duckdb.connect(config={"autoinstall_known_extensions": "false"}))
    left = database.register(subjects.to_arrow(), dataset_display_name=LEFT)
    right = database.register(records.to_arrow(), dataset_display_name=RIGHT)
    settings = SettingsCreator(
        link_type="link_only", unique_id_column_name="_id", comparisons=[_comparison(c) for c in model.comparisons],
        blocking_rules_to_generate_predictions=[{"blocking_rule": f'l."{block_column(n)}" = r."{block_column(n)}"'}
                                                for n in range(len(model.block_on))],
        probability_two_random_records_match=min(0.5, model.expected_share / max(total, 1)),
        retain_matching_columns=False, retain_intermediate_calculation_columns=False)
    return Linker([left, right], settings, log_level=None, validate_settings=False), left, right


def _comparison(comparison: Comparison) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [{"sql_condition": _missing(comparison), "label_for_charts": "missing", "is_null_level": True}]
    for level in comparison.levels:
        made: dict[str, Any] = {"sql_condition": condition(comparison, level.when), "label_for_charts": level.when,
                                "m_probability": level.m, "u_probability": level.u}
        if comparison.frequent and level.when in ("same", "swapped"):
            made |= {"tf_adjustment_column": frequent_column(comparison), "tf_adjustment_weight": 1.0,
                     "tf_minimum_u_value": _RAREST, "disable_tf_exact_match_detection": True}
        levels.append(made)
    return {"output_column_name": "_".join(comparison.fields), "comparison_levels": levels}


def _missing(comparison: Comparison) -> str:
    """A name is missing when neither part is there on one side; anything else when its one value is."""
    sides = [" and ".join(f'"{name}_{side}" is null' for name in comparison.fields) for side in "lr"]
    return " or ".join(f"({side})" for side in sides)


def condition(comparison: Comparison, when: str) -> str:
    """The SQL of a level. Identifiers are canonical field names from the policy; no value of a person is in it."""
    if when == "differs":
        return "ELSE"
    if comparison.kind == "name":
        return _NAME[when].format(g=comparison.fields[0], f=comparison.fields[1])
    return _WORD[comparison.kind][when].format(f=comparison.fields[0])


_ALIKE = "jaro_winkler_similarity(coalesce({0}, ''), coalesce({1}, '')) >= {2}"


def _both(first: tuple[str, str], second: tuple[str, str], least: float) -> str:
    return f"({_ALIKE.format(*first, least)} and {_ALIKE.format(*second, least)})"


_GIVEN, _FAMILY = ('"{g}_l"', '"{g}_r"'), ('"{f}_l"', '"{f}_r"')
_CROSSED = (('"{g}_l"', '"{f}_r"'), ('"{f}_l"', '"{g}_r"'))
_NAME: Mapping[str, str] = {
    "same": '"{g}_l" = "{g}_r" and "{f}_l" = "{f}_r"',
    "swapped": '"{g}_l" = "{f}_r" and "{f}_l" = "{g}_r"',
    "initial": ('("{f}_l" = "{f}_r" and "{g}_l"[1] = "{g}_r"[1] and least(length("{g}_l"), length("{g}_r")) = 1) or '
                '("{f}_l" = "{g}_r" and "{g}_l"[1] = "{f}_r"[1] and least(length("{g}_l"), length("{f}_r")) = 1)'),
    "near": f"{_both(_GIVEN, _FAMILY, 0.88)} or {_both(*_CROSSED, 0.88)}",
    "alike": f"{_both(_GIVEN, _FAMILY, 0.7)} or {_both(*_CROSSED, 0.7)}",
    "part": '"{g}_l" = "{g}_r" or "{f}_l" = "{f}_r" or "{g}_l" = "{f}_r" or "{f}_l" = "{g}_r"',
}
_SLIP = 'damerau_levenshtein("{f}_l", "{f}_r") <= 1'
_SAME = '"{f}_l" = "{f}_r"'
_WORD: Mapping[str, Mapping[str, str]] = {
    "word": {"same": _SAME, "near": _SLIP, "alike": 'jaro_winkler_similarity("{f}_l", "{f}_r") >= 0.88'},
    "email": {"same": _SAME, "near": 'damerau_levenshtein("{f}_l", "{f}_r") <= 2',
              "part": 'split_part("{f}_l", \'@\', 1) = split_part("{f}_r", \'@\', 1)'},
    "phone": {"same": _SAME, "near": _SLIP},
    "code": {"same": _SAME, "near": _SLIP},
    # Day and month in the other order is the slip of forms, not of pens.
    "date": {"same": _SAME, "near": f'{_SLIP} or "{{f}}_l" = left("{{f}}_r", 5) || right("{{f}}_r", 2) || \'-\' || "{{f}}_r"[6:7]',
             "part": 'left("{f}_l", 4) = left("{f}_r", 4)'},
    "address": {"same": _SAME, "part": ('starts_with("{f}_l", "{f}_r" || \' \') or starts_with("{f}_r", "{f}_l" || \' \')'),
                "near": 'damerau_levenshtein("{f}_l", "{f}_r") <= 2',
                "alike": 'jaro_winkler_similarity("{f}_l", "{f}_r") >= 0.92'},
}


def _learnt(comparison: Comparison, told: Mapping[str, Any]) -> Comparison:
    """The levels with what was learnt; a level that never occurred keeps what was declared."""
    by_name = {level["label_for_charts"]: level for level in told["comparison_levels"]}

    def level(old: Level) -> Level:
        new = by_name[old.when]
        share = {name: new.get(f"{name}_probability") for name in ("m", "u")}
        kept = {name: round(min(max(float(value), 1e-8), 1 - 1e-8), 10) for name, value in share.items() if isinstance(value, float)}
        return old.model_copy(update=kept)

    return comparison.model_copy(update={"levels": tuple(level(old) for old in comparison.levels)})
