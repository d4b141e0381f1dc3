"""Files that rows point to, in a folder or an S3 bucket. The one module that imports boto3.

Removing a file removes all its versions and is believed only after asking the store again; a store that does not answer
is `StoreUnavailable`, never a silent success.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from governance.domain.errors import FeedUnsettled, SettingsError, StoreUnavailable

PIECE = 1 << 20


@dataclass(frozen=True, order=True, slots=True)
class StoredFile:
    """One file as it was listed. `version` tells it from what may lie there later under the same name."""

    ref: str
    size: int
    changed_at: datetime
    version: str


class FileStore(Protocol):
    """`ref` is what a row holds: a path or key relative to the store's root."""

    def exists(self, ref: str) -> bool: ...

    def remove(self, ref: str) -> bool:
        """Remove all versions; whether there was anything. The file is certainly gone when this returns."""

    def refs(self) -> Iterator[str]:
        """Every file in the store."""

    def files(self) -> Iterator[StoredFile]:
        """Every whole file in the store, ordered by name; uploads that are not finished are none."""

    def read(self, file: StoredFile) -> Iterator[bytes]:
        """The bytes of a file in pieces. FeedUnsettled when it is not, or does not stay, the one that was listed."""

    def put(self, ref: str, source: Path) -> None:
        """The file at `source` under the name `ref`, whole or not at all; what was there before is replaced."""

    def fetch(self, ref: str) -> bytes | None:
        """All bytes of a small file as it is now, None when there is none."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on this machine. References that lead out of it are refused."""

    root: Path
    name: str

    def _path(self, ref: str) -> Path:
        root = self.root.resolve()
        path = (root / ref).resolve()
        if root not in path.parents:
            raise StoreUnavailable("a row points to a file outside its store", where=f"store {self.name}",
                                   fix="correct the row, or the store's root in the policy")
        return path

    def _ready(self) -> None:
        if not self.root.is_dir():
            raise StoreUnavailable("the folder is not there", where=f"store {self.name}",
                                   fix="mount it, or correct `root:` of the store and GOVERNANCE_STORES")

    def exists(self, ref: str) -> bool:
        self._ready()
        return self._path(ref).exists()

    def remove(self, ref: str) -> bool:
        self._ready()
        path = self._path(ref)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StoreUnavailable(f"a file cannot be removed ({error.strerror})", where=f"store {self.name}",
                                   fix="give the user that runs the jobs the right to remove files there") from None
        if path.exists():
            raise StoreUnavailable("a file is still there after removing it", where=f"store {self.name}", fix="run again")
        return True

    def refs(self) -> Iterator[str]:
        self._ready()
        return (str(p.relative_to(self.root)) for p in sorted(self.root.rglob("*")) if p.is_file())

    def files(self) -> Iterator[StoredFile]:
        self._ready()
        for path in sorted(p for p in self.root.rglob("*") if p.is_file()):
            try:
                yield _stored(path.relative_to(self.root).as_posix(), path)
            except FileNotFoundError:
                continue

    def read(self, file: StoredFile) -> Iterator[bytes]:
        self._ready()
        path = self._path(file.ref)
        try:
            with path.open("rb") as opened:
                while piece := opened.read(PIECE):
                    yield piece
            now = _stored(file.ref, path)
        except FileNotFoundError:
            raise _unsettled(self.name) from None
        except OSError as error:
            raise StoreUnavailable(f"a file cannot be read ({error.strerror})", where=f"store {self.name}",
                                   fix="give the user that runs the jobs the right to read files there") from None
        if now != file:
            raise _unsettled(self.name)

    def put(self, ref: str, source: Path) -> None:
        if not self.root.is_dir() and self.root.parent.is_dir():
            self.root.mkdir(mode=0o750)
        self._ready()
        path = self._path(ref)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            with source.open("rb") as read, open(beside, "wb", opener=lambda name, flags: os.open(name, flags, 0o640)) as written:
                shutil.copyfileobj(read, written, PIECE)
                written.flush()
                os.fsync(written.fileno())
            beside.replace(path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise StoreUnavailable(f"a file cannot be written ({error.strerror})", where=f"store {self.name}",
                                   fix="give the user that runs the jobs the right to write there, and room") from None

    def fetch(self, ref: str) -> bytes | None:
        self._ready()
        try:
            return self._path(ref).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(f"a file cannot be read ({error.strerror})", where=f"store {self.name}",
                                   fix="give the user that runs the jobs the right to read files there") from None


def _stored(ref: str, path: Path) -> StoredFile:
    found = path.stat()
    return StoredFile(ref, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC), f"{found.st_ino}:{found.st_mtime_ns}")


def _unsettled(name: str) -> FeedUnsettled:
    return FeedUnsettled("a file changed while it was being read", where=f"store {name}",
                         fix="run again when whoever writes it has finished; best give it its name only then")


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3 prefix. All versions and delete markers of a key go."""

    bucket: str
    prefix: str
    name: str

    def _client(self) -> Any:
        import boto3

        return boto3.client("s3")

    def _versions(self, client: Any, ref: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for page in client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=self.prefix + ref):
            for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if item["Key"] == self.prefix + ref:
                    found.append({"Key": item["Key"], "VersionId": item["VersionId"]})
        return found

    def exists(self, ref: str) -> bool:
        with _s3_errors(f"store {self.name}"):
            return bool(self._versions(self._client(), ref))

    def remove(self, ref: str) -> bool:
        with _s3_errors(f"store {self.name}"):
            client = self._client()
            versions = self._versions(client, ref)
            for start in range(0, len(versions), 1000):
                some = {"Objects": versions[start:start + 1000], "Quiet": True}
                answer = client.delete_objects(Bucket=self.bucket, Delete=some)
                if answer.get("Errors"):
                    code = answer["Errors"][0].get("Code", "unknown")
                    raise StoreUnavailable(f"a version cannot be removed ({code})", where=f"store {self.name}",
                                           fix="check permissions, object lock and retention of the bucket")
            if self._versions(client, ref):
                raise StoreUnavailable("a file is still there after removing it", where=f"store {self.name}", fix="run again")
            return bool(versions)

    def refs(self) -> Iterator[str]:
        with _s3_errors(f"store {self.name}"):
            for page in self._client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix):
                for item in page.get("Contents", ()):
                    yield item["Key"].removeprefix(self.prefix)

    def files(self) -> Iterator[StoredFile]:
        with _s3_errors(f"store {self.name}"):
            for page in self._client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix):
                for item in page.get("Contents", ()):
                    if not item["Key"].endswith("/"):
                        yield StoredFile(item["Key"].removeprefix(self.prefix), item["Size"],
                                         item["LastModified"].astimezone(UTC), item["ETag"])

    def read(self, file: StoredFile) -> Iterator[bytes]:
        with _s3_errors(f"store {self.name}"):
            client = self._client()
            try:
                body = client.get_object(Bucket=self.bucket, Key=self.prefix + file.ref, IfMatch=file.version)["Body"]
            except client.exceptions.ClientError as error:
                if error.response.get("Error", {}).get("Code") in ("PreconditionFailed", "412", "NoSuchKey", "404"):
                    raise _unsettled(self.name) from None
                raise
            try:
                yield from body.iter_chunks(PIECE)
            finally:
                body.close()

    def put(self, ref: str, source: Path) -> None:
        with _s3_errors(f"store {self.name}"), source.open("rb") as body:
            self._client().put_object(Bucket=self.bucket, Key=self.prefix + ref, Body=body)

    def fetch(self, ref: str) -> bytes | None:
        with _s3_errors(f"store {self.name}"):
            client = self._client()
            try:
                return bytes(client.get_object(Bucket=self.bucket, Key=self.prefix + ref)["Body"].read())
            except client.exceptions.NoSuchKey:
                return None


@dataclass(frozen=True, slots=True)
class LockedObjects:
    """Objects below a prefix that are put once and stay. Where the bucket has object lock, each is locked in COMPLIANCE mode for
    `days`, or for the bucket's own default if that is longer; the lock is read back. Without object lock they are only put."""

    bucket: str
    prefix: str
    days: int

    @property
    def where(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def locks(self) -> bool:
        """Whether the bucket has object lock."""
        return self._locks(s3_client())

    def names(self) -> list[str]:
        """Names below the prefix in order, those too that somebody hid behind a delete marker."""
        with _s3_errors(self.where, _ANCHOR_FIX):
            return sorted({v["Key"].removeprefix(self.prefix) for v in self._versions(s3_client(), self.prefix)})

    def first(self, name: str) -> bytes:
        """The content of the oldest version: what was put first stands, whatever was put over it."""
        with _s3_errors(self.where, _ANCHOR_FIX):
            client = s3_client()
            mine = [v for v in self._versions(client, self.prefix + name) if v["Key"] == self.prefix + name]
            if not mine:
                raise StoreUnavailable("an object that was listed is not there", where=self.where + name, fix=_ANCHOR_FIX)
            oldest = min(enumerate(mine), key=lambda pair: (pair[1]["LastModified"], -pair[0]))[1]
            given = client.get_object(Bucket=self.bucket, Key=oldest["Key"], VersionId=oldest["VersionId"])
            return bytes(given["Body"].read())

    def put_new(self, name: str, content: bytes) -> bool:
        """Put an object unless there is one of this name. False when there is; StoreUnavailable when its lock does not hold."""
        from botocore.exceptions import ClientError

        with _s3_errors(self.where, _ANCHOR_FIX):
            client = s3_client()
            until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=self.days)
            locked = self._locks(client)
            lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until} if locked else {}
            try:
                put = client.put_object(Bucket=self.bucket, Key=self.prefix + name, Body=content, IfNoneMatch="*",
                                        ChecksumAlgorithm="SHA256", **lock)
            except ClientError as error:
                if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict", "412", "409"):
                    return False
                raise
            if locked:
                version = {"VersionId": put["VersionId"]} if put.get("VersionId") else {}
                kept = client.head_object(Bucket=self.bucket, Key=self.prefix + name, **version)
                if kept.get("ObjectLockMode") != "COMPLIANCE" or kept["ObjectLockRetainUntilDate"] < until - timedelta(minutes=1):
                    raise StoreUnavailable("the store took an object and did not lock it", where=self.where + name, fix=_ANCHOR_FIX)
            return True

    def _locks(self, client: Any) -> bool:
        from botocore.exceptions import ClientError

        with _s3_errors(self.where, _ANCHOR_FIX):
            try:
                found = client.get_object_lock_configuration(Bucket=self.bucket)
            except ClientError as error:
                if error.response["Error"]["Code"] in ("ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration"):
                    return False
                raise
            return bool(found["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled")

    def _versions(self, client: Any, prefix: str) -> list[dict[str, Any]]:
        pages = client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix)
        return [version for page in pages for version in page.get("Versions", ())]


class BucketTarget:
    """Lines as objects of an S3 bucket, numbered in order; with object lock on the bucket nobody can remove or replace one."""

    def __init__(self, objects: LockedObjects) -> None:
        self.objects = objects

    def append(self, line: str) -> None:
        """One new object. What the store then gives back is compared: a store that says yes and keeps something else is an error."""
        number = len(self.objects.names())
        content = line.encode() + b"\n"  # so that the objects one after the other are the file the offline verifier reads
        while not self.objects.put_new(f"{number:08d}.json", content):
            number += 1  # somebody else anchored meanwhile
        if self.objects.first(f"{number:08d}.json") != content:
            raise StoreUnavailable("the store gives back another anchor than was written", where=self.objects.where,
                                   fix="look at the bucket's versions; use a store that keeps what it takes")

    def lines(self) -> list[str] | None:
        """Always the first version of each object: one put over it later changes nothing."""
        names = self.objects.names()
        return [self.objects.first(name).decode(errors="replace").rstrip("\n") for name in names] if names else None


_ANCHOR_FIX = "check the bucket of GOVERNANCE_ANCHOR, its permissions, its object lock and the network"


def s3_client() -> Any:
    """The S3 client; address and account come from the environment as boto3 knows it (AWS_ENDPOINT_URL_S3 and others)."""
    import boto3

    return boto3.client("s3")


class _s3_errors:
    """Turns every error of the S3 client into ours: the code only, never a key."""

    def __init__(self, where: str, fix: str = "check the bucket, its permissions and the network") -> None:
        self.where, self.fix = where, fix

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, StoreUnavailable | FeedUnsettled):
            return
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            code = error.response.get("Error", {}).get("Code", "unknown")
        elif isinstance(error, BotoCoreError):
            code = type(error).__name__
        else:
            return
        raise StoreUnavailable(f"the store answered {code}", where=self.where, fix=self.fix) from None


@dataclass(frozen=True, slots=True)
class Stores:
    """Every declared store by name. `base` is GOVERNANCE_STORES, below which relative roots lie."""

    roots: Mapping[str, str]
    base: Path | None

    def named(self, name: str) -> FileStore:
        root = self.roots.get(name)
        if root is None:
            raise SettingsError("is not a declared store", where=name, fix="declare it under `stores:` in the policy")
        return self.at(root, name)

    def at(self, root: str, name: str) -> FileStore:
        """The store at `root`, a folder or an s3:// prefix. `name` is what errors call it."""
        if root.startswith("s3://"):
            bucket, _, prefix = root.removeprefix("s3://").partition("/")
            return Bucket(bucket, prefix.rstrip("/") + "/" if prefix else "", name)
        path = Path(root)
        if not path.is_absolute():
            if self.base is None:
                raise SettingsError("is not set", where="GOVERNANCE_STORES",
                                    fix=f"export GOVERNANCE_STORES=... (the folder that holds {root}, of store {name})")
            path = self.base / path
        return Folder(path, name)
