"""Make the buckets of the deployment and the account of the jobs, and try whether the store keeps its word. Safe to repeat.

Some servers accept a lock in COMPLIANCE mode and then delete the object all the same (SeaweedFS 4, RustFS 1.0 alpha). So a
small object is locked for a few seconds and its removal tried: a store that lets it go is refused.

    python deploy/init/store.py     # settings come from the environment; see `settings`
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

LOCKED_SECONDS = 10


def settings(env: Mapping[str, str]) -> dict[str, str]:
    """Endpoint, region, the root account, the jobs' account and three buckets. KeyError names what is not set."""
    return {name: env[name] for name in ("STORE_ENDPOINT", "STORE_REGION", "STORE_ROOT_KEY", "STORE_ROOT_SECRET", "STORE_KEY",
                                         "STORE_SECRET", "ANCHOR_BUCKET", "FILES_BUCKET", "FEEDS_BUCKET", "ANCHOR_DAYS")}


def client(given: Mapping[str, str]) -> Any:
    return boto3.client("s3", endpoint_url=given["STORE_ENDPOINT"], region_name=given["STORE_REGION"],
                        aws_access_key_id=given["STORE_ROOT_KEY"], aws_secret_access_key=given["STORE_ROOT_SECRET"])


def make_bucket(s3: Any, bucket: str, *, lock: bool) -> bool:
    """A bucket with versions, and with object lock where asked for. Whether it is new. Lock cannot be added later."""
    new = bucket not in {one["Name"] for one in s3.list_buckets()["Buckets"]}
    if new:
        s3.create_bucket(Bucket=bucket, **({"ObjectLockEnabledForBucket": True} if lock else {}))
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        raise SystemExit(f"bucket {bucket}: versions are not kept")
    return new


def lock_bucket(s3: Any, bucket: str, days: int) -> None:
    """What is put there cannot be removed by anybody for `days` days, unless its own lock says otherwise."""
    rule = {"Mode": "COMPLIANCE", "Days": days}
    known = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention", {})
    if rule.items() <= known.items():
        return
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": rule}})


def keeps_its_word(s3: Any, bucket: str) -> bool:
    """Whether an object under COMPLIANCE stays although the strongest account removes it."""
    key = f"probe/{uuid.uuid4().hex}"
    until = datetime.now(UTC) + timedelta(seconds=LOCKED_SECONDS)
    version = s3.put_object(Bucket=bucket, Key=key, Body=b"probe", ChecksumAlgorithm="SHA256", ObjectLockMode="COMPLIANCE",
                            ObjectLockRetainUntilDate=until)["VersionId"]
    try:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "ObjectLocked", "InvalidRequest"):
            raise
    try:
        s3.head_object(Bucket=bucket, Key=key, VersionId=version)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchVersion", "NotFound"):
            return False
        raise
    return True


def rights(given: Mapping[str, str], bucket: str) -> str:
    """What the jobs may do in a bucket: anchors are put and read, files put, read and removed, feeds read."""
    verbs = {given["ANCHOR_BUCKET"]: ("GetObject", "GetObjectVersion", "PutObject", "GetObjectRetention", "PutObjectRetention"),
             given["FILES_BUCKET"]: ("GetObject", "GetObjectVersion", "PutObject", "DeleteObject", "DeleteObjectVersion"),
             given["FEEDS_BUCKET"]: ("GetObject", "GetObjectVersion")}[bucket]
    about = ("ListBucket", "ListBucketVersions", "GetBucketVersioning", "GetBucketObjectLockConfiguration")
    who = {"AWS": [given["STORE_KEY"]]}
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": who, "Action": [f"s3:{v}" for v in verbs], "Resource": f"arn:aws:s3:::{bucket}/*"},
        {"Effect": "Allow", "Principal": who, "Action": [f"s3:{v}" for v in about], "Resource": f"arn:aws:s3:::{bucket}"}]})


def make_account(given: Mapping[str, str]) -> None:
    """The jobs' own account by the gateway's administration; one that is there gets the secret of today."""
    account = (f"<Account><Access>{escape(given['STORE_KEY'])}</Access><Secret>{escape(given['STORE_SECRET'])}</Secret>"
               "<Role>user</Role></Account>")
    status = _administer(given, "create-user", account)
    if status == 409:
        change = f"<MutableProps><Secret>{escape(given['STORE_SECRET'])}</Secret></MutableProps>"
        status = _administer(given, f"update-user?access={quote(given['STORE_KEY'], safe='')}", change)
    if status >= 300:
        raise SystemExit(f"the account of the jobs cannot be made: the store answered {status}")


def _administer(given: Mapping[str, str], path: str, body: str) -> int:
    request = AWSRequest("PATCH", f"{given['STORE_ENDPOINT']}/{path}", data=body.encode(), headers={"Content-Type": "application/xml"})
    SigV4Auth(Credentials(given["STORE_ROOT_KEY"], given["STORE_ROOT_SECRET"]), "s3", given["STORE_REGION"]).add_auth(request)
    ready = request.prepare()
    try:
        with urllib.request.urlopen(urllib.request.Request(ready.url, ready.body, dict(ready.headers), method="PATCH")) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def prepare(given: Mapping[str, str], s3: Any) -> list[str]:
    """Everything but the account; one sentence for each bucket."""
    told = []
    for name in ("ANCHOR_BUCKET", "FILES_BUCKET", "FEEDS_BUCKET"):
        bucket, lock = given[name], name == "ANCHOR_BUCKET"
        new = make_bucket(s3, bucket, lock=lock)
        if lock:
            lock_bucket(s3, bucket, int(given["ANCHOR_DAYS"]))
            if not keeps_its_word(s3, bucket):
                raise SystemExit(f"bucket {bucket}: the store let a locked object go, so anchors would prove nothing; use another server")
        s3.put_bucket_policy(Bucket=bucket, Policy=rights(given, bucket))
        told.append(f"bucket {bucket}: {'made' if new else 'there'}, versions kept" + (", locked objects stay" if lock else ""))
    return told


def main() -> int:
    given = settings(os.environ)
    make_account(given)
    print("\n".join(prepare(given, client(given))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
