"""The wheel in an environment of its own, without Airflow, called by an Airflow that cannot import the product."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
pytestmark = [pytest.mark.airflow, pytest.mark.slow]

PLAN = {"job": "disposal.plan", "plans": True}
# Tasks of an Airflow in which nobody can import the product.
TASK = """
import json, os, sys
from datetime import UTC, datetime
from types import SimpleNamespace
sys.modules["governance"] = None
from governance_airflow.operators import GovernanceOperator
run = SimpleNamespace(dag_id="dispose", run_id="run-1", run_type=SimpleNamespace(value="scheduled"),
                      data_interval_end=datetime(2026, 9, 30, tzinfo=UTC), triggering_user_name=None)
told = []
for python, asked in json.load(sys.stdin):
    os.environ["GOVERNANCE_PYTHON"] = python
    try:
        told.append(GovernanceOperator(task_id="t", **asked).execute(
            {"dag_run": run, "ti": SimpleNamespace(task_id="t", run_id="run-1"), "params": {}}))
    except Exception as error:
        told.append({"raised": type(error).__name__, "words": str(error), "context": repr(error.__context__),
                     "cause": repr(error.__cause__)})
print("ANSWER", json.dumps(told))
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel and what it needs, as pinned, and nothing else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "governance", source / "governance", ignore=shutil.ignore_patterns("__pycache__"))
    run(UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(folder), str(source))
    run(UV, "venv", "--quiet", "--python", sys.executable, str(folder / "env"))
    pins = re.findall(r"^([a-z0-9._-]+==[^ \\]+(?: ; [^\\]+)?)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    (folder / "pins.txt").write_text("\n".join(pin.strip() for pin in pins))
    python = folder / "env/bin/python"
    [wheel] = folder.glob("*.whl")
    install = [UV, "pip", "install", "--quiet", "--python", str(python), "--constraint", str(folder / "pins.txt"), str(wheel)]
    # What `make env` fetched is at hand; an index is asked only for what is not, and as the Makefile does: uv brings its own
    # certificates, and behind a company's proxy only the machine's know the index.
    if all(subprocess.run([*install, *more], capture_output=True, check=False).returncode for more in (["--offline"], [])):
        run(*install, env={**os.environ, "UV_SYSTEM_CERTS": "1"})
    return python


def run(*command: str, **more: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **more)
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]
    return done.stdout


def call(*asked: tuple[Path, dict[str, Any]]) -> list[dict[str, Any]]:
    """What tasks of that Airflow return or raise, one after the other."""
    given = json.dumps([(str(python), one) for python, one in asked])
    printed = run(sys.executable, "-c", TASK, input=given, env={**os.environ, "PYTHONPATH": str(ROOT / "plugins")})
    told: list[dict[str, Any]] = json.loads(printed.split("ANSWER ", 1)[1])
    return told


def test_the_wheel_works_without_airflow(elsewhere: Path, tmp_path: Path) -> None:
    """Outside the clone: nothing is found beside the package by accident."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GOVERNANCE_", "PYTHON"))}
    program = str(elsewhere.parent / "governance")
    assert "Keep the promises" in run(program, "--help", cwd=tmp_path, env=clean)
    checked = run(program, "policy", "check", "--no-schema", "--policy", str(ROOT / "policy"), cwd=tmp_path, env=clean)
    assert "no mistakes" in checked
    missing = subprocess.run([str(elsewhere), "-c", "import airflow"], capture_output=True, check=False, env=clean, cwd=tmp_path)
    assert missing.returncode == 1
    # What is read at run time is inside: recognizers, name lists, templates, migrations.
    script = ("import governance, pathlib; from governance.discovery.recognizer import combined; combined(()); "
              "from governance.ledger import Ledger; Ledger.migrate('sqlite:///ledger.sqlite'); "
              "print(pathlib.Path(governance.__file__).is_relative_to(pathlib.Path(__import__('sys').prefix)))")
    assert run(str(elsewhere), "-c", script, cwd=tmp_path, env=clean).strip().endswith("True")
    root = Path(run(str(elsewhere), "-c", "import governance; print(governance.__path__[0])", cwd=tmp_path, env=clean).strip())
    data = {p.relative_to(ROOT / "governance") for p in (ROOT / "governance").rglob("*")
            if p.is_file() and p.suffix not in (".py", ".pyc")}
    assert {p for p in data if not (root / p).is_file()} == set()


def test_a_task_gets_its_result_from_the_other_environment(elsewhere: Path, company: Any) -> None:
    [told] = call((elsewhere, PLAN))
    assert re.fullmatch("[0-9a-f]{64}", told["digest"])
    assert told["rows"] > 0
    from governance.installation import installed

    with installed() as installation:
        assert installation.ledger.plan(told["digest"]).as_of.day == 30, "the end of the run's data interval came along"


def test_errors_of_the_other_environment_keep_their_words_and_no_values(elsewhere: Path, company: Any) -> None:
    person = "Aytən Səmədzadə"
    unforeseen, ours, gone, silent = call(
        (elsewhere, {"job": "discover.scan", "arguments": {"run": "r", "tables": [person]}}), (elsewhere, {"job": "no.such.job"}),
        (Path("/nowhere/python"), PLAN), (Path("/bin/true"), PLAN))
    assert unforeseen["raised"] == "AirflowFailException"
    assert "ValueError in governance/domain/names.py, line" in unforeseen["words"]
    assert person not in json.dumps(unforeseen, ensure_ascii=False)
    assert (ours["raised"], ours["context"], ours["cause"]) == ("AirflowFailException", "None", "None")
    assert "is not a job" in ours["words"]
    assert "name the python of the environment" in gone["words"]
    assert "gave no answer" in silent["words"]


def test_a_busy_warehouse_is_tried_again_from_the_other_environment_too(elsewhere: Path, company: Any) -> None:
    import duckdb

    with duckdb.connect(str(company.folder / "warehouse.duckdb")):
        [told] = call((elsewhere, PLAN))
    assert told["raised"] == "AirflowException"
