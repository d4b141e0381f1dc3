"""The published text, sentence by sentence, and how each is kept: enforced by tests, attested by a person, or not kept."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from governance.domain.errors import PolicyError
from governance.policy.known import Known
from governance.policy.load import LoadedPolicy
from governance.policy.mistakes import Mistake, Place, PolicyMistakes, Weight, nearest
from governance.policy.model import Control, PublishedText
from governance.policy.references import person
from governance.policy.sentences import Sentence, same, sentences


@dataclass(frozen=True, slots=True)
class Kept:
    """A sentence of the text and its control, None while nobody has mapped it."""

    sentence: Sentence
    control: Control | None

    def standing(self, today: date) -> str:
        """enforced, attested, expired, not_kept or unmapped."""
        if self.control is None:
            return "unmapped"
        expires = self.control.expires_on
        if self.control.status == "attested" and expires is not None and expires < today:
            return "expired"
        return self.control.status


def published(loaded: LoadedPolicy, version: str | None = None) -> PublishedText:
    """The text of `version`, else of the version in force. PolicyError when it is not declared."""
    wanted = version or loaded.policy.organization.policy_version
    found = next((p for p in loaded.policy.published if p.version == wanted), None)
    if found is None:
        raise PolicyError(f"no published text of version {wanted}", where=loaded.where("published"),
                          fix="declare it under `published:`")
    return found


def promise(loaded: LoadedPolicy) -> tuple[Kept, ...]:
    """Every sentence of the text in force with its control. PolicyError when the file is not there."""
    path = loaded.folder / published(loaded).file
    if not path.is_file():
        raise PolicyError("is not there", where=published(loaded).file, fix="put the published text there")
    controls = {same(c.sentence): c for c in reversed(loaded.policy.controls)}
    return tuple(Kept(s, controls.get(same(s.text))) for s in sentences(path.read_text(encoding="utf-8")))


# ---- check ---------------------------------------------------------------------------------------------------------

def check_promise(loaded: LoadedPolicy, repository: Path, today: date) -> list[Mistake]:
    """What is wrong between text, controls and tests, in order of file and line. `repository` holds the tests controls name.

    Expired attestations have the weight `look`: they are said, and the sentence counts as not kept until it is renewed.
    """
    text = published(loaded)
    file = f"{loaded.folder.resolve().name}/{text.file}"
    kept = promise(loaded)
    found = [Mistake(Place(file, k.sentence.line), f"no control says how this sentence is kept: {k.sentence.text}",
                     "map it under `controls:` as enforced, attested or not_kept")
             for k in _first_of_each(kept) if k.control is None]
    said = {same(k.sentence.text): k.sentence.text for k in kept}
    seen: dict[str, int] = {}
    for number, control in enumerate(loaded.policy.controls):
        words = same(control.sentence)
        if words not in said:
            found.append(Mistake(loaded.where("controls", number), f"the published text does not say: {control.sentence}",
                                 nearest(words, said, "copy the sentence from the text")))
        if words in seen:
            found.append(Mistake(loaded.where("controls", number), "the sentence is mapped twice, also at "
                                 f"{loaded.where('controls', seen[words])}", "keep one of the two"))
        seen.setdefault(words, number)
        found += _control(loaded, number, control, repository, today)
    return sorted(set(found))


def require_promise(loaded: LoadedPolicy, repository: Path, today: date) -> None:
    """PolicyMistakes when a sentence is unmapped or a control does not hold; expired attestations do not raise."""
    mistakes = [m for m in check_promise(loaded, repository, today) if m.weight is Weight.MISTAKE]
    if mistakes:
        raise PolicyMistakes(mistakes, where=loaded.folder.resolve().name)


def _first_of_each(kept: tuple[Kept, ...]) -> Iterator[Kept]:
    seen: set[str] = set()
    for one in kept:
        if same(one.sentence.text) not in seen:
            seen.add(same(one.sentence.text))
            yield one


def _control(loaded: LoadedPolicy, number: int, control: Control, repository: Path, today: date) -> Iterator[Mistake]:
    where = loaded.where("controls", number)
    if control.status == "not_kept":
        if not control.because:
            yield Mistake(where, "nothing says why this sentence is not kept", "add `because:`")
    elif not control.by:
        remedy = "the tests that enforce it" if control.status == "enforced" else "what the person attests"
        yield Mistake(where, f"{control.status} by nothing", f"add `by:` with {remedy}")
    elif control.status == "enforced":
        for place, test in enumerate(control.by):
            if not has_test(repository, test):
                yield Mistake(loaded.where("controls", number, "by", place), f"there is no test {test}",
                              "write it as tests/file.py::test_name, or correct the name")
    if control.status == "attested":
        yield from _attestation(loaded, number, control, today)


def _attestation(loaded: LoadedPolicy, number: int, control: Control, today: date) -> Iterator[Mistake]:
    where = loaded.where("controls", number)
    by, on, until = control.attested_by, control.attested_on, control.expires_on
    if by is None or on is None or until is None:
        yield Mistake(where, "an attestation needs a person, a day and an end",
                      "add `attested_by:`, `attested_on:` and `expires_on:`")
        return
    yield from person(Known(loaded), ("controls", number, "attested_by"), by)
    found = loaded.person(by)
    for topic in control.by:
        if found is not None and topic not in found.attests:
            yield Mistake(where, f"`{by}` does not attest {topic}",
                          nearest(topic, found.attests, f"add it to `attests:` of {by}"))
    if on > today:
        yield Mistake(where, f"attested on {on}, a day that has not come", "correct `attested_on:`")
    if until <= on:
        yield Mistake(where, f"expires on {until}, not after it was attested on {on}", "correct `expires_on:`")
    elif until < today:
        yield Mistake(where, f"the attestation by {by} expired on {until}", "have it attested again", Weight.LOOK)


def has_test(repository: Path, test: str) -> bool:
    """Whether ``tests/file.py::test_name`` (or ``::TestClass::test_name``, parameters aside) stands in the repository."""
    file, *names = test.partition("[")[0].split("::")
    path = repository / file
    if not names or path.suffix != ".py" or not path.is_file():
        return False
    return "::".join(names) in _tests(path, path.stat().st_mtime_ns)



@lru_cache(maxsize=256)
def _tests(path: Path, changed: int) -> frozenset[str]:
    """Names of the test functions and methods of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set(_named(tree.body))
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef):
            found |= {f"{owner.name}::{name}" for name in _named(owner.body)}
    return frozenset(found)


def _named(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node.name


# ---- render --------------------------------------------------------------------------------------------------------

_SHOWN = {"enforced": "enforced by tests", "attested": "attested", "not_kept": "**not kept**", "unmapped": "**unmapped**",
          "expired": "**attestation expired**"}


def render_promise(loaded: LoadedPolicy, today: date) -> str:
    """`docs/reference/promise.md`: the whole text, every sentence with its control. Markdown, ends with a line break."""
    text, kept = published(loaded), promise(loaded)
    standings = Counter(k.standing(today) for k in kept)
    counts = [f"{standings[s]} {_SHOWN[s].strip('*')}" for s in _SHOWN if standings[s]]
    lines = ["# The promise, sentence by sentence", "",
             "Generated from the published text and the policy's `controls:`; do not edit.", "",
             f"Version {text.version}, published on {text.published_on}, sha256 `{text.sha256}`.", "",
             f"{len(kept)} sentences: {', '.join(counts)}. What software cannot do is attested by a named person until a day, "
             "or said to be not kept.", "",
             "| # | Sentence | Clause | How it is kept |", "|---|---|---|---|"]
    for one in kept:
        clause = one.control.clause if one.control else ""
        lines.append(f"| {one.sentence.number} | {_cell(one.sentence.text)} | {_cell(clause)} | {_how(one, today)} |")
    return "\n".join(lines) + "\n"


def _how(kept: Kept, today: date) -> str:
    control, standing = kept.control, kept.standing(today)
    if control is None:
        return _SHOWN[standing]
    because = f": {_cell(control.because)}" if control.because else ""
    match standing:
        case "attested":
            days = f"on {control.attested_on} until {control.expires_on}"
            return f"attested by {control.attested_by} {days}{_topics(control)}{because}"
        case "expired":
            return f"**attestation expired** on {control.expires_on} (was {control.attested_by}'s{_topics(control)}){because}"
        case "enforced":
            return "enforced by " + ", ".join(f"`{_cell(test)}`" for test in control.by) + because
    return _SHOWN[standing] + because


def _topics(control: Control) -> str:
    return f" ({_cell(', '.join(control.by))})" if control.by else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
