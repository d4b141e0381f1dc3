"""What cannot be published says so in a sentence, with the place and the line to type, and nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from governance import jobs
from governance.depersonalization.pseudonyms import DomainKey
from governance.domain.errors import GovernanceError, ModelUnmet, PlanRefused, PolicyError, SettingsError, StoreUnavailable, TargetMissing
from governance.installation import Installation
from governance.policy.check import load_checked
from governance.policy.mistakes import PolicyMistakes
from tests.depersonalization.world import CONTEXT, HIERARCHY, RELEASES, World, agree, make_world, publish, write_policy

CALL = jobs.CATALOGUE


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One shop for all: none of these changes a row of it."""
    import duckdb

    folder = tmp_path_factory.mktemp("bad")
    duckdb.connect(str(folder / "w.duckdb")).close()
    made = make_world(f"duckdb:///{folder}/w.duckdb", folder / "world")
    yield made
    made.installation.close()


def with_policy(world: World, releases: str = RELEASES, hierarchy: str = HIERARCHY) -> Installation:
    write_policy(world.folder, releases, hierarchy)
    return Installation(world.installation.settings)


def refused(world: World, kind: type[GovernanceError], words: str, fix: str, releases: str = RELEASES, hierarchy: str = HIERARCHY) -> None:
    """Planning fails with these words and this remedy."""
    installation = with_policy(world, releases, hierarchy)
    try:
        with pytest.raises(kind) as error:
            CALL["depersonalize.plan"](installation, CONTEXT, "orders")
    finally:
        installation.close()
        write_policy(world.folder)
    assert words in str(error.value)
    assert fix in str(error.value)
    assert "example.org" not in str(error.value)


def mistakes(world: World, releases: str) -> str:
    """What `policy check` says of the releases."""
    write_policy(world.folder, releases)
    try:
        with pytest.raises(PolicyMistakes) as error:
            load_checked(world.folder / "policy")
    finally:
        write_policy(world.folder)
    return str(error.value)


def test_a_hierarchy_that_is_not_monotone_is_named_with_its_line(world: World) -> None:
    crooked = "Bakı;coast;east\nGəncə;inland;west\nŞəki;coast;west\n"
    refused(world, PolicyError, "cities.csv:3: the hierarchy is not monotone", "give the label one parent", hierarchy=crooked)


def test_a_value_that_a_hierarchy_does_not_know_is_counted_and_never_shown(world: World) -> None:
    short = "Bakı;coast;*\nGəncə;inland;*\n"
    refused(world, PlanRefused, "1 values of city are not in its hierarchy", "add a line for each", hierarchy=short)


def test_a_model_that_cannot_be_met_says_what_was_tried(world: World) -> None:
    wild = RELEASES.replace("k: 4, l: 2", "k: 500, l: 2")
    refused(world, ModelUnmet, "meets k=500", "lower k or l", releases=wild)


def test_a_missing_pseudonym_key_says_how_one_is_made(tmp_path: Path, duckdb_url: str) -> None:
    world = make_world(duckdb_url, tmp_path / "world")
    world.installation.keys.destroy("release-customer/v1")
    with pytest.raises(SettingsError, match="the pseudonym key of domain customer is missing") as error:
        CALL["depersonalize.plan"](world.installation, CONTEXT, "orders")
    assert "governance release key customer --create" in str(error.value)


def test_a_destroyed_pseudonym_key_is_never_replaced_in_silence(tmp_path: Path, duckdb_url: str) -> None:
    world = make_world(duckdb_url, tmp_path / "world")
    publish(world)
    world.installation.keys.destroy("release-customer/v1")
    with pytest.raises(SettingsError, match="the pseudonym key of domain customer was destroyed or lost") as error:
        CALL["depersonalize.plan"](world.installation, CONTEXT, "orders")
    assert "everybody gets a new pseudonym" in str(error.value)
    from governance.doctor.releases import release_keys

    assert [ok for ok, _, _ in release_keys(world.installation, fix=True)] == [False, True]
    assert not world.installation.keys.exists("release-customer/v1")


@pytest.mark.parametrize(("change", "words"), [
    (("from: total, transform: {kind: code", "from: totel, transform: {kind: code"), "table shop.orders has no column `totel`"),
    (("{name: note, transform: {kind: redact}}", "{name: secret, through: [{table: shop.customers, where: {id: customer_id}}], "
      "transform: {kind: keep}}"), "table shop.customers has no column `secret`"),
    (("{name: kind, transform: {kind: keep}, role: sensitive}", "{name: gender, through: [{table: shop.customers, "
      "where: {id: customer_id}}], transform: {kind: keep}}"), "shop.customers.gender carries no purpose tag analytics.reporting"),
    (("transform: {kind: drop}", "transform: {kind: keep}"), "`email` identifies people and would leave by keep"),
    (("from: customer_id, transform: {kind: pseudonymize, domain: customer}", "from: customer_id, transform: {kind: keep}"),
     "`buyer_key` is the key of a person and would leave as it is"),
    (("sensitive: kind", "sensitive: colour"), "there is no column of the release `colour`"),
    (("file: cities.csv", "file: towns.csv"), "there is no file towns.csv"),
    (("target: releases.orders", "target: shop.consents"), "shop.consents is a table of a dataset"),
    (("subject: buyer", "subject: seller"), "there is no subject of shop.orders `seller`"),
    (("store: releases", "store: attic"), "there is no store `attic`"),
    (("{kind: round, to: 10}", "{kind: round}"), "transform round takes to, got nothing"),
    (("l: 2, sensitive: kind", "l: 2"), "`l:` and `sensitive:` go together"),
])
def test_policy_check_names_every_mistake_of_a_release(world: World, change: tuple[str, str], words: str) -> None:
    told = mistakes(world, RELEASES.replace(*change, 1))
    assert words in told
    assert re.search(r"policy\.yaml:\d+: ", told)


def test_a_source_column_that_vanished_is_named(tmp_path: Path, duckdb_url: str) -> None:
    world = make_world(duckdb_url, tmp_path / "world")
    world.run("alter table shop.orders drop column kind")
    with pytest.raises(TargetMissing, match=r"shop\.orders\.kind: is read by the release orders and is not in the table"):
        CALL["depersonalize.plan"](world.installation, CONTEXT, "orders")


def test_a_new_column_of_a_source_never_leaves_by_itself(tmp_path: Path, duckdb_url: str) -> None:
    world = make_world(duckdb_url, tmp_path / "world")
    publish(world)
    columns = "select column_name from information_schema.columns where table_schema = 'releases' and table_name = 'orders'"
    before = world.read(columns)
    world.run("alter table shop.orders add column passport text", "update shop.orders set passport = 'AZE12345678'")
    publish(world)
    assert world.read(columns) == before


def test_rows_of_one_person_without_a_key_of_theirs_are_refused(world: World) -> None:
    anonymous = RELEASES.replace("      - {name: buyer_key, from: customer_id, transform: {kind: pseudonymize, domain: customer}}\n", "")
    words = "240 rows are about 120 people, and no column says which rows are one person's"
    refused(world, PlanRefused, words, "aggregate:", releases=anonymous)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_DEFAULT_REGION", "eu-central-1")):
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="released", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield "released"


def on_s3(world: World) -> World:
    policy = world.folder / "policy" / "policy.yaml"
    policy.write_text(policy.read_text().replace("root: releases", "root: s3://released/datasets"))
    return world.again()


def test_files_go_to_s3_manifest_last_and_old_versions_go(bucket: str, tmp_path: Path, duckdb_url: str) -> None:
    world = on_s3(make_world(duckdb_url, tmp_path / "world"))
    publish(world)
    world.run("delete from shop.orders where id = 1010")
    done = publish(world)
    keys = [o["Key"] for o in boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["datasets/orders/manifest.json", f"datasets/orders/v2-{done['digest'][:12]}/part-0000.parquet"]


def test_a_bucket_that_is_gone_leaves_the_version_shown_and_the_same_again_finishes_it(
        bucket: str, tmp_path: Path, duckdb_url: str) -> None:
    world = on_s3(make_world(duckdb_url, tmp_path / "world"))
    plan = CALL["depersonalize.plan"](world.installation, CONTEXT, "orders")
    agree(world.installation, plan)
    client = boto3.client("s3")
    client.delete_bucket(Bucket=bucket)
    with pytest.raises(StoreUnavailable, match="store releases: the store answered NoSuchBucket") as error:
        CALL["depersonalize.apply"](world.installation, CONTEXT, plan["digest"])
    assert error.value.retryable
    assert "check the bucket, its permissions and the network" in str(error.value)
    assert world.read("select count(*) from releases.orders") == [(240,)]
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert CALL["depersonalize.apply"](world.installation, CONTEXT, plan["digest"])["version"] == 1
    assert CALL["depersonalize.verify"](world.installation, CONTEXT, plan["digest"])["rows"] == 240


def test_a_store_that_denies_writing_says_so(tmp_path: Path, duckdb_url: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = on_s3(make_world(duckdb_url, tmp_path / "world"))
    plan = CALL["depersonalize.plan"](world.installation, CONTEXT, "orders")
    agree(world.installation, plan)
    from moto.core import set_initial_no_auth_action_count

    @set_initial_no_auth_action_count(0)
    def denied() -> None:
        CALL["depersonalize.apply"](world.installation, CONTEXT, plan["digest"])

    with pytest.raises(StoreUnavailable, match=r"the store answered (InvalidAccessKeyId|AccessDenied)"):
        denied()


SECRET = st.binary(min_size=32, max_size=32)


@given(SECRET, st.text(min_size=1), st.text(min_size=1))
def test_a_pseudonym_is_of_its_value_key_and_domain_alone(secret: bytes, one: str, other: str) -> None:
    key, elsewhere = DomainKey("customer", 1, secret), DomainKey("order", 1, secret)
    assert key.token(one) == DomainKey("customer", 1, secret).token(one)
    assert key.token(one).removeprefix("c1_") != elsewhere.token(one).removeprefix("o1_")
    assert re.fullmatch(r"c1_[0-9a-f]{24}", key.token(one))
    assert DomainKey("customer", 2, secret).token(one).startswith("c2_")
    assert secret.hex() not in repr(key)


@given(SECRET, st.text(), st.integers(1, 3650))
def test_a_shift_is_never_nothing_and_never_too_far(secret: bytes, who: str, days: int) -> None:
    shift = DomainKey("customer", 1, secret).shift(who, days)
    assert shift != 0
    assert -days <= shift <= days
