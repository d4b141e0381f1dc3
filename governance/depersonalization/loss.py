"""Loss: what generalizing and suppressing took from a dataset. Lower is better."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from polars import Series

    from governance.depersonalization.hierarchy import Ladder


def value_loss(ladder: Ladder, values: Series, level: int) -> NDArray[np.float64]:
    """The certainty penalty of each of the distinct `values` of one column at `level`, 0 (kept) to 1 (nothing left).

    NCP of Xu et al., "Utility-based anonymization using local recoding" (KDD 2006): for numbers and dates, the range of the
    values present that share the label over the range of the column; for categories, (values present that share the label - 1)
    over (values present - 1). Unknown (null) counts as a category of its own among numbers: 0 until it shares a label, then 1.
    """
    import polars as pl

    if level == 0 or len(values) < 2:
        return np.zeros(len(values))
    frame = pl.DataFrame({"label": ladder.labels(values, level), "known": values.is_not_null()})
    if ladder.numeric:
        frame = frame.with_columns(_numbers(values).alias("value"))
        spread = pl.col("value").max() - pl.col("value").min()
        whole = frame.select(spread).item() or 0.0
        part = spread.over("label") / whole if whole else pl.lit(0.0)
        mixed = pl.col("known").n_unique().over("label") > 1
        return frame.select(pl.when(mixed).then(1.0).otherwise(part.fill_null(0.0)).cast(pl.Float64)).to_series().to_numpy()
    return frame.select((pl.len().over("label") - 1) / (len(values) - 1)).to_series().to_numpy()


def _numbers(values: Series) -> Series:
    import polars as pl

    if values.dtype.is_temporal():
        return values.cast(pl.Date).to_physical().cast(pl.Float64)
    return values.cast(pl.Float64, strict=False)


def ncp(penalties: NDArray[np.float64], rows: NDArray[np.int64], kept: NDArray[np.bool_]) -> float:
    """The mean over all cells of a table: `penalties` per combination (already averaged over its columns), a suppressed row counts 1."""
    total = int(rows.sum())
    return float(np.where(kept, penalties, 1.0) @ rows / total) if total else 0.0


def discernibility(sizes: NDArray[np.int64], suppressed: int) -> int:
    """Bayardo and Agrawal, "Data privacy through optimal k-anonymization" (ICDE 2005): every row costs the size of its published
    class, a suppressed row the size of the whole table."""
    published = sizes.astype(object) if len(sizes) and int(sizes.max()) > 3_000_000_000 else sizes.astype(np.int64)
    return int((published * published).sum()) + suppressed * (int(sizes.sum()) + suppressed)


def average_class_size(sizes: NDArray[np.int64]) -> float:
    """Mean size of the published classes; LeFevre et al. (Mondrian, ICDE 2006) divide it by k."""
    return float(sizes.mean()) if len(sizes) else 0.0
