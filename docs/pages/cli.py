"""Every command of the command line, from its own help."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from docs.pages import MADE, table
from governance.cli import cli

CODES = (("0", "done"), ("1", "error; the message says what, where and what to do"), ("2", "wrong usage"),
         ("3", "findings: a violation, a residual row, or drift of the schema"))


def page(root: Path) -> str:
    lines = ["# The command line", "", MADE, "", words(cli), "", *table(("Exit code", "Meaning"), CODES), ""]
    found = list(commands(cli, "governance"))
    lines += [f"* [`{name}`](#{name.replace(' ', '-')}): {words(command).splitlines()[0]}" for name, command in found]
    for name, command in found:
        lines += ["", *section(name, command)]
    return "\n".join(lines) + "\n"


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """(full name, command) of every command that does something, in order of name."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def section(name: str, command: click.Command) -> list[str]:
    context = click.Context(command, info_name=name)
    usage = " ".join((name, *command.collect_usage_pieces(context)))
    lines = [f"## {name}", "", words(command), "", f"    {usage}"]
    options = [option(p, context) for p in command.params if isinstance(p, click.Option)]
    return [*lines, "", *table(("Option", "Meaning"), options)] if options else lines


def option(given: click.Option, context: click.Context) -> tuple[str, str]:
    """(spelling, meaning with what click knows of it)."""
    names = ", ".join((*given.opts, *given.secondary_opts))
    metavar = "" if given.is_flag else f" {given.make_metavar(context)}"
    notes = [word for word, holds in (("required", given.required), ("may be repeated", given.multiple)) if holds]
    if given.show_default and given.default is not None:
        notes.append(f"default {given.default}")
    meaning = " ".join(filter(None, ((given.help or "").rstrip("."), f"({', '.join(notes)})" if notes else "")))
    return f"`{names}{metavar}`", meaning


def words(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")
