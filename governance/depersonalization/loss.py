"""Loss: what generalizing and suppressing took from a dataset. Lower is better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def penalties(labels: NDArray[np.int64], numbers: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """The certainty penalty of every label of one column at one level, 0 (says all) to 1 (says nothing).

    `labels` are codes 0..m-1, one per distinct value of the column. NCP of Xu et al., "Utility-based anonymization using local
    recoding" (KDD 2006). With `numbers` (the values as numbers, nan where unknown): the range of the values that share a label over
    the range of the column; a label for known and unknown alike says nothing. Without: (values that share the label - 1) over
    (values - 1). Only values present count, because only they can be told apart.
    """
    size, all_labels = len(labels), int(labels.max(initial=-1)) + 1
    shared = np.bincount(labels, minlength=all_labels)
    if size < 2:
        return np.zeros(all_labels)
    if numbers is None:
        return np.asarray((shared - 1) / (size - 1), dtype=np.float64)
    low, high = np.full(all_labels, np.inf), np.full(all_labels, -np.inf)
    known = ~np.isnan(numbers)
    np.minimum.at(low, labels[known], numbers[known])
    np.maximum.at(high, labels[known], numbers[known])
    among = np.bincount(labels[known], minlength=all_labels)
    width = float(high.max() - low.min()) if known.any() else 0.0
    spread = np.where(among > 0, high - low, 0.0) / width if width else np.zeros(all_labels)
    return np.where((among > 0) & (among < shared), 1.0, spread)


def ncp(published: Sequence[tuple[NDArray[np.float64], NDArray[np.int64]]], suppressed: int) -> float:
    """The mean penalty of all cells of a table, 0 to 1: per column its labels' penalties and published rows; a suppressed row counts 1."""
    if not published:
        return 0.0
    cells = len(published) * (int(published[0][1].sum()) + suppressed)
    parts = [float(len(published) * suppressed)]
    for penalty, rows in published:
        parts.append(float((penalty * rows).sum()))
    return sum(parts) / cells if cells else 0.0


def discernibility(sizes: NDArray[np.int64], suppressed: int) -> int:
    """Bayardo and Agrawal, "Data privacy through optimal k-anonymization" (ICDE 2005): every row costs the size of its published
    class, a suppressed row the size of the whole table."""
    published = sizes.astype(object) if len(sizes) and int(sizes.max()) > 3_000_000_000 else sizes.astype(np.int64)
    return int((published * published).sum()) + suppressed * (int(sizes.sum()) + suppressed)


def average_class_size(sizes: NDArray[np.int64]) -> float:
    """Mean size of the published classes; LeFevre et al. (Mondrian, ICDE 2006) divide it by k."""
    return float(sizes.mean()) if len(sizes) else 0.0
