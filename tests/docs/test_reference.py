"""The generated pages say everything there is to say, the same on every machine, and are as fresh as their sources."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import click
import pytest
import yaml

from docs.generate import PAGES
from docs.pages.cli import commands
from docs.pages.policy import descriptions, meaning, models, spelled
from governance.cli import cli
from governance.ledger.models import metadata
from governance.policy.load import load_policy
from governance.policy.promise import check_promise, promise

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: page(ROOT) for name, page in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_in_the_repository_is_the_one_its_sources_make(pages: dict[str, str], name: str) -> None:
    path = ROOT / "docs" / "reference" / f"{name}.md"
    assert path.read_text(encoding="utf-8") == pages[name], "run make docs and commit what it writes"


def test_pages_depend_on_neither_the_clock_nor_the_machine(pages: dict[str, str], tmp_path: Path) -> None:
    code = ("import sys; sys.path.insert(0, sys.argv[1])\n"
            "from pathlib import Path; from docs.generate import PAGES\n"
            "print('\\0'.join(page(Path(sys.argv[1])) for page in PAGES.values()), end='')")
    other = {"PATH": os.environ["PATH"], "COLUMNS": "40", "TZ": "Pacific/Kiritimati", "HOME": str(tmp_path),
             "PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8", "GOVERNANCE_AS_OF": "2020-01-01T00:00:00+00:00"}
    made = subprocess.run([sys.executable, "-c", code, str(ROOT)], cwd=tmp_path, env=other, capture_output=True, text=True,
                          encoding="utf-8", check=True)
    assert made.stdout == "\0".join(pages.values())
    assert str(ROOT) not in made.stdout


# ---- promise -------------------------------------------------------------------------------------------------------

def test_every_sentence_of_the_published_text_is_mapped_to_what_keeps_it() -> None:
    """An unmapped sentence, a test that does not exist and a person who may not attest each fail here."""
    loaded = load_policy(ROOT / "policy")
    first_day = max(c.attested_on for c in loaded.policy.controls if c.attested_on)
    assert [str(m) for m in check_promise(loaded, ROOT, first_day)] == []
    assert all(kept.control for kept in promise(loaded))


def test_no_attestation_is_shown_green_after_its_last_day(pages: dict[str, str]) -> None:
    attested = [c for c in load_policy(ROOT / "policy").policy.controls if c.status == "attested"]
    assert attested
    for control in attested:
        assert f"attested by {control.attested_by} on {control.attested_on} until {control.expires_on}" in pages["promise"]
    assert str(date.min) not in pages["promise"]


# ---- command line --------------------------------------------------------------------------------------------------

def _spelled(group: click.Group, *path: str) -> list[str]:
    found = []
    for name, command in group.commands.items():
        found += _spelled(command, *path, name) if isinstance(command, click.Group) else [" ".join((*path, name))]
    return found


def test_every_command_and_every_option_is_there_with_its_help(pages: dict[str, str]) -> None:
    wanted = _spelled(cli, "governance")
    assert len(wanted) > 20
    assert sorted(name for name, _ in commands(cli, "governance")) == sorted(wanted)
    sections = {s.split("\n", 1)[0]: s for s in pages["cli"].split("\n## ")[1:]}
    assert sorted(sections) == sorted(wanted)
    for name, command in commands(cli, "governance"):
        assert command.help, f"{name} has no help"
        assert command.help.strip().splitlines()[0] in sections[name]
        for given in command.params:
            spelling = given.opts[0] if isinstance(given, click.Option) else str(given.metavar or given.name).upper()
            assert spelling in sections[name], f"{name}: {spelling}"


# ---- policy --------------------------------------------------------------------------------------------------------

def test_every_key_of_the_policy_has_a_type_and_a_meaning(pages: dict[str, str]) -> None:
    described = descriptions(ROOT)
    for found in models():
        section = pages["policy"].split(f"\n## {found.__name__}\n")[1].split("\n## ")[0]
        for name, field in found.model_fields.items():
            line = next(row for row in section.splitlines() if row.startswith(f"| `{spelled(name, field)}` |"))
            cells = [c.strip() for c in line.strip("|").split(" | ")]
            assert cells[1], f"{found.__name__}.{name} has no type"
            assert len(meaning(found, name, field, described)) > 5


def test_no_key_is_described_that_the_policy_does_not_have() -> None:
    keys = {m.__name__: {spelled(n, f) for n, f in m.model_fields.items()} for m in models()}
    described = yaml.safe_load((ROOT / "docs/pages/policy_keys.yaml").read_text())
    common = described.pop("any")
    assert {m: set(given) - keys.get(m, set()) for m, given in described.items()} == {m: set() for m in described}
    assert set(common) <= set().union(*keys.values())


# ---- dags and ledger -----------------------------------------------------------------------------------------------

def test_every_dag_is_there_with_the_jobs_its_file_names(pages: dict[str, str]) -> None:
    files = sorted((ROOT / "dags").glob("*.py"))
    assert {f"\n## {path.stem}\n" in pages["dags"] for path in files} == {True}
    for path in files:
        section = pages["dags"].split(f"\n## {path.stem}\n")[1].split("\n## ")[0]
        tree = ast.parse(path.read_text())
        strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        jobs = [s for s in strings if "." in s and s.replace(".", "").isidentifier()]
        assert jobs
        assert [job for job in jobs if f"`{job}`" not in section] == []


def test_every_table_and_column_of_the_ledger_is_there(pages: dict[str, str]) -> None:
    for found in metadata.tables.values():
        section = pages["ledger"].split(f"\n## {found.name}\n")[1].split("\n## ")[0]
        about = section.split("|", 1)[0].strip()
        assert about, f"nothing says what {found.name} is for"
        assert [c.name for c in found.columns if f"| `{c.name}` |" not in section] == []
