"""Hand-written pages: links lead somewhere, commands exist, settings are named right."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from governance.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
IDS = [str(p.relative_to(ROOT)) for p in PAGES]


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file) if file else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in _anchors(there)):
            broken.append(target)
    assert broken == []


def _commands(text: str) -> list[list[str]]:
    """Command lines of ours in code blocks and in back quotes, as words."""
    text = text.replace("\\\n", " ")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"^    (.*)$", text, re.MULTILINE) + re.findall(r"`(governance [^`\n]+)`", text)
    found = []
    for line in lines:
        for part in re.split(r"\||&&", line.split(" #")[0].split("<<")[0]):
            if re.match(r"\s*(\w+=\S+\s+)*governance [a-z]", part):
                words = shlex.split(part)
                found.append(words[words.index("governance") + 1:])
    return found


@pytest.mark.parametrize("page", [p for p in PAGES if "reference" not in p.parts], ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_a_page_names_exists_with_its_options(page: Path) -> None:
    for words in _commands(page.read_text(encoding="utf-8")):
        command: click.Command = cli
        rest = list(words)
        while isinstance(command, click.Group) and rest:
            assert rest[0] in command.commands, f"governance {' '.join(words)}"
            command = command.commands[rest.pop(0)]
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
        assert [w for w in rest if w.startswith("--") and w not in known] == [], f"governance {' '.join(words)}"


def test_the_settings_page_names_every_setting_and_no_other() -> None:
    settings = set(re.findall(r'"(GOVERNANCE_[A-Z_]+)"', (ROOT / "governance/settings.py").read_text()))
    page = (ROOT / "docs/how-to/schedule_and_rerun.md").read_text()
    assert set(re.findall(r"^\| `(GOVERNANCE_[A-Z_]+)`", page, re.MULTILINE)) == settings
