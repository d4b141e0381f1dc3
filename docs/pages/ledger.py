"""The ledger's tables, with the comments that stand above them in the models."""

from __future__ import annotations

import ast
from pathlib import Path

from sqlalchemy import Column, UniqueConstraint

from docs.pages import MADE, table
from governance.ledger import models

WORDS = {"Text": "text", "BigInteger": "number", "Integer": "number", "Boolean": "yes or no", "Float": "number with fraction",
         "LargeBinary": "bytes", "Moment": "moment, UTC", "Plain": "JSON, in canonical spelling"}


def page(root: Path) -> str:
    source = (root / "governance/ledger/models.py").read_text(encoding="utf-8")
    said = comments(source)
    lines = ["# The ledger", "", MADE, "", models.__doc__.strip() if models.__doc__ else "", "",
             "It is a database of its own, SQLite or PostgreSQL, and holds no clear personal data of data subjects. Identifiers",
             "of people stay in the vault in the warehouse; members of staff appear by user id."]
    for found in models.metadata.tables.values():
        comment = said.get(found.name, "")
        lines += ["", f"## {found.name}", "", *([comment, ""] if comment else []),
                  *table(("Column", "Type", "May be empty", "Key"), [row(c) for c in found.columns])]
        unique = [", ".join(c.name for c in u.columns) for u in found.constraints if isinstance(u, UniqueConstraint)]
        lines += ["", *(f"Unique: {columns}." for columns in sorted(unique))] if unique else []
    return "\n".join(lines) + "\n"


def row(column: Column[object]) -> tuple[str, str, str, str]:
    refers = ", ".join(sorted(f"refers to {key.target_fullname}" for key in column.foreign_keys))
    key = "; ".join(filter(None, ("primary" if column.primary_key else "", refers)))
    return f"`{column.name}`", WORDS[type(column.type).__name__], "yes" if column.nullable else "", key


def comments(source: str) -> dict[str, str]:
    """Table name -> the comment lines right above its definition."""
    lines, found = source.splitlines(), {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "Table":
            first = node.lineno - 1
            while first and lines[first - 1].startswith("# ") and not lines[first - 1].startswith("# --"):
                first -= 1
            name = node.value.args[0]
            assert isinstance(name, ast.Constant)
            found[str(name.value)] = " ".join(line.lstrip("# ") for line in lines[first:node.lineno - 1])
    return found

