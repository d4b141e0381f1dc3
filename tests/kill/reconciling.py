"""Kills at boundaries of reconciling, in a process of its own: children are forked before any column is computed, because the
threads that compute columns do not survive a fork.

python -m tests.kill.reconciling FOLDER URL every|HOW_MANY
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from governance import reconcile_jobs
from governance.domain.errors import ViolationFound
from governance.installation import Installation
from governance.ledger import Ledger
from governance.settings import Settings
from tests.kill.points import Points, in_child, killing_at
from tests.kill.scenarios import CONTEXT, agree
from tests.kill.worlds import World as Copied
from tests.reconciliation import feeds_world

LINES = ["M1;Алиев Анар;ANAR@mail.example;050-111-00-01;31.01.1990;Bakı;1 200,50;2026-09-01",
         "M2;Mammadova Leyla;leyla@mail.example;0501110002;;Gəncə;10;2026-09-02", "M3;Kim;kim(at)mail;;;;;", ";Kim;;;;;;",
         "M4;Nigar Quliyeva;nigar@mail.example;;;Bakı;;", "M5;Nobody Known;nobody@mail.example;;;;;"]
SIGNALS = [{"case": f"C{n}", "person": {"email": email}, "signal": "chargeback", "score": score}
           for n, (email, score) in enumerate((("anar@mail.example", 0.5), ("leyla@mail.example", 9)))]
TABLES = {
    "golden.source_record": "record, record_key, file, line, subject_key, raw, clean, keys, flags, observed_at, keep_until, ended_at",
    "golden.quarantine": "record, record_key, file, line, subject_key, raw, reasons",
    "golden.customer_provenance": "subject_key, field, value, source, record",
    "golden.link": "record, subject_key, how, ends is null", "golden.conflict": "record, subject_key, reason, decided",
    "golden.token": "subject_key, token", "fraud.signal": "subject_key, kind, score, source, record, expires_at",
}


class World(Copied):
    """The world of feeds. A replay of a repaired record and a second file come after the first ones."""

    def settings(self) -> Settings:
        return Settings(self.url, self.ledger_url, self.folder / "policy", self.folder / "secrets", self.folder / "feeds",
                        self.folder / "reports", str(self.folder / "anchors.jsonl"), feeds_world.AS_OF, self.folder / "expectations")

    def copy(self, folder: Path) -> World:
        made = super().copy(folder)
        return World(made.folder, made.url)

    def run(self, scenario: str, points: Points | None = None) -> None:
        installation = Installation(self.settings())
        if points is not None:
            points.listen()
        try:
            for source in ("loyalty", "watch"):
                plan = reconcile_jobs.reconcile_plan(installation, CONTEXT, source)
                agree(installation, plan)
                reconcile_jobs.reconcile_apply(installation, CONTEXT, plan["digest"])
                try:
                    reconcile_jobs.reconcile_verify(installation, CONTEXT, plan["digest"])
                except ViolationFound as found:
                    if "everything else is in" not in str(found):
                        raise
        finally:
            if points is not None:
                points.stop()
            installation.close()


def build(folder: Path, url: str) -> None:
    settings = feeds_world.build(url, folder)
    made = feeds_world.World(Installation(settings), folder)
    made.put("loyalty/a.csv", [feeds_world.HEADER, *LINES])
    made.put("loyalty/b.csv", [feeds_world.HEADER, LINES[0].replace("Bakı", "Quba").replace("09-01", "09-20")], when=1_758_000_500)
    made.put("loyalty/cut.csv", "\n".join([feeds_world.HEADER, LINES[0][:20]]))
    made.put("watch/a.jsonl", [json.dumps(line) for line in SIGNALS])
    made.installation.close()


def state_of(world: World) -> dict[str, Any]:
    """What must be the same whether or not a run was killed: records, values, signals, counts of files and sums of receipts."""
    state: dict[str, Any] = {}
    engine = sa.create_engine(world.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        for table, columns in TABLES.items():
            rows = sorted(repr(tuple(row)) for row in connection.execute(sa.text(f"select {columns} from {table}")))
            state[table] = [len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()]
    engine.dispose()
    ledger = Ledger.open(world.ledger_url)
    try:
        state["feeds"] = [[f.source, f.digest, f.state, f.records, f.accepted, f.quarantined, f.rejected] for f in ledger.feeds()]
        state["whole"] = ledger.first_break() is None
        state["open leases"] = len(ledger.open_leases())
        verified = {r.name: ledger.verification(r.digest) or [] for r in ledger.plans(state="verified") if r.rows}
        state["loaded"] = {name: [[s["planned"], s["done"], s["gone"], s["left"]] for s in steps if s["action"] == "load"]
                           for name, steps in sorted(verified.items())}
    finally:
        ledger.close()
    return dict(json.loads(json.dumps(state, default=str)))


def main(folder: Path, url: str, sample: str) -> int:
    world = World(folder / "world", url)
    assert in_child(lambda: build(world.folder, url)) == 0
    calm, told = world.copy(folder / "calm"), folder / "told"

    def count() -> None:
        points = Points(lambda number, what: None)
        calm.run("reconcile", points)
        told.write_text(json.dumps(sorted(points.last.values())))

    assert in_child(count) == 0
    expected, last = state_of(calm), json.loads(told.read_text())
    assert expected["golden.source_record"][0] == 6, expected
    step = 1 if sample == "every" else max(1, len(last) // int(sample))
    chosen = last[step // 2::step]
    killed = 0
    for number in chosen:
        copy = world.copy(folder / f"at{number}")
        status = in_child(lambda copy=copy, number=number: copy.run("reconcile", killing_at(number)))
        killed += status == -9
        assert status in (0, -9), f"the run failed before boundary {number}"
        assert in_child(lambda copy=copy: copy.run("reconcile")) == 0, f"the rerun after boundary {number} failed"
        after = state_of(copy)
        wrong = {k: (after[k], expected[k]) for k in expected if after[k] != expected[k]}
        assert not wrong, f"after a kill at boundary {number}: {wrong}"
        copy.drop()
    assert killed >= len(chosen) // 2, f"only {killed} runs were killed"
    print(f"{killed} kills at {len(last)} boundaries, the same end each time")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
