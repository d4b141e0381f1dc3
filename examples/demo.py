"""The whole story on a generated warehouse, through Airflow itself: `make demo`.

Makes what is missing, then discovers, validates, disposes by schedule and by request, validates again and proves it. It
knows the product only from outside: the command line `governance` and Airflow's REST API. A second run keeps everything.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import platform
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from examples.airflow_api import AirflowRefused, Api
from examples.airflow_service import Airflow
from examples.following import RunFailed, Runs
from examples.home import ROOT, CommandFailed, Home
from examples.making import Making
from examples.postgres import Server
from examples.telling import Stage, Story, counted

DAGS = ("discover", "validate", "dispose", "requests", "reconcile", "depersonalize", "attest")
ENGINEER, OFFICER, COUNSEL = "demo.engineer", "compliance.officer", "legal.counsel"
POOL = "governance_warehouse"
SLOTS = {"duckdb": 1, "postgresql": 4}  # a second process cannot open a DuckDB file
CARRY_OUT = {"dry_run": False}
PLANTED = "planted on purpose: the demo expects this run to fail"
LEFT = "what is left needs a person, not a job"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--warehouse", choices=sorted(SLOTS), default="duckdb", help="PostgreSQL comes from a wheel")
    parser.add_argument("--home", type=Path, help="default: demo-home, or demo-home-postgresql")
    parser.add_argument("--check", action="store_true", help="compare every row and file with the planted truth at the end")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--up", action="store_true", help="start Airflow with its pages and stay")
    parser.add_argument("--clean", action="store_true", help="forget everything the demo has made")
    given = parser.parse_args(argv)
    folder = (given.home or ROOT / ("demo-home" if given.warehouse == "duckdb" else "demo-home-postgresql")).resolve()
    if given.clean:
        Home(folder).clean()
        print(f"removed {folder}")
        return 0
    story = Story()
    folder.mkdir(parents=True, exist_ok=True)
    alone = (folder / "lock").open("w")
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        story.say(f"another demo runs on {folder}; end it first, or give --home another folder", "red")
        return 1
    server = Server(folder / "postgresql") if given.warehouse == "postgresql" else None
    home = Home(folder, given.rows, given.seed, server.start() if server else {}, SLOTS[given.warehouse], given.check)
    airflow = Airflow(home.path / "airflow", home.settings())
    for part in airflow.sweep():
        story.say(f"ended Airflow's {part}, left behind by a run that was killed")
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: sys.exit(143))
    try:
        (stay if given.up else tell)(story, home, airflow)
    except KeyboardInterrupt:
        story.say("stopped by you; the same command goes on from here", "yellow")
        return 130
    except (RunFailed, CommandFailed, AirflowRefused) as error:
        story.say(f"{error}", "red")
        story.say(f"logs: {airflow.logs} and {airflow.home / 'logs'}. Put right what the last line says and type the same "
                  "command again; `make demo-clean` starts over.", "yellow")
        return 1
    finally:
        airflow.stop()
        if server:
            server.stop()
    return 0


def tell(story: Story, home: Home, airflow: Airflow) -> None:
    """The story, stage by stage. How long each took is kept for the benchmarks."""
    fresh = not home.done.get("generated")
    with story.stage("Make the warehouse and start Airflow") as stage:
        making, starting = prepare(stage, home, airflow)
    try:
        path = tell_of(story, home, airflow, starting)
        making.wait()
    finally:
        making.stop()
    home.remember(generated=home.done.get("generated") or home.done["loaded"])
    if home.check:
        with story.stage("Compare with the planted truth") as stage:
            compare(stage, home)
    home.remember(told=[*home.done.get("told", [])[-9:], {
        "on": time.strftime("%Y-%m-%d"), "rows": home.rows, "cores": os.cpu_count(), "load": round(os.getloadavg()[1], 1),
        "python": platform.python_version(), "fresh": fresh, "seconds": story.seconds()}])
    story.summary()
    story.say(f"open {path}", "bold green")
    story.say(f"the command line on this data: . {home.write_env()} && .venv/bin/governance plan list; the pages: make up")


def tell_of(story: Story, home: Home, airflow: Airflow, starting: Starting) -> str:
    """What Airflow does with the warehouse; the path of the report. A stage of its own for each DAG."""
    with story.stage("Keys, ledger, holds and requests") as stage:
        install(stage, home)
    with story.stage("Airflow is ready") as stage:
        runs = ready(stage, home, airflow, starting)
    with story.stage("Discover") as stage:
        discover(stage, home, runs)
    if home.check and not home.done.get("copied"):
        with story.stage("Keep a copy of every row, to compare with") as stage:
            keep_a_copy(stage, home)
    with story.stage("Validate, before") as stage:
        validate(stage, runs, LEFT if home.done.get("validated") else PLANTED)
        home.remember(validated=True)
    with story.stage("Dispose of what is due") as stage:
        changed = dispose(stage, runs)
    with story.stage("Carry out erasure requests") as stage:
        changed = requests(stage, runs) or changed
    with story.stage("Reconcile feeds of third parties") as stage:
        reconcile(stage, home, runs)
    with story.stage("Publish releases") as stage:
        publish(stage, home, runs)
    with story.stage("Validate, after") as stage:
        if changed:
            validate(stage, runs, LEFT)
        else:
            stage.outcome = "nothing to do: nothing has changed since"
    with story.stage("Prove it") as stage:
        path = attest(stage, runs)
    for dag in DAGS:
        runs.engineer.pause(dag)
    return path


def stay(story: Story, home: Home, airflow: Airflow) -> None:
    """Airflow with its pages on the demo's data, in the foreground."""
    with story.stage("Make the warehouse and start Airflow") as stage:
        making, starting = prepare(stage, home, airflow, pages=True)
    try:
        with story.stage("Keys, ledger, holds and requests") as stage:
            install(stage, home)
        with story.stage("Airflow is ready") as stage:
            ready(stage, home, airflow, starting)
        making.wait()
    finally:
        making.stop()
    home.remember(generated=home.done.get("generated") or home.done["loaded"])
    home.write_env()
    story.say(f"open {airflow.url}", "bold green")
    for user in (ENGINEER, OFFICER, COUNSEL):
        story.say(f"  {user}  {airflow.password(user)}")
    story.say("DAGs are paused; unpause or start any of them. Ctrl-C ends Airflow.")
    while not airflow.dead():
        signal.sigtimedwait({signal.SIGCHLD}, 2) if hasattr(signal, "sigtimedwait") else signal.pause()
    raise RunFailed(f"Airflow's {', '.join(airflow.dead())} ended by itself")


def prepare(stage: Stage, home: Home, airflow: Airflow, *, pages: bool = False) -> tuple[Making | Made, Starting]:
    """Make the warehouse while Airflow starts; each takes a core. Both go on: the truth about each row, and Airflow's parts."""
    starting = Starting(airflow, pages)
    if home.done.get("generated") or (home.path / "truth" / "summary.json").exists():  # its last file
        stage.say("the warehouse, its files and the planted truth are there already")
        stage.outcome = "kept from an earlier run"
        return Made(), starting
    making = Making(home, stage.say)
    try:
        total = making.wait_until_it_stands()
    except BaseException:
        making.stop()
        raise
    if home.done.get("loaded") is None:
        home.remember(loaded={"rows": home.rows, "seed": home.seed})
    stage.outcome = f"{total or 'kept from an earlier run'}, with the truth about each row beside them"
    return making, starting


class Made:
    """A generator that has nothing left to do."""

    def wait(self) -> None: ...

    def stop(self) -> None: ...


class Starting:
    """Airflow on its way, in a thread."""

    def __init__(self, airflow: Airflow, pages: bool) -> None:
        self._airflow, self._pages, self._failure = airflow, pages, ""
        self._thread = threading.Thread(target=self._start, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until its parts are started. CommandFailed when its database could not be made."""
        self._thread.join()
        if self._failure:
            raise CommandFailed(self._failure)

    def _start(self) -> None:
        migrating = self._airflow.migrate()
        if migrating is not None:
            if migrating.wait():
                self._failure = f"Airflow's metadata database could not be made; see {self._airflow.logs / 'migrate.log'}"
                return
            self._airflow.migrated()
        self._airflow.start(("api-server", "scheduler", "dag-processor", *(("triggerer",) if self._pages else ())))


def keep_a_copy(stage: Stage, home: Home) -> None:
    """Every row and the digest of every file as they are before disposal."""
    home.compare("snapshot")
    home.remember(copied=True)
    stage.outcome = f"kept in {home.path / 'before'}"


def compare(stage: Stage, home: Home) -> None:
    """Every row, cell and file against the planted truth, by a program that knows nothing of the product."""
    words = home.compare("check", "--truth", str(home.path / "truth")) + home.compare_feeds()
    for line in words:
        stage.say(line)
    stage.outcome = next(line for line in words if "differences from the planted truth" in line)


def install(stage: Stage, home: Home) -> None:
    """Keys and tables, then the holds and requests of the planted world. Identifiers go in by standard input."""
    checks = home.governance("doctor", "--fix", codes=(0, 1))
    wrong = [f"{c['what']}: {c['detail']}; {c['fix']}" for c in checks if c["ok"] is False]
    if wrong:
        raise CommandFailed("governance doctor: " + "\n".join(wrong))
    stage.say(f"governance doctor: {len(checks)} checks, nothing wrong")
    holds, opened = list(home.done.get("holds", [])), dict(home.done.get("requests", {}))
    fresh = 0
    for hold in home.truth("holds"):
        if hold["id"] in holds:
            continue
        keys = "".join(f"key={key}\n" for key in hold["subject_keys"])
        placed = home.governance("hold", "place", hold["id"], "--name", hold["name"], "--reason", hold["reason"],
                                 "--subject-kind", hold["kind"], "--as", COUNSEL, stdin=keys)
        holds.append(hold["id"])
        home.remember(holds=holds)
        stage.say(f"legal hold {hold['id']} placed by {COUNSEL} for {counted(placed['members'], 'subject')}")
    for request in home.truth("asked"):
        if request["id"] in opened:
            continue
        kinds = [word for kind in request["kinds"] for word in ("--subject-kind", kind)]
        pairs = "".join(f"{i['form']}={i['value']}\n" for i in request["identifiers"])
        answer = home.governance("request", "open", *kinds, "--as", OFFICER,
                                 stdin=pairs + "reply_to=by post\nproof=identity card seen at the counter\n")
        opened[request["id"]] = answer["request"]
        home.remember(requests=opened)
        fresh += 1
        stage.say(f"erasure request {answer['request']} opened ({request['label']}), due {answer['due_on'][:10]}")
    told = f"{counted(len(holds), 'legal hold')}, {counted(fresh, 'new erasure request')}"
    stage.outcome = told if fresh else "nothing to do"


def ready(stage: Stage, home: Home, airflow: Airflow, starting: Starting) -> Runs:
    """Wait until the API answers and the DAGs are parsed; make the pool."""
    starting.wait()
    engineer, officer = (Api(airflow.url, user, airflow.password(user)) for user in (ENGINEER, OFFICER))
    if not engineer.wait_for(lambda: airflow.dead() or engineer.healthy(), 180) or airflow.dead():
        raise CommandFailed(f"Airflow did not start; see {airflow.logs}")
    if not engineer.wait_for(lambda: set(DAGS) <= engineer.dags(), 90):
        raise CommandFailed("the DAGs were not parsed: " + "; ".join(engineer.import_errors() or ["no reason given"]))
    for dag in DAGS:
        engineer.pause(dag)
    engineer.pool(POOL, home.slots)
    stage.outcome = f"{counted(len(DAGS), 'DAG')}, pool {POOL} with {counted(home.slots, 'slot')}"
    stage.say(f"{stage.outcome}, at {airflow.url}")
    return Runs(engineer, officer, airflow.dead)


def discover(stage: Stage, home: Home, runs: Runs) -> None:
    """Propose what is personal; the engineer confirms from the declared policy."""
    run = runs.start("discover", scheduled_within=4)
    runs.follow("discover", run, stage.say)
    found = runs.engineer.result("discover", run, "store_what_was_proposed")
    decided = home.governance("catalog", "review", "--from-policy", "--as", ENGINEER)
    confirmed = counted(decided["confirmed"], "proposal")
    stage.say(f"{ENGINEER} confirms {confirmed} and rejects {decided['rejected']}, from the declared policy")
    stage.outcome = f"{counted(found['personal'], 'personal column')} of {found['columns']}, {found['drift']} drifted"


def validate(stage: Stage, runs: Runs, because: str) -> None:
    """Judge the catalog. Violations fail the run, which ends no story."""
    runs.engineer.unpause("validate")
    before = {run["dag_run_id"] for run in runs.engineer.runs("validate")}
    runs.engineer.touch("catalog")
    if not runs.engineer.wait_for(lambda: {r["dag_run_id"] for r in runs.engineer.runs("validate")} - before, 30, 0.3):
        raise RunFailed("the asset `catalog` started no run of validate")
    run = next(r["dag_run_id"] for r in runs.engineer.runs("validate") if r["dag_run_id"] not in before)
    try:
        runs.follow("validate", run, stage.say)
    except RunFailed:
        task = runs.engineer.tasks("validate", run)[0]
        words = runs.last_words("validate", run, task)
        told = next((line for line in words if "violations of the declared policy" in line), None)
        if told is None:
            raise
        for line in words[words.index(told):][:12]:
            stage.say(line)
        stage.outcome = f"{told.strip().partition(': ')[2].rstrip(':') or told.strip()} ({because})"
    else:
        stage.outcome = "no violation"


def dispose(stage: Stage, runs: Runs) -> bool:
    """By schedule: plan, approval by the officer, freeze, apply in chunks, verify. Whether anything was changed."""
    run = runs.start("dispose", CARRY_OUT, scheduled_within=4)
    before = runs.answered
    runs.follow("dispose", run, stage.say)
    plan = _result(runs, "dispose", run, "plan_what_is_due")
    done = runs.engineer.result("dispose", run, "look_at_the_data_again")
    who = f"approved by {OFFICER}" if runs.answered > before else "no approval needed"
    held = f"{counted(done['held'], 'row waits', 'rows wait')} for a legal hold to be lifted"
    if done["changed"]:
        stage.outcome = f"{counted(plan['rows'], 'row')} planned, {done['changed']:,} changed; {held}; {done['residual']:,} left; {who}"
    else:
        stage.outcome = "nothing to do" + (f": {held}" if done["held"] else "")
    return bool(done["changed"])


def requests(stage: Stage, runs: Runs) -> bool:
    """Every open request by itself, each approved by the officer and closed with a certificate. Whether there was any."""
    run = runs.start("requests", CARRY_OUT, scheduled_within=4)
    runs.follow("requests", run, stage.say)
    plans = runs.engineer.result("requests", run, "plan_the_open_requests")
    if not plans:
        stage.outcome = "nothing to do"
        return False
    ended = runs.engineer.result("requests", run, "remove_the_bytes_and_close")
    rows = counted(sum(plan["rows"] for plan in plans), "row")
    stage.outcome = f"{ended['closed']} of {counted(len(plans), 'request')} closed with a certificate each, {rows}"
    return True


def reconcile(stage: Stage, home: Home, runs: Runs) -> None:
    """Every source by itself: its new files judged, approved, taken in, linked and written. One file was cut off on its way:
    it is refused, which fails the run at its end, when everything else is in."""
    before = home.governance("feed", "list")
    run = runs.start("reconcile", CARRY_OUT, scheduled_within=4)
    try:
        runs.follow("reconcile", run, stage.say)
    except RunFailed as failure:
        if "everything else is in, but" not in str(failure):
            raise
        stage.say(f"a file that was cut off on its way is refused ({PLANTED})")
    after = home.governance("feed", "list")
    feeds = [f for f in after if f["state"] == "loaded"]
    if after == before:
        stage.outcome = f"nothing to do: {counted(len(feeds), 'file')} were taken in before, each once"
        return
    accepted, quarantined, rejected = (sum(f[n] for f in feeds) for n in ("accepted", "quarantined", "rejected"))
    erased = sum(f["reasons"].get("rejected: on the do-not-return list", 0) for f in feeds)
    stage.outcome = (f"{counted(accepted + quarantined + rejected, 'record')} of {counted(len(feeds), 'file')}: {accepted:,} accepted, "
                     f"{quarantined:,} in quarantine, {rejected:,} rejected, {erased:,} of them about people who were erased")


def publish(stage: Stage, home: Home, runs: Runs) -> None:
    """Every release by itself: planned, approved by the officer when readers would see something new, measured, shown, looked at
    again. Each has a card."""
    before = home.governance("release", "list")
    run = runs.start("depersonalize", CARRY_OUT, scheduled_within=4)
    runs.follow("depersonalize", run, stage.say)
    shown = home.governance("release", "list")
    if shown == before:
        stage.outcome = "nothing to do: " + "; ".join(f"{one['release']} version {one['version']} is of today's data" for one in shown)
        return
    for one in shown:
        stage.say(f"{one['table']} version {one['version']}: {counted(one['rows'], 'row')}, at least {one['k']} people in every class; "
                  f"{one['is']}")
    stage.outcome = "; ".join(f"{one['release']} version {one['version']}, {counted(one['rows'], 'row')}, {one['is']}" for one in shown)


def attest(stage: Stage, runs: Runs) -> str:
    """Verify receipts against the data, check and anchor the chain, write the report."""
    run = runs.start("attest", scheduled_within=4)
    runs.follow("attest", run, stage.say)
    checked = runs.engineer.result("attest", run, "verify_receipts_and_evidence")
    anchored = runs.engineer.result("attest", run, "anchor_the_evidence")
    entries = counted(anchored["seq"], "entry", "entries")
    stage.outcome = f"{counted(checked['plans'], 'plan')} looked at again, evidence of {entries} anchored"
    return str(runs.engineer.result("attest", run, "write_the_report")["path"])


def _result(runs: Runs, dag: str, run: str, task: str) -> dict[str, Any]:
    """The whole result of a planning task, whose return value is the list that Airflow maps over."""
    path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/result?deserialize=true"
    value = runs.engineer.call("GET", path)["value"]
    return dict(json.loads(value) if isinstance(value, str) else value)


if __name__ == "__main__":
    raise SystemExit(main())
