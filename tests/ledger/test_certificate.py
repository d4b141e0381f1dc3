"""A certificate convinces a stranger, and only while nothing in it or in the chain was changed."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.domain.errors import EvidenceBroken, GovernanceError, LedgerError, SettingsError
from governance.domain.evidence import GENESIS, seal
from governance.domain.findings import Finding, Status
from governance.ledger import Ledger, verify_offline
from governance.ledger.anchor import anchor, check_anchors
from governance.ledger.certificate import certificate
from tests.ledger.samples import NOON, make_plan, receipt, result
from tests.ledger.test_evidence import lay_guards_down

UNCOVERED = ["backups, 35 days"]


def finish(ledger: Ledger) -> str:
    """A plan over two steps, approved, done, verified; step 2 has a held row and a row that was gone."""
    plan = make_plan(20, 10)
    ledger.save_plan(plan)
    ledger.ask(plan.policy_digest, "policy", "first version", ["ayla"], 1, NOON + timedelta(days=9999))
    ledger.decide(plan.policy_digest, True, "ayla", True, "console")
    ledger.ask(plan.digest, "plan", "10 %", ["ayla", "leyla"], 2, NOON + timedelta(days=9999))
    for user in ("ayla", "leyla"):
        ledger.decide(plan.digest, True, user, True, "airflow", note="seen")
    ledger.set_state(plan.digest, "applying")
    ledger.copy_receipts([receipt(plan, 1, 1), receipt(plan, 1, 2), receipt(plan, 2, 1, changed=8, gone=1)])
    ledger.save_verification(plan.digest, [result(1, 20, 20), result(2, 10, 8, gone=1, held=1)])
    ledger.set_state(plan.digest, "verified", "nothing left")
    return plan.digest


def run(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """The verifier as a stranger runs it: the file alone, no environment, no site packages."""
    script = folder / "verify_offline.py"
    shutil.copy(verify_offline.__file__, script)
    return subprocess.run([sys.executable, "-I", "-S", str(script), *map(str, arguments)], capture_output=True, text=True,
                          check=False, cwd=folder, env={})


def test_a_stranger_verifies_a_certificate_with_the_standard_library(ledger: Ledger, tmp_path: Path) -> None:
    digest = finish(ledger)
    document = certificate(ledger, digest[:8], UNCOVERED)
    (tmp_path / "c.json").write_text(json.dumps(document))
    anchor(ledger, str(tmp_path / "anchors"), NOON)
    done = run("c.json", "--anchors", "anchors", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("verified", "20 planned, 20 changed", "8 changed, 1 already gone", "approved, by ayla (yes), leyla (yes)",
                  "unjudged: 1 findings, 4 rows", "not covered: backups, 35 days", "referenced by shop.payments", "HOLDS."):
        assert words in done.stdout
    assert "NOT COMPLETE" not in done.stdout


def test_every_certificate_says_how_many_columns_nobody_has_judged(ledger: Ledger, tmp_path: Path) -> None:
    digest = finish(ledger)
    (tmp_path / "c.json").write_text(json.dumps(certificate(ledger, digest)))
    assert "that nobody has judged: not counted, the catalog was never validated" in run("c.json", folder=tmp_path).stdout
    gap = Finding(Status.GAP, "catalog.judged", "shop.customers", "nickname", "nobody has said")
    fine = Finding(Status.COMPLIANT, "catalog.column", "shop.customers", "name", "all hold")
    for name, found, said in (("v1", [gap, fine], 1), ("v2", [fine], 0)):
        validation = ledger.start_run("validate", "validate", name, NOON)
        ledger.save_findings(validation, "validate", found)
        document = certificate(ledger, digest)
        assert document["content"]["unjudged"]["columns"] == said
        (tmp_path / "c.json").write_text(json.dumps(document))
        assert f"columns of the database that nobody has judged: {said}\n" in run("c.json", folder=tmp_path).stdout


def test_issuing_again_adds_no_evidence(ledger: Ledger) -> None:
    digest = finish(ledger)
    one = certificate(ledger, digest, UNCOVERED)
    assert certificate(ledger, digest, UNCOVERED) == one
    assert certificate(ledger, digest, [])["content"]["not_covered"] == []
    assert [e.kind for e in ledger.entries()].count("certificate") == 2


def test_an_unfinished_plan_is_certified_as_unfinished(ledger: Ledger, tmp_path: Path) -> None:
    plan = make_plan(20)
    ledger.save_plan(plan)
    ledger.set_state(plan.digest, "applying")
    ledger.copy_receipts([receipt(plan, changed=5)])
    (tmp_path / "c.json").write_text(json.dumps(certificate(ledger, plan.digest)))
    done = run("c.json", folder=tmp_path)
    assert done.returncode == 0
    assert "NOT COMPLETE" in done.stdout
    assert "the data was not looked at again" in done.stdout


def test_a_finished_state_with_rows_unexplained_gets_no_certificate(ledger: Ledger) -> None:
    plan = make_plan(20)
    ledger.save_plan(plan)
    ledger.copy_receipts([receipt(plan, changed=5)])
    ledger.set_state(plan.digest, "closed")
    with pytest.raises(EvidenceBroken, match="20 rows planned, 5 done, and no look at the data explains the rest"):
        certificate(ledger, plan.digest)
    ledger.save_verification(plan.digest, [result(1, 20, 20)])
    with pytest.raises(EvidenceBroken, match="verification counted other rows than the receipts"):
        certificate(ledger, plan.digest)
    ledger.save_verification(plan.digest, [result(1, 20, 5, left=14)])
    with pytest.raises(EvidenceBroken, match="done, left, held and gone are not planned"):
        certificate(ledger, plan.digest)


def test_more_done_than_planned_gets_no_certificate(ledger: Ledger) -> None:
    plan = make_plan(20)
    ledger.save_plan(plan)
    ledger.copy_receipts([receipt(plan, changed=21)])
    with pytest.raises(EvidenceBroken, match="21 rows done, only 20 planned"):
        certificate(ledger, plan.digest)


def test_a_receipt_changed_in_the_ledger_gets_no_certificate(ledger: Ledger) -> None:
    digest = finish(ledger)
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE receipt SET changed = 11, matched = 11 WHERE step = 1 AND batch = 1")
    with pytest.raises(EvidenceBroken, match="the receipts are not those in the chain"):
        certificate(ledger, digest)


def test_an_unknown_plan_has_no_certificate(ledger: Ledger) -> None:
    with pytest.raises(GovernanceError, match="no such plan"):
        certificate(ledger, "f" * 64)


# ---- tampering ---------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def issued(templates: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], list[str]]]:
    url = f"sqlite:///{tmp_path_factory.mktemp('issued') / 'ledger.sqlite'}"
    Ledger.migrate(url)
    with Ledger.open(url) as ledger:
        yield certificate(ledger, finish(ledger), UNCOVERED), list(ledger.export())


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to every part of a document."""
    if path:
        yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from leaves(value[key], (*path, key))


OTHER = st.one_of(st.none(), st.booleans(), st.integers(-3, 30), st.text(max_size=5), st.just([]), st.just({}))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_change_to_a_certificate_is_found(issued: tuple[dict[str, Any], list[str]], data: st.DataObject) -> None:
    forged = copy.deepcopy(issued[0])
    *way, last = data.draw(st.sampled_from(list(leaves(forged))))
    part: Any = forged
    for key in way:
        part = part[key]
    if data.draw(st.booleans()):
        del part[last]
    else:
        part[last] = data.draw(OTHER)
    problems, said = verify_offline.check(json.dumps(forged))
    same = verify_offline.canonical(forged) == verify_offline.canonical(issued[0])
    assert bool(problems) != same
    assert bool(said) == same


@given(data=st.data())
def test_any_change_to_an_export_is_found(issued: tuple[dict[str, Any], list[str]], data: st.DataObject) -> None:
    lines = list(issued[1])
    at = data.draw(st.integers(0, len(lines) - 2))
    match data.draw(st.sampled_from(["drop", "double", "swap", "forge"])):
        case "drop":
            del lines[at]
        case "double":
            lines.insert(at, lines[at])
        case "swap":
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        case _:
            part = data.draw(st.sampled_from(["kind", "at", "seq", "digest", "more"]))
            lines[at] = json.dumps({**json.loads(lines[at]), part: "x"})
    assert verify_offline.check("\n".join(lines))[0]
    assert verify_offline.check("\n".join(issued[1]))[0] == []


def test_a_chain_sealed_anew_is_found_by_its_anchors(issued: tuple[dict[str, Any], list[str]]) -> None:
    entries = [json.loads(line) for line in issued[1]]
    head = json.dumps({"seq": entries[-1]["seq"], "digest": entries[-1]["digest"], "at": "2026-06-01"})
    previous, forged = GENESIS, []
    for entry in entries:
        sealed = seal(entry["seq"], entry["kind"], entry["at"], {**entry["body"], "by": "somebody"}, previous)
        previous = sealed.digest
        forged.append(json.dumps(asdict(sealed)))
    assert verify_offline.check("\n".join(forged))[0] == []
    assert "not the one that was anchored" in verify_offline.check("\n".join(forged), head)[0][0]
    assert "is missing, the chain ends at" in verify_offline.check("\n".join(issued[1][:-1]), head)[0][0]
    assert verify_offline.check("\n".join(issued[1]), head)[0] == []


def test_a_key_that_stands_twice_is_refused(issued: tuple[dict[str, Any], list[str]]) -> None:
    text = json.dumps(issued[0]).replace('"state": "verified"', '"state": "closed", "state": "verified"', 1)
    assert verify_offline.check(text)[0]


def test_files_that_are_no_evidence_are_said_plainly(tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("words", b"hello"), ("bytes", b"\xff\xfe\0"), ("list", b"[1,2]"), ("number", b"7"),
                          ("nothing", b"{}"), ("null", b"null"),
                          ("half", b'{"evidence": 3, "format": "governance certificate 1"}')):
        (tmp_path / name).write_bytes(content)
        done = run(name, folder=tmp_path)
        assert done.returncode == 1, name
        assert done.stdout.startswith("DOES NOT HOLD: "), name
        assert done.stderr == ""
    assert run("missing", folder=tmp_path).returncode == 1
    assert run(folder=tmp_path).returncode == 2


# ---- anchors -----------------------------------------------------------------------------------------------------------

def test_an_anchor_is_one_line_appended_to_a_file(ledger: Ledger, tmp_path: Path) -> None:
    target = tmp_path / "anchors.jsonl"
    ledger.record("step", {})
    one = anchor(ledger, str(target), NOON)
    ledger.record("step", {})
    two = anchor(ledger, f"file://{target}", NOON)
    assert [json.loads(line) for line in target.read_text().splitlines()] == [one, two]
    assert (one["seq"], two["seq"], two["at"]) == (1, 2, "2026-06-01T12:00:00+00:00")
    assert check_anchors(ledger, str(target)) == 2
    assert [a.seq for a in ledger.anchors()] == [1, 2]


def test_a_chain_without_an_anchored_head_gets_no_new_anchor(ledger: Ledger, backend: str, tmp_path: Path) -> None:
    target = str(tmp_path / "anchors")
    for n in range(3):
        ledger.record("step", {"n": n})
    anchor(ledger, target, NOON)
    lay_guards_down(ledger, backend)
    with ledger.writing() as connection:
        connection.exec_driver_sql("DELETE FROM evidence WHERE seq = 3")
        connection.exec_driver_sql("DELETE FROM anchor")
    assert ledger.first_break() is None, "the ledger alone cannot know"
    for call in (lambda: check_anchors(ledger, target), lambda: anchor(ledger, target, NOON)):
        with pytest.raises(EvidenceBroken, match="no longer contains an anchored head"):
            call()
    ledger.record("step", {"n": "forged"})
    with pytest.raises(EvidenceBroken, match="no longer contains an anchored head"):
        check_anchors(ledger, target)


def test_anchors_that_went_missing_are_broken_evidence(ledger: Ledger, tmp_path: Path) -> None:
    target = tmp_path / "anchors"
    assert check_anchors(ledger, str(target)) == 0
    for n in range(2):
        ledger.record("step", {"n": n})
        anchor(ledger, str(target), NOON)
    lines = target.read_text().splitlines(keepends=True)
    for left in (lines[:1], lines[1:], []):
        target.write_text("".join(left))
        with pytest.raises(EvidenceBroken, match="no longer there"):
            check_anchors(ledger, str(target))
    target.write_text(lines[0] + "garbage\n" + lines[1])
    with pytest.raises(EvidenceBroken, match="line 2: is not an anchor"):
        check_anchors(ledger, str(target))
    target.unlink()
    with pytest.raises(EvidenceBroken, match="anchors are gone"):
        anchor(ledger, str(target), NOON)


def test_an_anchor_cut_short_by_a_crash_is_taken_back(ledger: Ledger, tmp_path: Path) -> None:
    target = tmp_path / "anchors"
    ledger.record("step", {})
    anchor(ledger, str(target), NOON)
    with target.open("a") as file:
        file.write('{"at":"2026-0')
    assert check_anchors(ledger, str(target)) == 1
    anchor(ledger, str(target), NOON)
    assert check_anchors(ledger, str(target)) == 2


def test_places_that_cannot_keep_an_anchor_are_refused(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no evidence to anchor"):
        anchor(ledger, str(tmp_path / "a"), NOON)
    ledger.record("step", {})
    for target in ("ftp://host/x", "s3://bucket/prefix", ""):
        with pytest.raises(SettingsError, match="GOVERNANCE_ANCHOR"):
            anchor(ledger, target, NOON)
    with pytest.raises(LedgerError, match="No such file or directory"):
        anchor(ledger, str(tmp_path / "none" / "a"), NOON)
    assert ledger.anchors() == []
