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
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from examples.airflow_api import AirflowRefused, Api
from examples.airflow_service import Airflow
from examples.following import RunFailed, Runs
from examples.home import ROOT, CommandFailed, Home
from examples.telling import Stage, Story

DAGS = ("discover", "validate", "dispose", "requests", "attest")
ENGINEER, OFFICER, COUNSEL = "demo.engineer", "compliance.officer", "legal.counsel"
POOL, SLOTS = "governance_warehouse", 1  # a second process cannot open a DuckDB file
CARRY_OUT = {"dry_run": False}
PLANTED = "planted on purpose: the demo expects this run to fail"
LEFT = "what is left needs a person, not a job"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--home", type=Path, default=ROOT / "demo-home")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--up", action="store_true", help="start Airflow with its pages and stay")
    parser.add_argument("--clean", action="store_true", help="forget everything the demo has made")
    given = parser.parse_args(argv)
    home = Home(given.home.resolve(), given.rows, given.seed)
    if given.clean:
        home.clean()
        print(f"removed {home.path}")
        return 0
    story, airflow = Story(), Airflow(home.path / "airflow", home.settings())
    alone = (home.path / "lock").open("w")
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        story.say(f"another demo runs on {home.path}; end it first, or give --home another folder", "red")
        return 1
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
    return 0


def tell(story: Story, home: Home, airflow: Airflow) -> None:
    """The story, stage by stage. How long each took is kept for the benchmarks."""
    fresh = not home.done.get("generated")
    with story.stage("Make the warehouse and start Airflow") as stage:
        prepare(stage, home, airflow)
    with story.stage("Keys, ledger, holds and requests") as stage:
        install(stage, home)
    with story.stage("Airflow is ready") as stage:
        runs = ready(stage, airflow)
    with story.stage("Discover") as stage:
        discover(stage, home, runs)
    with story.stage("Validate, before") as stage:
        validate(stage, runs, LEFT if home.done.get("validated") else PLANTED)
        home.remember(validated=True)
    with story.stage("Dispose of what is due") as stage:
        changed = dispose(stage, runs)
    with story.stage("Carry out erasure requests") as stage:
        changed = requests(stage, runs) or changed
    with story.stage("Validate, after") as stage:
        if changed:
            validate(stage, runs, LEFT)
        else:
            stage.outcome = "nothing to do: nothing has changed since"
    with story.stage("Prove it") as stage:
        path = attest(stage, runs)
    for dag in DAGS:
        runs.engineer.pause(dag)
    home.remember(told=[*home.done.get("told", [])[-9:], {
        "on": time.strftime("%Y-%m-%d"), "rows": home.rows, "cores": os.cpu_count(), "load": round(os.getloadavg()[1], 1),
        "python": platform.python_version(), "fresh": fresh, "seconds": story.seconds()}])
    story.summary()
    story.say(f"open {path}", "bold green")
    story.say(f"the command line on this data: . {home.write_env()} && .venv/bin/governance plan list; the pages: make up")


def stay(story: Story, home: Home, airflow: Airflow) -> None:
    """Airflow with its pages on the demo's data, in the foreground."""
    with story.stage("Make the warehouse and start Airflow") as stage:
        prepare(stage, home, airflow, pages=True)
    with story.stage("Keys, ledger, holds and requests") as stage:
        install(stage, home)
    with story.stage("Airflow is ready") as stage:
        ready(stage, airflow)
    story.say(f"open {airflow.url}", "bold green")
    for user in (ENGINEER, OFFICER, COUNSEL):
        story.say(f"  {user}  {airflow.password(user)}")
    story.say("DAGs are paused; unpause or start any of them. Ctrl-C ends Airflow.")
    while not airflow.dead():
        signal.sigtimedwait({signal.SIGCHLD}, 2) if hasattr(signal, "sigtimedwait") else signal.pause()
    raise RunFailed(f"Airflow's {', '.join(airflow.dead())} ended by itself")


def prepare(stage: Stage, home: Home, airflow: Airflow, *, pages: bool = False) -> None:
    """Generate the warehouse and start Airflow at the same time; each takes a core."""
    generating = None if home.done.get("generated") else home.generate()
    failures: list[str] = []
    starting = threading.Thread(target=_start, args=(airflow, pages, failures), daemon=True)
    starting.start()
    if generating is None:
        stage.say("the warehouse, its files and the planted truth are there already")
        stage.outcome = "kept from an earlier run"
    else:
        stage.outcome = _wait_for(stage, generating) + ", with the truth about each row beside them"
        home.remember(generated={"rows": home.rows, "seed": home.seed})
    starting.join()
    if failures:
        raise CommandFailed(failures[0])


def _wait_for(stage: Stage, generating: subprocess.Popen[str]) -> str:
    """Show the generator's progress and return its line about the total; leave nothing running when interrupted."""
    assert generating.stderr is not None
    last = total = ""
    try:
        for line in generating.stderr:
            last = line.strip().partition("  ")[2] or line.strip()
            stage.say(last)
            total = last if " rows in " in last else total
        code = generating.wait()
    except BaseException:
        os.killpg(generating.pid, signal.SIGKILL)
        raise
    if code:
        raise CommandFailed(f"the generator failed: {last}")
    return total


def _start(airflow: Airflow, pages: bool, failures: list[str]) -> None:
    migrating = airflow.migrate()
    if migrating is not None:
        if migrating.wait():
            failures.append(f"Airflow's metadata database could not be made; see {airflow.logs / 'migrate.log'}")
            return
        airflow.migrated()
    airflow.start(("api-server", "scheduler", "dag-processor", *(("triggerer",) if pages else ())))


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
        stage.say(f"legal hold {hold['id']} placed by {COUNSEL} for {placed['members']} subject")
    for request in home.truth("requests"):
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
    stage.outcome = f"{len(holds)} legal holds, {fresh} new erasure requests" if fresh else "nothing to do"


def ready(stage: Stage, airflow: Airflow) -> Runs:
    """Wait until the API answers and the DAGs are parsed; make the pool."""
    engineer, officer = (Api(airflow.url, user, airflow.password(user)) for user in (ENGINEER, OFFICER))
    if not engineer.wait_for(lambda: airflow.dead() or engineer.healthy(), 180) or airflow.dead():
        raise CommandFailed(f"Airflow did not start; see {airflow.logs}")
    if not engineer.wait_for(lambda: set(DAGS) <= engineer.dags(), 90):
        raise CommandFailed("the DAGs were not parsed: " + "; ".join(engineer.import_errors() or ["no reason given"]))
    for dag in DAGS:
        engineer.pause(dag)
    engineer.pool(POOL, SLOTS)
    stage.outcome = f"{len(DAGS)} DAGs, pool {POOL} with {SLOTS} slot"
    stage.say(f"{stage.outcome}, at {airflow.url}")
    return Runs(engineer, officer, airflow.dead)


def discover(stage: Stage, home: Home, runs: Runs) -> None:
    """Propose what is personal; the engineer confirms from the declared policy."""
    run = runs.start("discover", scheduled_within=4)
    runs.follow("discover", run, stage.say)
    found = runs.engineer.result("discover", run, "store_what_was_proposed")
    decided = home.governance("catalog", "review", "--from-policy", "--as", ENGINEER)
    stage.say(f"{ENGINEER} confirms {decided['confirmed']} proposals and rejects {decided['rejected']}, from the declared policy")
    stage.outcome = f"{found['personal']} personal columns of {found['columns']}, {found['drift']} drifted"


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
    held = f"{done['held']:,} rows wait for a legal hold to be lifted"
    if done["changed"]:
        stage.outcome = f"{plan['rows']:,} rows planned, {done['changed']:,} changed; {held}; {done['residual']:,} left; {who}"
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
    ended = [runs.engineer.result("requests", run, "request.search_again_and_close", n) for n in range(len(plans))]
    closed, rows = sum(one["state"] == "closed" for one in ended), sum(plan["rows"] for plan in plans)
    stage.outcome = f"{closed} of {len(plans)} requests closed with a certificate each, {rows:,} rows"
    return True


def attest(stage: Stage, runs: Runs) -> str:
    """Verify receipts against the data, check and anchor the chain, write the report."""
    run = runs.start("attest", scheduled_within=4)
    runs.follow("attest", run, stage.say)
    checked = runs.engineer.result("attest", run, "verify_receipts_and_evidence")
    anchored = runs.engineer.result("attest", run, "anchor_the_evidence")
    stage.outcome = f"{checked['plans']} plans looked at again, evidence of {anchored.get('seq', '?')} entries anchored"
    return str(runs.engineer.result("attest", run, "write_the_report")["path"])


def _result(runs: Runs, dag: str, run: str, task: str) -> dict[str, Any]:
    """The whole result of a planning task, whose return value is the list that Airflow maps over."""
    path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/result?deserialize=true"
    value = runs.engineer.call("GET", path)["value"]
    return dict(json.loads(value) if isinstance(value, str) else value)


if __name__ == "__main__":
    raise SystemExit(main())
