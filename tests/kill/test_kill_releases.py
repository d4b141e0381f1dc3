"""SIGKILL at boundaries of planning, publishing and verifying a release: readers see the version before or the new one, never
anything between, and the same again ends in the same place.

KILL_POINTS=commits tries the last boundary before every commit, rename and removal, KILL_POINTS=all every boundary; otherwise a
sample of those that moves with the day.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from governance.installation import Installation
from governance.ledger import Ledger
from governance.settings import Settings
from tests.depersonalization.world import World as Shop
from tests.depersonalization.world import make_world, publish, settings_of
from tests.kill.points import Points, in_child, killing_at
from tests.kill.worlds import World

pytestmark = pytest.mark.kill
SAMPLE = 4


class ReleaseWorld(World):
    """A shop with version 1 of a release published, and a source that has changed since."""

    def settings(self) -> Settings:
        return settings_of(self.url, self.folder)

    def copy(self, folder: Path) -> ReleaseWorld:
        copied = super().copy(folder)
        return ReleaseWorld(copied.folder, copied.url)

    def run(self, scenario: str, points: Points | None = None) -> None:
        installation = Installation(self.settings())
        if points is not None:
            points.listen()
        try:
            publish(Shop(installation, self.url, self.folder))
        finally:
            if points is not None:
                points.stop()
            installation.close()


def prepared(folder: Path, url: str) -> ReleaseWorld:
    def make() -> None:
        made = make_world(url, folder)
        publish(made)
        made.run("delete from shop.orders where id = 1010")
        made.installation.close()

    assert in_child(make) == 0
    return ReleaseWorld(folder, url)


def shown(world: World) -> str:
    """What readers see: a digest of the view's rows, and of the files that the manifest names."""
    engine = sa.create_engine(world.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        rows = sorted(repr(tuple(row)) for row in connection.execute(sa.text("select * from releases.orders")))
    engine.dispose()
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def manifest(world: World) -> dict[str, Any]:
    """The manifest; every file it names is there and is the one that was written."""
    store = world.folder / "stores" / "releases"
    found: dict[str, Any] = json.loads((store / "orders" / "manifest.json").read_text())
    for file in found["files"]:
        assert hashlib.sha256((store / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    return found


def state_of(world: World) -> dict[str, Any]:
    engine = sa.create_engine(world.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        receipts = [tuple(row) for row in connection.execute(sa.text(
            "select plan, step, batch, changed from governance.receipt order by 1, 2, 3"))]
        tables = sorted(sa.inspect(connection).get_table_names("releases"))
    engine.dispose()
    store = world.folder / "stores" / "releases"
    ledger = Ledger.open(world.settings().ledger_url)
    try:
        assert ledger.first_break() is None
        # A version that a killed try left keeps its number, so the next one's table may bear a higher one; it goes with the switch.
        assert [f"releases.{name}" for name in tables] == [r.table for r in ledger.releases("orders", "published")]
        releases = [(r.version, r.plan, r.state, r.body["published_rows"]) for r in ledger.releases("orders")]
        plans = sorted((p.digest, p.state) for p in ledger.plans())
        leases = len(ledger.open_leases())
    finally:
        ledger.close()
    return {"rows": shown(world), "manifest": manifest(world), "receipts": receipts, "releases": releases,
            "plans": plans, "leases": leases, "files": sorted(p.relative_to(store).as_posix() for p in store.rglob("*") if p.is_file())}


def looked_at(world: World, look: Callable[[World], Any], told: Path) -> Any:
    """`look` in a child, so that this process never opens the warehouse."""
    assert in_child(lambda: told.write_text(json.dumps(look(world)))) == 0
    return json.loads(told.read_text())


def boundaries(world: ReleaseWorld, folder: Path) -> tuple[Sequence[int], dict[str, Any]]:
    """The boundaries to try, and the state an uninterrupted run ends in."""
    copy, tally = world.copy(folder), folder.parent / "points"

    def work() -> None:
        points = Points(lambda number, what: None)
        copy.run("release", points)
        tally.write_text(json.dumps([points.number, sorted(points.last.values())]))

    assert in_child(work) == 0
    calm = looked_at(copy, state_of, folder.parent / "calm.json")
    copy.drop()
    total, last = json.loads(tally.read_text())
    assert total > 100
    match os.environ.get("KILL_POINTS"):
        case "all":
            return range(1, total + 1), calm
        case "commits":
            return last, calm
    step = max(1, len(last) // SAMPLE)
    return last[date.today().toordinal() % step::step], calm


def killed_and_rerun(tmp_path: Path, url: str) -> None:
    """Every chosen boundary in turn; AssertionError names the first that leaves another state."""
    world = prepared(tmp_path / "world", url)
    before = looked_at(world, shown, tmp_path / "before.json")
    chosen, calm = boundaries(world, tmp_path / "calm")
    assert before != calm["rows"]
    for number in chosen:
        copy = world.copy(tmp_path / f"at{number}")
        status = in_child(lambda copy=copy, number=number: copy.run("release", killing_at(number)))
        assert status in (-9, 0), f"the run failed before boundary {number}"
        seen = looked_at(copy, lambda w: [shown(w), manifest(w)["version"]], tmp_path / "seen.json")
        assert seen[0] in (before, calm["rows"]), f"after a kill at boundary {number}"
        assert seen[1] in (1, 2)
        assert not (seen[1] == 2 and seen[0] == before), "files of a version that nobody was shown"
        assert in_child(lambda copy=copy: copy.run("release")) == 0, f"the rerun after boundary {number} failed"
        assert looked_at(copy, state_of, tmp_path / "after.json") == calm, f"after a kill at boundary {number}"
        copy.drop()


def test_readers_see_the_version_before_or_the_new_one_and_the_same_again_ends_in_the_same_place(
        new_world: Callable[[Path], str], tmp_path: Path) -> None:
    # In an interpreter of its own: polars' threads, which earlier tests have started here, do not live on in a forked child.
    command = [sys.executable, "-m", "tests.kill.test_kill_releases", str(tmp_path), new_world(tmp_path / "world")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


if __name__ == "__main__":
    killed_and_rerun(Path(sys.argv[1]), sys.argv[2])
