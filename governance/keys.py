"""Secret keys, apart from the data they protect: one file each in a folder that only this user may read.

A key never enters SQL, a log, the ledger or an error. Destroying one makes what it sealed or hashed unreadable for good.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from governance.domain.errors import SettingsError

_NAME = re.compile(r"[a-z][a-z0-9_-]*(?:/[A-Za-z0-9_.-]+)?\Z")
SUPPRESSION = "suppression"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys below `folder`. Names are ``kind`` or ``kind/name``; suppression keys have versions ``suppression/v1``."""

    folder: Path

    def read(self, name: str) -> bytes:
        """32 secret bytes. SettingsError when the key is missing, was destroyed or can be read by others."""
        path = self._path(name)
        try:
            mode = path.stat().st_mode
            value = path.read_bytes()
        except FileNotFoundError:
            fix = "governance doctor --fix makes the keys of an installation; a destroyed key stays gone"
            raise SettingsError(f"secret {name} is missing", where="GOVERNANCE_SECRETS", fix=fix) from None
        except PermissionError:
            raise SettingsError(f"secret {name} cannot be read by this user", where="GOVERNANCE_SECRETS",
                                fix="give the folder to the user that runs the jobs") from None
        if mode & 0o077:
            raise SettingsError(f"secret {name} can be read by other users", where="GOVERNANCE_SECRETS",
                                fix="chmod -R go-rwx on the folder")
        if len(value) != 32:
            raise SettingsError(f"secret {name} is damaged", where="GOVERNANCE_SECRETS",
                                fix="restore it from where keys are kept")
        return value

    def exists(self, name: str) -> bool:
        return self._path(name).exists()

    def create(self, name: str) -> bool:
        """Make a new random key, durable before this returns; False when it is there already."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return True

    def destroy(self, name: str) -> bool:
        """Overwrite and remove a key; False when it was not there. What it protected cannot be read again."""
        path = self._path(name)
        try:
            with path.open("r+b") as file:
                file.write(bytes(32))
                file.flush()
                os.fsync(file.fileno())
        except FileNotFoundError:
            return False
        path.unlink()
        return True

    def versions(self, kind: str) -> list[str]:
        """Names of the keys of a kind, oldest first: ``v1``, ``v2``."""
        found = [p.stem for p in (self.folder / kind).glob("v*.key")]
        return sorted(found, key=lambda v: int(v[1:]) if v[1:].isdigit() else 0)

    def _path(self, name: str) -> Path:
        if not _NAME.match(name):
            raise SettingsError("is not the name of a key", where=name, fix="use letters, digits, - and _")
        return self.folder / f"{name}.key"


def keyed_hash(key: bytes, form: str, value: str) -> str:
    """HMAC-SHA256 of a folded identifier, 64 hexadecimal digits; the form keeps equal texts of two kinds apart."""
    return hmac.digest(key, f"{form}\x1f{value}".encode(), "sha256").hex()
