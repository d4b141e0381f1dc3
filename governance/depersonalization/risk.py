"""Risk: how probable it is that somebody is recognized in a published dataset by its quasi-identifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Risks:
    """Shares from 0 to 1, after ARX (Prasser et al., "Flexible data anonymization using ARX", 2020) and El Emam, "Guide to the
    De-Identification of Personal Health Information" (2013).

    `prosecutor`: the attacker knows that the target is in the dataset: highest risk, 1 over the smallest class. `journalist`: the
    attacker does not know it, and looks for anybody: highest risk, 1 over the smallest class *of the population* the dataset was
    drawn from; equal to `prosecutor` where no population is given. `marketer`: the share of all subjects that a linkage of
    everybody is expected to get right, also the average risk of a subject: mean over subjects of 1 over the size of their class
    in the population. `unique`: share of subjects that are alone in their class.
    """

    prosecutor: float
    journalist: float
    marketer: float
    unique: float


def risks(sizes: ArrayLike, population: ArrayLike | None = None) -> Risks:
    """Risks of the published classes with `sizes` subjects each; `population[i]`, not less than `sizes[i]`, are all whom class i fits.

    No classes, no risk. ValueError when a class is empty, or larger than its population.
    """
    found = np.asarray(sizes, dtype=np.float64)
    fits = found if population is None else np.asarray(population, dtype=np.float64)
    if not len(found):
        return Risks(0.0, 0.0, 0.0, 0.0)
    if found.shape != fits.shape or (found < 1).any() or (fits < found).any():
        raise ValueError("every class has at least one subject, and its population at least as many")
    subjects = found.sum()
    return Risks(prosecutor=float(1 / found.min()), journalist=float(1 / fits.min()), marketer=float((found / fits).sum() / subjects),
                 unique=float((found == 1).sum() / subjects))
