"""Anchors: the head of the chain, written where whoever owns the ledger's database cannot change it unseen."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from governance.domain.canonical import dumps
from governance.domain.errors import EvidenceBroken, LedgerError, SettingsError
from governance.ledger.evidence import Anchor
from governance.ledger.ledger import Ledger

_SETTING = "GOVERNANCE_ANCHOR"
_FIX = "governance evidence verify; compare the database with its backups"


class Target(Protocol):
    """A place that keeps lines and does not let go of them."""

    def append(self, line: str) -> None:
        """Add one line, for good when this returns."""

    def lines(self) -> list[str] | None:
        """All lines in order, None when the place was never written to."""


class FileTarget:
    """Lines of a file, appended and synced. A line cut short by a crash was never acknowledged and is taken back."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, line: str) -> None:
        try:
            with self.path.open("ab+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                whole = file.read()
                complete = whole.rfind(b"\n") + 1
                if complete != len(whole):
                    file.truncate(complete)
                file.write(line.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise LedgerError(f"the anchor cannot be written: {os.strerror(error.errno or 0)}", where=self.path,
                              fix=f"let this user append to it, or set {_SETTING} to another file") from None

    def lines(self) -> list[str] | None:
        try:
            whole = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LedgerError(f"the anchors cannot be read: {os.strerror(error.errno or 0)}", where=self.path,
                              fix="let this user read the file") from None
        return whole[: whole.rfind(b"\n") + 1].decode(errors="replace").splitlines()


def target_of(target: str) -> Target:
    """The place that `target` names: a path or file:// address. SettingsError for anything else; a bucket's place is made by
    `governance.installation`, because only `governance.stores` may talk to one."""
    parts = urlsplit(target)
    if parts.scheme == "file":
        return FileTarget(Path(unquote(parts.path)))
    if "://" in target or not target:
        raise SettingsError("anchors are written to a file or a bucket", where=_SETTING,
                            fix=f"export {_SETTING}=/srv/anchors.jsonl, or {_SETTING}=s3://bucket/ledger")
    return FileTarget(Path(target))


def anchor(ledger: Ledger, target: str, now: datetime, *, place: Target | None = None) -> dict[str, Any]:
    """Write the head of the chain to `target`: {"seq", "digest", "at"}, returned as written.

    EvidenceBroken when the chain is no longer the one anchored there before: a forged chain gets no anchor.
    """
    place = place or target_of(target)
    check_anchors(ledger, target, place=place)
    head = ledger.head()
    if head is None:
        raise LedgerError("there is no evidence to anchor yet", where=ledger.where, fix="run a job first")
    line = {"seq": head.seq, "digest": head.digest, "at": now.astimezone(UTC).isoformat()}
    place.append(dumps(line))
    ledger.remember_anchor(Anchor(target, head.seq, head.digest, now))
    return line


def check_anchors(ledger: Ledger, target: str, *, place: Target | None = None) -> int:
    """How many anchors at `target` the chain still contains: all of them, or EvidenceBroken."""
    lines = (place or target_of(target)).lines()
    known = ledger.anchors(target)
    if lines is None:
        if known:
            raise EvidenceBroken("the anchors are gone", where=target, fix="restore the file; " + _FIX)
        return 0
    heads = [_head(line, f"{target}, line {number}") for number, line in enumerate(lines, 1)]
    for record in known:
        if (record.seq, record.digest) not in heads:
            raise EvidenceBroken("an anchor that was written is no longer there",
                                 where=f"{target}, evidence {record.seq}", fix=_FIX)
    wanted = {seq for seq, _ in heads}
    chain = {entry.seq: entry.digest for entry in ledger.entries() if entry.seq in wanted} if heads else {}
    for number, (seq, digest) in enumerate(heads, 1):
        if chain.get(seq) != digest:
            raise EvidenceBroken("the chain no longer contains an anchored head",
                                 where=f"{target}, line {number}, evidence {seq}", fix=_FIX)
    return len(heads)


def _head(line: str, where: str) -> tuple[int, str]:
    try:
        found = json.loads(line)
        return int(found["seq"]), str(found["digest"])
    except (ValueError, TypeError, KeyError):
        raise EvidenceBroken("is not an anchor", where=where, fix="restore the file of anchors from its copy") from None
