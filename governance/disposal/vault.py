"""What a request needs in clear, sealed in the warehouse under a key of its own that is destroyed on closing."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import delete, insert, select

from governance.domain.errors import GovernanceError
from governance.keys import Keys
from governance.warehouse import Warehouse
from governance.warehouse.control import request_subject, vault


@dataclass(frozen=True, slots=True)
class Sealed:
    """`identifiers` are (form, value) pairs as the person gave them; `words` and the unique ones are what resolution added."""

    identifiers: tuple[tuple[str, str], ...] = field(repr=False)
    reply_to: str = field(default="", repr=False)
    proof: str = field(default="", repr=False)
    words: tuple[str, ...] = field(default=(), repr=False)
    unique: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def put(warehouse: Warehouse, keys: Keys, request: str, content: Sealed) -> None:
    """Seal `content` for `request`, in place of what was sealed before. The key is durable before the row is written."""
    keys.create(f"vault/{request}")
    plain = json.dumps([content.identifiers, content.reply_to, content.proof, content.words, content.unique]).encode()
    with warehouse.transaction():
        warehouse.execute(delete(vault).where(vault.c.request == request), name="vault.clear")
        row = {"request": request, "sealed": _cipher(keys, request).encrypt(plain), "at": datetime.now(UTC).replace(tzinfo=None)}
        warehouse.execute(insert(vault).values(row), name="vault.put")


def get(warehouse: Warehouse, keys: Keys, request: str) -> Sealed:
    """What was sealed for `request`. GovernanceError when it is not there or its key was destroyed."""
    sealed = warehouse.scalar(select(vault.c.sealed).where(vault.c.request == request), name="vault.get")
    if sealed is None:
        raise GovernanceError("has nothing in the vault", where=request, fix="open the request again with its identifiers")
    try:
        identifiers, reply_to, proof, words, unique = json.loads(_cipher(keys, request).decrypt(bytes(sealed)))
    except InvalidToken:
        raise GovernanceError("cannot be read from the vault with this key", where=request,
                              fix="restore the key folder that belongs to this warehouse") from None
    return Sealed(_pairs(identifiers), reply_to, proof, tuple(words), _pairs(unique))


def destroy(warehouse: Warehouse, keys: Keys, request: str) -> None:
    """Remove the sealed row and the resolved subjects, then the key."""
    with warehouse.transaction():
        warehouse.execute(delete(vault).where(vault.c.request == request), name="vault.destroy")
        warehouse.execute(delete(request_subject).where(request_subject.c.request == request), name="vault.forget_subjects")
    keys.destroy(f"vault/{request}")


def forget_subjects(warehouse: Warehouse, request: str) -> None:
    """Remove the resolved subjects and keep what the person said, for recipients that have yet to be told."""
    warehouse.execute(delete(request_subject).where(request_subject.c.request == request), name="vault.forget_subjects")


def _cipher(keys: Keys, request: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(keys.read(f"vault/{request}")))


def _pairs(values: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((form, value) for form, value in values)
