"""The card of a release: what was done to each column, what it promises and what not, as HTML and as Markdown.

It reads the ledger and asks whether keys still exist; the warehouse is not needed, and no value of a person is on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from governance.domain.errors import GovernanceError
from governance.keys import Keys
from governance.ledger import Ledger
from governance.ledger.releases import PUBLISHED, ReleaseRecord
from governance.report import card_charts as charts
from governance.report.render import html_page, markdown_page
from governance.report.write import put

ANONYMOUS, PSEUDONYMOUS = "anonymous", "pseudonymous and still personal"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the dataset is before the law (example, ask counsel), and why."""

    word: str
    because: tuple[str, ...]

    @property
    def is_anonymous(self) -> bool:
        return self.word == ANONYMOUS


def standing(body: Mapping[str, Any], keys: Keys) -> Standing:
    """*Anonymous* only when no key lives that leads back and linkage was measured and found small."""
    against = []
    for domain, version in sorted(body["keys"].items()):
        if keys.exists(f"release-{domain}/v{version}"):
            against.append(f"the pseudonym key of domain {domain} (version {version}) lives: whoever has it can say who is meant")
    if body["free_text"]:
        against.append("it holds free text, and what is cut out of text is what patterns know")
    if body["unique_share"] > body["max_unique_share"]:
        against.append(f"{body['unique_share']:.0%} of its rows are unique over everything but pseudonyms; "
                       f"the policy calls no more than {body['max_unique_share']:.0%} anonymous")
    if against:
        return Standing(PSEUDONYMOUS, tuple(against))
    why = "no key exists that leads back" if not body["keys"] else "the keys behind its pseudonyms are destroyed"
    measured = f"every class holds at least {body['k_reached']:,} people"
    return Standing(ANONYMOUS, (why, f"linkage was measured: {measured}"))


def record_of(ledger: Ledger, name: str, version: int | None = None) -> ReleaseRecord:
    """One version of a release, by default the one readers see. GovernanceError when there is none."""
    records = ledger.releases(name)
    found = [r for r in records if (r.version == version if version is not None else r.state == PUBLISHED)]
    if not found:
        known = ", ".join(str(r.version) for r in records)
        what = f"has no version {version}" if version is not None else "has not been published yet"
        raise GovernanceError(what, where=f"release {name}", fix=f"versions: {known}" if known else f"governance plan release {name}")
    return found[0]


def card_html(record: ReleaseRecord, keys: Keys, verified: bool | None) -> str:
    """The card as one HTML file that needs nothing else and runs nothing."""
    drawn = [(m, charts.marginal_chart(m)) for m in record.body["marginals"]]
    return html_page("card.html", r=record, b=record.body, standing=standing(record.body, keys), verified=verified, drawn=drawn,
                     sizes=charts.sizes_chart(record.body["sizes"]), as_of=datetime.fromisoformat(record.body["as_of"]))


def card_markdown(record: ReleaseRecord, keys: Keys, verified: bool | None) -> str:
    return markdown_page("card.md", r=record, b=record.body, standing=standing(record.body, keys), verified=verified,
                         as_of=datetime.fromisoformat(record.body["as_of"]))


def is_verified(ledger: Ledger, record: ReleaseRecord) -> bool | None:
    """Whether the last look at the version found it as promised; None when nobody looked yet."""
    looked = ledger.verification(record.plan)
    return None if looked is None else all(step["outcome"] != "residual" for step in looked)


def write_card(ledger: Ledger, keys: Keys, name: str, folder: Path, version: int | None = None) -> Path:
    """``release-orders.html`` with its Markdown beside it; the path of the HTML."""
    record = record_of(ledger, name, version)
    verified = is_verified(ledger, record)
    stem = f"release-{name}" if version is None else f"release-{name}-v{version}"
    put(folder / f"{stem}.md", card_markdown(record, keys, verified))
    return put(folder / f"{stem}.html", card_html(record, keys, verified))
