"""Anchors in a bucket: locked, read back, and true whatever somebody puts over or in front of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from governance.domain.errors import EvidenceBroken, SettingsError, StoreUnavailable
from governance.installation import Installation
from governance.ledger import Ledger
from governance.ledger.anchor import anchor, check_anchors
from governance.settings import Settings
from governance.stores import BucketTarget, LockedObjects
from tests.ledger.samples import NOON

TARGET = "s3://anchors/company/ledger"
DAYS = 30


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="anchors", ObjectLockEnabledForBucket=True)
        client.create_bucket(Bucket="open")
        client.put_bucket_versioning(Bucket="open", VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    Ledger.migrate(url)
    with Ledger.open(url) as ledger:
        ledger.record("step", {"rows": 1})
        yield ledger


def place(target: str = TARGET) -> BucketTarget:
    found = Installation(Settings("", "", Path("policy"), Path("keys"), anchor=target, anchor_days=DAYS)).anchors()
    assert isinstance(found, BucketTarget)
    return found


def test_an_anchor_is_locked_in_compliance_mode_and_nobody_can_remove_it(s3: Any, chain: Ledger) -> None:
    line = anchor(chain, TARGET, NOON, place=place())
    chain.record("step", {"rows": 2})
    anchor(chain, TARGET, NOON, place=place())
    found = s3.list_object_versions(Bucket="anchors")["Versions"]
    assert [v["Key"] for v in found] == ["company/ledger/00000000.json", "company/ledger/00000001.json"]
    head = s3.head_object(Bucket="anchors", Key=found[0]["Key"])
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert head["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=DAYS - 1)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="anchors", Key=found[0]["Key"], VersionId=found[0]["VersionId"])
    assert json.loads(s3.get_object(Bucket="anchors", Key=found[0]["Key"])["Body"].read()) == line
    assert check_anchors(chain, TARGET, place=place()) == 2


def test_what_is_put_over_an_anchor_or_hides_it_changes_nothing(s3: Any, chain: Ledger) -> None:
    anchor(chain, TARGET, NOON, place=place())
    key = "company/ledger/00000000.json"
    s3.put_object(Bucket="anchors", Key=key, Body=b'{"seq": 1, "digest": "forged"}', ChecksumAlgorithm="SHA256")
    s3.delete_object(Bucket="anchors", Key=key)  # a delete marker; the locked version stays
    assert check_anchors(chain, TARGET, place=place()) == 1
    chain.record("step", {"rows": 2})
    anchor(chain, TARGET, NOON, place=place())
    assert check_anchors(chain, TARGET, place=place()) == 2


def test_an_anchor_that_was_removed_where_nothing_is_locked_is_missed(s3: Any, chain: Ledger) -> None:
    target = "s3://open/ledger"
    assert not LockedObjects("open", "ledger/", DAYS).locks()
    anchor(chain, target, NOON, place=place(target))
    chain.record("step", {"rows": 2})
    anchor(chain, target, NOON, place=place(target))
    first = s3.list_object_versions(Bucket="open")["Versions"][0]
    s3.delete_object(Bucket="open", Key=first["Key"], VersionId=first["VersionId"])
    with pytest.raises(EvidenceBroken, match="no longer there"):
        check_anchors(chain, target, place=place(target))


def test_two_who_anchor_at_once_both_keep_their_line(s3: Any) -> None:
    one, two = place(), place()
    one.append("a")
    assert not two.objects.put_new("00000000.json", b"b")
    two.append("b")
    assert one.lines() == ["a", "b"]


def test_a_ledger_that_was_forged_gets_no_anchor(s3: Any, chain: Ledger, tmp_path: Path) -> None:
    anchor(chain, TARGET, NOON, place=place())
    other = f"sqlite:///{tmp_path}/other.sqlite"
    Ledger.migrate(other)
    with Ledger.open(other) as forged:
        forged.record("step", {"rows": 99})
        with pytest.raises(EvidenceBroken, match="no longer contains an anchored head"):
            anchor(forged, TARGET, NOON, place=place())
    assert len(s3.list_object_versions(Bucket="anchors")["Versions"]) == 1


@pytest.mark.parametrize("target", ["s3://nowhere/ledger", "s3://anchors/ledger"])
def test_a_bucket_that_is_gone_or_does_not_answer_is_an_error_and_never_a_success(
        s3: Any, chain: Ledger, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if target.startswith("s3://anchors"):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StoreUnavailable, match="the store answered"):
        anchor(chain, target, NOON, place=place(target))
    assert chain.anchors() == []


def test_days_that_are_no_number_are_refused() -> None:
    given = {f"GOVERNANCE_{name}": "x" for name in ("WAREHOUSE_URL", "LEDGER_URL", "POLICY_DIR", "SECRETS")}
    assert Settings.from_env(given | {"GOVERNANCE_ANCHOR_DAYS": "7"}).anchor_days == 7
    for wrong in ("0", "-1", "ten"):
        with pytest.raises(SettingsError, match="not a number of days"):
            Settings.from_env(given | {"GOVERNANCE_ANCHOR_DAYS": wrong})
