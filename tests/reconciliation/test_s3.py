"""Feeds from an S3 prefix: pages, versions, uploads that are not finished, and a store that says no."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from governance.domain.errors import FeedUnsettled, StoreUnavailable
from governance.reconciliation.files import digest_of, listed, spooled, store_of
from governance.stores import Stores
from tests.reconciliation.test_reading import ROWS, csv_text, source

SOURCE = source(folder="s3://feeds/partner", files="*.csv")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="feeds")
        yield client


def put(client: Any, name: str, content: str) -> None:
    client.put_object(Bucket="feeds", Key=f"partner/{name}", Body=content.encode())


def test_every_page_of_a_prefix_is_listed_and_nothing_beside_it(s3: Any) -> None:
    for number in range(1_050):
        put(s3, f"f{number:04d}.csv", "x")
    s3.put_object(Bucket="feeds", Key="partner-two/g.csv", Body=b"x")
    s3.put_object(Bucket="feeds", Key="partner/folder/", Body=b"")
    ready, _ = listed(store_of(Stores({}, None), SOURCE), SOURCE)
    assert len(ready) == 1_050
    assert ready[0].ref == "f0000.csv"


def test_an_upload_in_parts_that_is_not_finished_is_no_file(s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket="feeds", Key="partner/half.csv")["UploadId"]
    s3.upload_part(Bucket="feeds", Key="partner/half.csv", UploadId=upload, PartNumber=1, Body=b"x" * 10)
    put(s3, "whole.csv", csv_text())
    ready, later = listed(store_of(Stores({}, None), SOURCE), SOURCE)
    assert ([f.ref for f in ready], later) == (["whole.csv"], [])


def test_an_object_is_read_as_it_was_listed_or_not_at_all(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="feeds", VersioningConfiguration={"Status": "Enabled"})
    put(s3, "a.csv", csv_text())
    store = store_of(Stores({}, None), SOURCE)
    [file], _ = listed(store, SOURCE)
    with spooled(store, file, SOURCE) as content:
        assert content.content.read().decode() == csv_text(ROWS)
    put(s3, "a.csv", csv_text([*ROWS, ("4", "x", "y")]))
    with pytest.raises(FeedUnsettled):
        digest_of(store, file)
    [newer], _ = listed(store, SOURCE)
    assert digest_of(store, newer)
    s3.delete_object(Bucket="feeds", Key="partner/a.csv")
    with pytest.raises(FeedUnsettled):
        digest_of(store, newer)


def test_a_bucket_that_is_gone_is_an_error_to_be_retried_and_names_no_object(s3: Any, tmp_path: Path) -> None:
    store = store_of(Stores({}, tmp_path), source(folder="s3://no-such-bucket/partner"))
    with pytest.raises(StoreUnavailable) as gone:
        listed(store, SOURCE)
    assert (gone.value.retryable, gone.value.problem) == (True, "the store answered NoSuchBucket")
