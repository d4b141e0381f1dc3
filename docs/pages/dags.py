"""The DAGs, read from their files without importing Airflow: docstring, schedule, parameters and tasks in order."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.pages import MADE, table
from governance.jobs import CATALOGUE

ORDER = ("discover", "validate", "dispose", "requests", "depersonalize", "reconcile", "attest")


@dataclass(frozen=True, slots=True)
class Task:
    """`job` is "" where the task is Airflow's own work: a question, a branch."""

    sentence: str
    job: str
    per: str
    pool: bool


def page(root: Path) -> str:
    vocabulary = ast.parse((root / "plugins/governance_airflow/vocabulary.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in vocabulary.body if isinstance(node, ast.FunctionDef)}
    constants = {node.targets[0].id: node.value for node in vocabulary.body  # type: ignore[attr-defined]
                 if isinstance(node, ast.Assign)}
    pool, dry_run = (ast.literal_eval(constants[name]) for name in ("POOL", "DRY_RUN"))
    files = {path.stem: path for path in sorted((root / "dags").glob("*.py"))}
    lines = ["# The DAGs", "", MADE, "",
             "Each runs at most once at a time, never catches up missed runs, and retries patiently. Every task that opens",
             f"the warehouse waits for a slot of the pool `{pool}`. Times are UTC. Clearing, retrying or backfilling is safe."]
    for name in sorted(files, key=lambda n: (ORDER.index(n) if n in ORDER else len(ORDER), n)):
        lines += ["", *section(name, ast.parse(files[name].read_text(encoding="utf-8")), functions, constants, dry_run)]
    return "\n".join(lines) + "\n"


def section(name: str, module: ast.Module, functions: dict[str, ast.FunctionDef], constants: dict[str, ast.expr],
            dry_run: str) -> list[str]:
    doc = (ast.get_docstring(module) or "").split("\n", 1)[-1].strip()
    wiring = next(node for node in module.body if isinstance(node, ast.FunctionDef))
    kind = next(call for call in calls(wiring.decorator_list[0]) if called(call) in functions)
    facts = [("Schedule", schedule(kind.args[0], constants)), ("Owner", text(keyword(kind, "owner")))]
    if called(kind) == "nightly":
        facts.append(("Parameter `dry_run`", f"on by default. {dry_run}"))
    facts += parameters(kind, constants)
    emitted = [asset(k.value, constants) for call in calls(wiring) for k in call.keywords if k.arg == "outlets"]
    facts += [("Emits", ", ".join(f"`{a}`" for a in emitted))] if emitted else []
    rows = [(t.sentence, f"`{t.job}`" if t.job else "Airflow", t.per, "yes" if t.pool else "", meaning(t))
            for t in tasks(wiring, functions)]
    return [f"## {name}", "", doc, "", *table(("", ""), facts), "",
            *table(("Task", "Job", "Once per", "Pool", "What it does"), rows)]


def parameters(kind: ast.Call, constants: dict[str, ast.expr]) -> list[tuple[str, str]]:
    """(heading, default and description) of the parameters a DAG names from the vocabulary."""
    given = keyword(kind, "params")
    declared = constants[text(given)] if given is not None else None
    found = []
    for key, param in zip(declared.keys, declared.values, strict=True) if isinstance(declared, ast.Dict) else ():
        assert isinstance(param, ast.Call)
        default = ast.literal_eval(param.args[0])
        said = {True: "on", False: "off"}[default] if isinstance(default, bool) else f"`{default}`"
        found.append((f"Parameter `{text(key)}`", f"{said} by default. {text(keyword(param, 'description'))}"))
    return found


def tasks(wiring: ast.FunctionDef, functions: dict[str, ast.FunctionDef]) -> Iterator[Task]:
    """The tasks of a DAG in the order they are written; what a word of the vocabulary makes stands where it is used."""
    ordered = sorted(calls(wiring), key=lambda c: (c.lineno, c.col_offset))
    # A dry run is stopped right after the plan, wherever the file says so.
    stops = [c for c in ordered if called(c) == "unless_dry_run"]
    for call in [c for c in ordered if c not in stops]:
        each = any(k.arg is None and text(k.value) == "each" for k in call.keywords)
        match called(call):
            case "job":
                over = text(keyword(call, "over")).rstrip("s")
                yield Task(text(call.args[1]), text(call.args[0]), over or ("plan" if each else ""), waits(call))
                if keyword(call, "plans") is not None and stops:
                    yield from made_by(functions["unless_dry_run"], "", "")
            case "mapped":
                yield Task(text(call.args[1]), text(call.args[0]), "chunk", waits(call))
            case "approvals":
                yield from made_by(functions["approvals"], text(call.args[1]), "plan" if each else "")


def made_by(function: ast.FunctionDef, job: str, per: str) -> Iterator[Task]:
    """The tasks that a function of the vocabulary makes: each names its sentence."""
    for call in sorted(calls(function), key=lambda c: (c.lineno, c.col_offset)):
        if called(call) == "sentence_of":
            yield Task(text(call.args[0]), "", per, False)
        elif called(call) == "job":
            yield Task(text(call.args[1]), job, per, waits(call))


def meaning(task: Task) -> str:
    """The first paragraph of the job's own docstring."""
    return inspect.getdoc(CATALOGUE[task.job]).split("\n\n")[0] if task.job else ""  # type: ignore[union-attr]


def schedule(given: ast.expr, constants: dict[str, ast.expr]) -> str:
    return f"`{given.value}`" if isinstance(given, ast.Constant) else f"when the asset `{asset(given, constants)}` is renewed"


def asset(given: ast.expr, constants: dict[str, ast.expr]) -> str:
    """The name of the asset a constant of the vocabulary stands for; of the first one in a list."""
    given = given.elts[0] if isinstance(given, ast.List) else given
    made = constants[text(given)]
    assert isinstance(made, ast.Call)
    return text(made.args[0])


def waits(call: ast.Call) -> bool:
    given = keyword(call, "warehouse")
    return not (isinstance(given, ast.Constant) and given.value is False)


def calls(node: ast.AST) -> list[ast.Call]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Call)]


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == name), None)


def text(given: Any) -> str:
    """A string constant or a bare name; "" for nothing."""
    return str(given.value) if isinstance(given, ast.Constant) else given.id if isinstance(given, ast.Name) else ""
