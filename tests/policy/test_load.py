"""Loading a policy folder: joined files, one digest per content, and every mistake at once with file, line and remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.domain.errors import PolicyError
from governance.domain.names import ColumnRef, TableRef
from governance.policy.load import load_policy
from governance.policy.mistakes import Mistake, PolicyMistakes

ORDERS = TableRef("shop", "orders")


def test_a_folder_of_files_loads_as_one_policy(draft: Any) -> None:
    loaded = draft.load()
    assert [p.key for p in loaded.policy.purposes] == ["delivery", "tax", "marketing"]
    assert loaded.policy.published[0].published_on == date(2026, 1, 15)
    assert loaded.folder == draft.folder
    assert len(loaded.digest) == 64


def test_lookups_answer_by_key_and_by_table(draft: Any) -> None:
    loaded = draft.load()
    phone = ORDERS.column("recipient_phone")
    assert loaded.purpose("tax").survives_request
    assert loaded.purpose("nothing") is None
    assert loaded.subject_kind("customer").identity.key == "customer_id"
    dataset, collection = loaded.table(ORDERS)
    assert (dataset.fides_key, collection.name) == ("shop", "orders")
    assert loaded.table(TableRef("shop", "none")) is None
    assert loaded.record_class_of(phone).key == "order"
    assert [(p.key, s.trigger) for p, s in loaded.schedules(phone)] == [("delivery", "delivered")]
    assert loaded.schedules(ORDERS.column("order_id")) == ()
    assert [str(c) for c, _ in loaded.personal_columns()] == [
        "shop.customers.email", "shop.customers.name", "shop.mailing.address", "shop.orders.recipient_phone",
        "shop.orders.invoice_name", "shop.orders.photo"]
    assert loaded.person("nigar").roles == ("officer",)
    assert loaded.regime("gdpr").name == "GDPR"
    assert loaded.recipient("courier").country == "AZ"
    assert loaded.store("photos").root == "photos"


def test_a_field_may_have_a_record_class_of_its_own(draft: Any) -> None:
    draft.change("datasets/shop.yaml", "purposes: [delivery], subject: buyer, end_state: {kind: null}",
                 "purposes: [delivery], record_class: account, subject: buyer, end_state: {kind: null}")
    loaded = draft.load()
    assert loaded.record_class_of(ORDERS.column("recipient_phone")).key == "account"
    assert loaded.record_class_of(ORDERS.column("invoice_name")).key == "order"


def test_datasets_of_one_engine_are_left_out_on_another(draft: Any) -> None:
    draft.change("datasets/shop.yaml", "recipients: [courier]", "recipients: [courier]\n        engines: [postgresql]")
    loaded = draft.load()
    assert loaded.datasets("duckdb") == ()
    assert loaded.table(ORDERS, "duckdb") is None
    assert loaded.table(ORDERS, "postgresql") == loaded.table(ORDERS)
    assert list(loaded.personal_columns("duckdb")) == []


def test_retired_tables_are_listed_only_when_asked_for(draft: Any) -> None:
    draft.change("datasets/shop.yaml", "deletable: {with: shop.orders}", "retired: true")
    loaded = draft.load()
    assert TableRef("shop", "lines") not in {t.ref for t in loaded.tables()}
    assert TableRef("shop", "lines") in {t.ref for t in loaded.tables(retired=True)}


def test_every_declared_thing_has_file_and_line(draft: Any) -> None:
    loaded = draft.load()
    assert str(loaded.where("purposes", 1, "key")) == draft.at("purposes.yaml", "- key: tax")
    assert str(loaded.where("dataset", 0, "collections", 1, "fields", 0)) == draft.at("datasets/shop.yaml",
     "- name: recipient_phone")
    assert str(loaded.where("organization", "time_zone")) == draft.at("company.yaml", "time_zone")
    assert str(loaded.where("organization", "not_covered")) == draft.at("company.yaml", "organization")


def test_the_second_file_with_a_list_adds_to_it_and_keeps_its_own_lines(draft: Any) -> None:
    draft.write("more.yml",
     "\npurposes:\n  - {key: support, name: Support, clause: C8, legal_basis: {az: contract, gdpr: contract}}\n")
    loaded = draft.load()
    number = [p.key for p in loaded.policy.purposes].index("support")
    assert str(loaded.where("purposes", number)) == "policy/more.yml:3"


# ---- digest --------------------------------------------------------------------------------------------------------

def _spread(draft: Any, names: list[str], flow: bool) -> None:
    """The same content, every top-level key in a file of its own, files named anew, comments and layout changed."""
    content: dict[str, Any] = {}
    for path in sorted(draft.folder.rglob("*.yaml")):
        content |= yaml.safe_load(path.read_text(encoding="utf-8").replace("kind: null", 'kind: "null"'))
        path.unlink()
    for name, (key, value) in zip(names, content.items(), strict=False):
        text = yaml.safe_dump({key: value}, default_flow_style=flow, allow_unicode=True)
        draft.write(f"{name}.yaml", f"# {name}\n{text}")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.permutations([f"f{n:02}" for n in range(15)]), flow=st.booleans(), serial=st.uuids())
def test_the_digest_does_not_depend_on_files_order_or_layout(drafts: Any, names: list[str], flow: bool, serial: Any) -> None:
    one, other = drafts(f"{serial}-a"), drafts(f"{serial}-b")
    _spread(other, names, flow)
    assert one.load().digest == other.load().digest


def test_lists_split_over_files_in_another_order_have_the_same_digest(drafts: Any) -> None:
    one, other = drafts("a"), drafts("b")
    text = (other.folder / "purposes.yaml").read_text(encoding="utf-8")
    tax = text[text.index("  - key: tax"):text.index("  - key: marketing")]
    other.write("purposes.yaml", text.replace(tax, ""))
    other.write("a_first.yaml", "purposes:\n" + tax)
    assert [p.key for p in other.load().policy.purposes] == ["tax", "delivery", "marketing"]
    assert one.load().digest == other.load().digest


def test_how_a_sentence_is_kept_is_not_what_jobs_act_on(drafts: Any) -> None:
    one, other = drafts("a"), drafts("b")
    new = "{sentence: A new sentence., clause: C1, status: not_kept, by: [], because: not yet}"
    other.change("company.yaml", "controls:", f"controls:\n  - {new}")
    assert len(other.load().policy.controls) == len(one.load().policy.controls) + 1
    assert one.load().digest == other.load().digest


@pytest.mark.parametrize(("old", "new"), [("keep: P90D", "keep: P91D"), ("Law on Personal Data", "Law"), ("is: enforce",
 "is: observe"),
                                          ("approvers:", "people: 2\n  approvers:")])
def test_every_change_of_content_changes_the_digest(drafts: Any, old: str, new: str) -> None:
    one, other = drafts("a"), drafts("b")
    name = next(n for n in ("company.yaml", "purposes.yaml", "datasets/shop.yaml") if old in (other.folder / n).read_text())
    other.change(name, old, new)
    assert one.load().digest != other.load().digest


def test_a_period_spelled_in_weeks_is_the_same_content(drafts: Any) -> None:
    one, other = drafts("a"), drafts("b")
    one.change("purposes.yaml", "keep: P90D", "keep: P14D")
    other.change("purposes.yaml", "keep: P90D", "keep: P2W")
    assert one.load().digest == other.load().digest


# ---- mistakes ------------------------------------------------------------------------------------------------------

def test_all_mistakes_of_all_files_are_reported_at_once(draft: Any) -> None:
    draft.change("company.yaml", "time_zone: Asia/Baku", "timezone: Asia/Baku")
    draft.change("purposes.yaml", "keep: P90D", "keep: 90 days")
    draft.change("datasets/shop.yaml", "is: enforce, set_by: nigar, since: 2026-02-01", "is: enforced")
    draft.write("broken.yaml", "stores:\n  - {key: x\n")
    told = draft.refused()
    assert len(told) == 4
    places = {t.split(": ")[0] for t in told}
    assert places == {draft.at("company.yaml", "timezone"), draft.at("purposes.yaml",
     "keep: 90 days"), draft.at("datasets/shop.yaml", "is: enforced"), "policy/broken.yaml:3"}


@pytest.mark.parametrize(("name", "old", "new", "at", "said", "fix"), [
    ("company.yaml", "contact:", "contakt:", "contakt", "unknown key `contakt`", "did you mean `contact`?"),
    ("datasets/shop.yaml", "collection_points:", "collection_point:", "collection_point:", "unknown key `collection_point`",
     "did you mean `collection_points`?"),
    ("datasets/shop.yaml", "deletable: true", "deletabel: true", "deletabel", "unknown key `deletabel`",
     "did you mean `deletable`?"),
    ("purposes.yaml", "purposes:\n  - key: delivery", "purpose_list: []\npurposes:\n  - key: delivery", "purpose_list",
     "unknown key `purpose_list`", "purposes"),
    ("company.yaml", 'version: "2", file', "version: 2.0, file", "version: 2.0",
     "version must be text, got `2.0`", 'put it in quotes: "2.0"'),
    ("company.yaml", "working_days: 7", "working_days: seven", "seven", "working_days must be a whole number, got `seven`",
     "write a whole number"),
    ("company.yaml", "working_days: 7", "working_days: 7, months: 1", "working_days: 7",
     "declare either `working_days:` or `months:`", ""),
    ("company.yaml", "request: erasure, working", "request: erazure, working", "erazure",
     "request: `erazure` is not one of the known words",
     "did you mean `erasure`?"),
    ("company.yaml", "published_on: 2026-01-15", "published_on: soon", "published_on",
     "published_on must be a day such as 2026-11-22, got `soon`",
     ""),
    ("company.yaml", "roles: [engineer]", "roles: engineer", "roles: engineer", "roles must be a list, got `engineer`",
     "write a list"),
    ("purposes.yaml", "keep: P90D", "keep: 90", "keep: 90", "keep must be text, got `90`", "write a period such as P90D"),
    ("purposes.yaml", "keep: P90D", "keep: 90 days", "keep: 90 days", "expected a period such as P90D, P6M or P1Y", ""),
    ("purposes.yaml", "table: shop.consents", "table: consents", "table: consents", "expected 'schema.table', got 'consents'",
     ""),
    ("purposes.yaml", "    citation: Tax Code (example, ask counsel)\n", "", "- key: tax",
     "a legal obligation needs `citation:`", ""),
    ("purposes.yaml", "    preference: newsletter\n", "", "- key: marketing",
     "a purpose based on consent needs `preference:`", ""),
    ("purposes.yaml", "until_withdrawn: true", "keep: P1D", "{purpose: marketing, keep: P1D}",
     "declare either `trigger:` and `keep:`", ""),
    ("datasets/shop.yaml", "{column: closed_at}", "{when_null: gap}", "closed: {when_null", "declare one of `column:`", ""),
    ("datasets/shop.yaml", "{kind: file, store: photos}", "{kind: file}", "{kind: file}",
     "end state file takes store, got nothing", ""),
    ("datasets/shop.yaml", "deletable: true", "deletable: maybe", "deletable: maybe", "deletable",
     "write true, false or `with: schema.table`"),
    ("datasets/shop.yaml", "purposes: [tax]", "purposes: unjuged", "purposes: unjuged", "purposes",
     "write a list of purposes, or the word `unjudged`"),
    ("datasets/shop.yaml", "set_by: nigar, ", "", "mode:", "`enforce` needs `set_by:` and `since:`", ""),
    ("datasets/shop.yaml", "        owner: elvin\n", "", "governance:", "`owner:` is missing in governance", "add `owner:`"),
    ("datasets/shop.yaml", "    name: Shop\n", "    name: Shop\n    name: Store\n", "name: Store",
     "key `name` stands twice, also on line 4",
     "keep one of the two"),
    ("datasets/shop.yaml", "name: Shop", "name: !!python/name:os.system Shop", "!!python", "is not allowed",
     "write the plain value"),
    ("company.yaml", "stores:\n  - {key: photos, root: photos, clause: C14}", "stores: photos", "stores",
     "`stores:` must be a list",
     "begin every entry with a dash"),
    ("company.yaml", "name: Bazaar LLC", "name: Bazaar: LLC", "Bazaar: LLC", "broken YAML", "correct indentation"),
])
def test_a_mistake_is_told_with_file_line_and_remedy(draft: Any, name: str, old: str, new: str, at: str, said: str,
 fix: str) -> None:
    draft.change(name, old, new)
    [told] = draft.refused()
    assert told.startswith(draft.at(name, at) + ": ")
    assert said in told
    assert "\n    fix: " in told
    assert fix in told.partition("fix: ")[2]


def test_a_missing_part_of_the_whole_is_told(draft: Any) -> None:
    text = (draft.folder / "purposes.yaml").read_text()
    draft.write("purposes.yaml", text[:text.index("subject_kinds:")])
    [told] = draft.refused()
    assert told.startswith("policy: `subject_kinds:` is missing")


def test_what_a_broken_file_may_hold_is_not_called_missing(draft: Any) -> None:
    draft.write("purposes.yaml", "purposes:\n  - {key: [}\n")
    [told] = draft.refused()
    assert told.startswith("policy/purposes.yaml:2: broken YAML")


def test_a_single_value_may_stand_once(draft: Any) -> None:
    draft.write("second.yaml", "\napprovals: {approvers: {}}\n")
    [told] = draft.refused()
    first = draft.at("company.yaml", "approvals:")
    assert told.startswith(f"policy/second.yaml:2: `approvals:` stands twice in the policy, also at {first}")


def test_a_file_that_is_not_a_mapping_is_told(draft: Any) -> None:
    draft.write("list.yaml", "- 1\n- 2\n")
    assert draft.refused() == ["policy/list.yaml:1: is not a mapping\n    fix: begin with a key such as `purposes:`"]


def test_a_file_that_is_not_utf8_is_told(draft: Any) -> None:
    (draft.folder / "latin.yaml").write_bytes("stores: [{key: Çay}]".encode("latin-1"))
    assert draft.refused()[0].startswith("policy/latin.yaml:1: is not UTF-8 text")


def test_files_below_text_are_not_policy(draft: Any) -> None:
    draft.write("text/notes.yaml", "nonsense: [")
    assert draft.load().policy.organization.key == "bazaar"


def test_an_anchor_that_contains_itself_is_told(draft: Any) -> None:
    draft.write("loop.yaml", "stores: &a\n  - {key: x, root: *a, clause: C1}\n")
    assert any("anchor that contains itself" in told for told in draft.refused())


@pytest.mark.parametrize("word", ["NO", "on", "off", "yes", "12:30", "0x1F", "010", "1_000"])
def test_words_that_old_yaml_reads_as_something_else_stay_text(draft: Any, word: str) -> None:
    draft.change("company.yaml", "country: AZ", f"country: {word}")
    assert draft.load().policy.recipients[0].country == word


def test_the_end_state_null_may_be_written_bare(draft: Any) -> None:
    loaded = draft.load()
    assert loaded.field(ColumnRef.parse("shop.customers.email")).governance.end_state.words == "null"


def test_no_folder_and_no_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="is not a folder"):
        load_policy(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PolicyError, match="holds no YAML file"):
        load_policy(tmp_path / "empty")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_refused_with_places_or_loads_and_never_fails_otherwise(draft: Any, data: st.DataObject) -> None:
    """Any line removed, doubled or cut: either a policy, or mistakes that all name a place in the folder."""
    name = data.draw(st.sampled_from(["company.yaml", "purposes.yaml", "datasets/shop.yaml"]))
    before = (draft.folder / name).read_text(encoding="utf-8")
    lines = before.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    how = data.draw(st.sampled_from(["drop", "double", "cut", "dedent"]))
    changed = {"drop": [], "double": [lines[at]] * 2, "cut": [lines[at][:len(lines[at]) // 2] + "\n"],
     "dedent": [lines[at].lstrip()]}[how]
    draft.write(name, "".join(lines[:at] + changed + lines[at + 1:]))
    told: tuple[Mistake, ...] | None = None
    try:
        draft.load()
    except PolicyMistakes as refused:
        told = refused.mistakes
    finally:
        draft.write(name, before)
    assert told is None or (told and all(m.where.file.startswith("policy") and m.problem for m in told))
