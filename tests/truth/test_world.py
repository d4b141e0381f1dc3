"""The demo world on both engines, disposed of by schedule and on request, against truth planted by other code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from examples.generate import main as generate
from governance import jobs
from governance.disposal import holding
from governance.disposal import requests as asked
from governance.doctor import examine
from governance.installation import Installation
from governance.settings import Settings
from tests.truth.compare import Comparison, compare
from tests.truth.reading import snapshot

AS_OF = "2026-10-01T06:00:00+00:00"
POLICY = Path(__file__).resolve().parents[2] / "policy"
CONTEXT = jobs.RunContext("dispose", "run", "task")
OFFICER = "compliance.officer"


class Lived:
    """A world through its whole story: what each stage left different from the truth."""

    def __init__(self, url: str, folder: Path, ledger_url: str) -> None:
        self.url, self.folder = url, folder
        assert generate(["--warehouse", url, "--stores", str(folder / "stores"), "--truth", str(folder / "truth"), "--rows", "5000",
                         "--seed", "7", "--as-of", AS_OF]) in (0, None)
        (folder / "reports").mkdir()
        self.installation = Installation(Settings(
            url, ledger_url, POLICY, folder / "secrets", folder / "stores", folder / "reports",
            str(folder / "anchors.jsonl"), datetime.fromisoformat(AS_OF)))
        wrong = [c for c in examine(self.installation, fix=True) if c.ok is False]
        assert not wrong, wrong

    def truth(self, name: str) -> Any:
        return json.loads((self.folder / "truth" / f"{name}.json").read_text())

    def place_holds(self) -> None:
        with self.installation.warehouse() as warehouse:
            for hold in self.truth("holds"):
                holding.place(warehouse, self.installation.ledger, hold=hold["id"], name=hold["name"], reason=hold["reason"],
                              placed_by="legal.counsel", members=[(hold["kind"], key) for key in hold["subject_keys"]])

    def agree(self, plan: dict[str, Any]) -> None:
        if plan["approval"]["needed"]:
            jobs.disposal_approved(self.installation, CONTEXT, plan["digest"],
                                   [{"user": OFFICER, "chosen": "Approve", "subject_digest": plan["digest"]}])

    def carry_out(self, plan: dict[str, Any]) -> None:
        self.agree(plan)
        jobs.disposal_freeze(self.installation, CONTEXT, plan["digest"])
        for chunk in plan["chunks"]:
            jobs.disposal_apply(self.installation, CONTEXT, plan["digest"], chunk["chunk"])

    def dispose(self) -> None:
        plan = jobs.disposal_plan(self.installation, CONTEXT)
        self.carry_out(plan)
        jobs.disposal_verify(self.installation, CONTEXT, plan["digest"])

    def answer_requests(self) -> None:
        installation = self.installation
        for request in self.truth("requests"):
            with installation.tools() as tools:
                asked.open_request(tools, installation.keys, installation.policy, kind="erasure", subject_kinds=request["kinds"],
                                   identifiers=[(i["form"], i["value"]) for i in request["identifiers"]], reply_to="by post",
                                   proof="identity card seen", opened_by=OFFICER, now=installation.settings.now())
        planned = jobs.requests_plan(installation, CONTEXT)
        for plan in planned["plans"]:
            self.agree(plan)
            jobs.requests_erase(installation, CONTEXT, plan["digest"])
            jobs.requests_search(installation, CONTEXT, plan["digest"])
        assert jobs.requests_close(installation, CONTEXT, planned["digests"])["closed"] == len(self.truth("requests"))

    def compared(self, stage: Any) -> Comparison:
        return compare(self.url, self.folder / "stores", self.folder / "before", self.folder / "truth", stage)


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Comparison, Comparison, Lived]]:
    folder = tmp_path_factory.mktemp("world")
    new: Callable[[], str] | None = request.getfixturevalue("new_postgres") if request.param == "postgres" else None
    # On PostgreSQL the ledger is there too, in a database of its own.
    world = (Lived(new(), folder, new()) if new else
             Lived(f"duckdb:///{folder}/warehouse.duckdb", folder, f"sqlite:///{folder}/ledger.sqlite"))
    world.place_holds()
    snapshot(world.url, folder / "stores", folder / "before")
    world.dispose()
    scheduled = world.compared("schedule")
    world.answer_requests()
    yield scheduled, world.compared("requests"), world
    world.installation.close()


def test_scheduled_disposal_leaves_exactly_what_the_truth_says(lived: tuple[Comparison, Comparison, Lived]) -> None:
    assert lived[0].wrong == []


def test_requests_leave_exactly_what_the_truth_says(lived: tuple[Comparison, Comparison, Lived]) -> None:
    assert lived[1].wrong == []


def test_untouched_rows_and_cells_are_byte_for_byte_the_same(lived: tuple[Comparison, Comparison, Lived]) -> None:
    assert all(before == after for before, after in lived[1].untouched.values())


def test_a_plan_made_again_finds_nothing_but_held_rows(lived: tuple[Comparison, Comparison, Lived]) -> None:
    world = lived[2]
    plan = world.installation.ledger.plan(jobs.disposal_plan(world.installation, CONTEXT, dry_run=True)["digest"])
    held = sum(k.rows for k in plan.kept if k.because == "legal hold")
    assert plan.rows == held
