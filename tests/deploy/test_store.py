"""The one-shot that prepares the S3 server: versions, lock that is tried, least rights, and safe to repeat."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

GIVEN = {"STORE_ENDPOINT": "http://store", "STORE_REGION": "us-east-1", "STORE_ROOT_KEY": "root", "STORE_ROOT_SECRET": "r",
         "STORE_KEY": "jobs", "STORE_SECRET": "<s&cret>", "ANCHOR_BUCKET": "anchors", "FILES_BUCKET": "files", "FEEDS_BUCKET": "feeds",
         "ANCHOR_DAYS": "3"}


@pytest.fixture(scope="module")
def store() -> ModuleType:
    path = Path(__file__).parents[2] / "deploy" / "init" / "store.py"
    spec = importlib.util.spec_from_file_location("deploy_store", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("s3", region_name="us-east-1")


def test_buckets_keep_versions_and_anchors_stay_for_as_long_as_asked(store: ModuleType, s3: Any) -> None:
    for state in ("made", "there"):
        told = [line.split(",")[0] for line in store.prepare(GIVEN, s3)]
        assert told == [f"bucket {bucket}: {state}" for bucket in ("anchors", "files", "feeds")]
    for bucket in ("anchors", "files", "feeds"):
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    rule = s3.get_object_lock_configuration(Bucket="anchors")["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert {"Mode": "COMPLIANCE", "Days": 3}.items() <= rule.items()
    with pytest.raises(ClientError):
        s3.get_object_lock_configuration(Bucket="files")  # erasing a file must stay possible


def test_the_jobs_can_remove_files_and_no_anchor(store: ModuleType, s3: Any) -> None:
    store.prepare(GIVEN, s3)
    verbs = {bucket: {v for s in json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"] for v in s["Action"]}
             for bucket in ("anchors", "files", "feeds")}
    assert not {v for v in verbs["anchors"] if "Delete" in v or "Bypass" in v}
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion"} <= verbs["files"]
    assert not {v for v in verbs["feeds"] if "Put" in v or "Delete" in v}
    assert not {v for some in verbs.values() for v in some if "*" in v}


def test_a_server_that_lets_locked_objects_go_is_refused(store: ModuleType, s3: Any) -> None:
    class Forgetful:
        """A server that says yes to a lock and forgets it, as some do."""

        def __getattr__(self, name: str) -> Any:
            return getattr(s3, name)

        def put_object(self, **given: Any) -> Any:
            return s3.put_object(**{k: v for k, v in given.items() if not k.startswith("ObjectLock")})

        def put_object_lock_configuration(self, **_: Any) -> None: ...

    with pytest.raises(SystemExit, match="let a locked object go"):
        store.prepare(GIVEN, Forgetful())


def test_a_locked_object_is_tried_with_the_strongest_account(store: ModuleType, s3: Any) -> None:
    store.make_bucket(s3, "anchors", lock=True)
    assert store.keeps_its_word(s3, "anchors")
    [probe] = s3.list_object_versions(Bucket="anchors")["Versions"]
    until = s3.head_object(Bucket="anchors", Key=probe["Key"])["ObjectLockRetainUntilDate"]
    assert until < datetime.now(UTC) + timedelta(minutes=1)  # it does not stay for years


def test_the_account_is_made_or_gets_todays_secret_and_calls_are_signed(store: ModuleType) -> None:
    asked: list[tuple[str, str, str]] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_PATCH(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked.append((self.path, body, self.headers["Authorization"]))
            self.send_response(409 if self.path == "/create-user" else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        store.make_account(GIVEN | {"STORE_ENDPOINT": f"http://127.0.0.1:{server.server_port}"})
    finally:
        server.shutdown()
        server.server_close()
    assert [path for path, _, _ in asked] == ["/create-user", "/update-user?access=jobs"]
    assert "<Secret>&lt;s&amp;cret&gt;</Secret>" in asked[0][1]
    assert all(signed.startswith("AWS4-HMAC-SHA256 Credential=root/") for _, _, signed in asked)


def test_a_setting_that_is_missing_is_named(store: ModuleType) -> None:
    with pytest.raises(KeyError, match="FEEDS_BUCKET"):
        store.settings({k: v for k, v in GIVEN.items() if k != "FEEDS_BUCKET"})
