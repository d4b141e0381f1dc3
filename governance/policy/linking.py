"""How records of a source are linked to subjects, and what a golden record is made of: models, strategies, field policy.

A link model is trained once and kept here with its version, so that the same records give the same links until somebody
changes the policy. Fields have the canonical names that sources give theirs.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from governance.policy.declared import Clause, Declared

Share = Annotated[float, Field(gt=0, lt=1)]


class Level(Declared):
    """How much two values have in common. `m`: how often records of one person look like this; `u`: of two persons.

    same: equal keys · swapped: given and family name changed places · initial: one is the other's first letter · near: one
    slip of the pen · alike: more than that and still alike · part: one address holds the other · differs: none of these.
    """

    when: Literal["same", "swapped", "initial", "near", "alike", "part", "differs"]
    m: Share
    u: Share


class Comparison(Declared):
    """One comparison of two records over `fields`: a name over two fields (given, family), all others over one.

    `frequent`: agreeing on a rare value says more than agreeing on a frequent one.
    """

    fields: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)]
    kind: Literal["name", "word", "email", "phone", "date", "address", "code"]
    frequent: bool = False
    levels: Annotated[tuple[Level, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _levels_end(self) -> Comparison:
        if self.levels[-1].when != "differs" or len({level.when for level in self.levels}) != len(self.levels):
            raise ValueError("levels are told from the most alike to `differs`, each once")
        if (len(self.fields) == 2) != (self.kind == "name"):
            raise ValueError("a name is compared over two fields (given, family), anything else over one")
        return self


class LinkModel(Declared):
    """A trained model. Records are compared when they agree on all fields of one of `block_on`.

    `expected_share` of a source's records is about subjects we know. `trained_with` says on what, and how anybody can again.
    """

    key: str
    version: Annotated[int, Field(ge=1)]
    trained_on: date
    trained_with: str
    expected_share: Share = 0.5
    block_on: Annotated[tuple[tuple[str, ...], ...], Field(min_length=1)]
    comparisons: Annotated[tuple[Comparison, ...], Field(min_length=1)]


class Linking(Declared):
    """How records of one source find their subject: by `exact` keyed tokens in order, then by a model.

    Every entry of `exact` names fields that must all agree. A best candidate at `link_at` or above is linked, from `review_at`
    on it waits for a person; one that leads the next by less than `margin` (in bits of match weight) is a tie, which does too.
    """

    exact: tuple[tuple[str, ...], ...] = ()
    model: str | None = None
    link_at: Share = 0.95
    review_at: Share = 0.6
    margin: Annotated[float, Field(gt=0, description="Bits of match weight by which the best candidate has to lead.")] = 3.0

    @model_validator(mode="after")
    def _some_way(self) -> Linking:
        if not self.exact and self.model is None:
            raise ValueError("declare `exact:` tokens, a `model:`, or both")
        if self.review_at > self.link_at:
            raise ValueError("`review_at:` is not above `link_at:`")
        return self


class GoldenField(Declared):
    """One field of a golden record. `purposes` are what it may be used for at all; a value gets those its source has too.

    `strategy` picks one value at read time: source (the order of `sources`, then the latest), most_recent, most_frequent,
    longest, highest_confidence (of its link). `own` is the column of the identity table, whose value counts as source ``own``.
    `sensitive`: only a source that names the field sensitive may fill it.
    """

    name: str
    own: str | None = None
    purposes: Annotated[tuple[str, ...], Field(min_length=1)]
    strategy: Literal["source", "most_recent", "most_frequent", "longest", "highest_confidence"] = "most_recent"
    sources: tuple[str, ...] = ()
    sensitive: bool = False

    @model_validator(mode="after")
    def _order(self) -> GoldenField:
        if (self.strategy == "source") != bool(self.sources):
            raise ValueError("`strategy: source` and `sources:` go together")
        return self


class Golden(Declared):
    """The golden record of one subject kind, shown by the view ``golden.<key>``. `compared` maps canonical fields to columns of
    the identity table: what records are compared with. `own_observed` is the column that says when our own values were seen."""

    key: str
    kind: str
    clause: Clause
    owner: str
    compared: Annotated[dict[str, str], Field(min_length=1)]
    own_observed: str | None = None
    fields: Annotated[tuple[GoldenField, ...], Field(min_length=1)]
