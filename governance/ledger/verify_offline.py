"""Check a certificate or an export of evidence with nothing but Python's standard library.

    python verify_offline.py FILE [--anchors ANCHORS]

FILE is a certificate (one JSON document) or an export (one JSON entry per line). Exit 0: everything holds. Exit 1: it does not,
and every reason is printed. This file stands alone: keep a copy of it beside the certificates.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

GENESIS = "0" * 64
FORMAT = "governance certificate 1"
FINISHED = ("verified", "closed")
BALANCED = ("planned", "done", "left", "held", "gone")


def canonical(value: Any) -> str:
    """Sorted keys, no spaces, ASCII only: the one spelling that is digested."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def chain_problems(entries: Any) -> list[str]:
    """Why this is not an intact chain from its first entry on; empty for an intact one."""
    if not isinstance(entries, list):
        return ["the evidence is not a list of entries"]
    previous = GENESIS
    for expected, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or set(entry) != {"seq", "kind", "at", "body", "previous", "digest"}:
            return [f"evidence {expected} is not an entry"]
        if type(entry["seq"]) is not int or entry["seq"] != expected:
            return [f"evidence {expected} is missing or out of order"]
        if entry["previous"] != previous:
            return [f"evidence {expected} does not follow the entry before it"]
        if entry["digest"] != digest([entry["seq"], entry["kind"], entry["at"], entry["body"], entry["previous"]]):
            return [f"evidence {expected} was altered"]
        previous = entry["digest"]
    return [] if entries else ["there is no evidence"]


def anchor_problems(entries: list[dict[str, Any]], anchors: list[dict[str, Any]]) -> list[str]:
    """Anchors (heads kept outside) that the chain should contain and does not; later ones than its end say it was cut."""
    found = []
    for number, anchor in enumerate(anchors, 1):
        seq = anchor.get("seq")
        if type(seq) is not int or seq < 1:
            found.append(f"anchor {number} is not an anchor")
        elif seq > len(entries):
            found.append(f"anchor {number}: evidence {seq} is missing, the chain ends at {len(entries)}")
        elif entries[seq - 1]["digest"] != anchor.get("digest"):
            found.append(f"anchor {number}: evidence {seq} is not the one that was anchored")
    return found


def certificate_problems(document: Any) -> list[str]:
    """Why a certificate does not hold; empty when it does."""
    if document.get("format") != FORMAT:
        return ["the certificate has a format that this program does not know"]
    entries = document["evidence"]
    found = chain_problems(entries)
    if found:
        return found
    if set(document) != {"format", "content", "evidence"}:
        found.append("the certificate has parts that do not belong to it, or lacks some")
    content = document.get("content")
    try:
        return found + _content_problems(content, entries)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return [*found, "the content of the certificate cannot be read"]


def _content_problems(content: dict[str, Any], entries: list[dict[str, Any]]) -> list[str]:
    found = []
    plan, name = content["plan"], content["plan_digest"]
    if digest(plan) != name:
        found.append("the plan is not the one its digest names")
    issued = [e for e in entries if e["kind"] == "certificate" and e["body"].get("content") == digest(content)]
    if not issued:
        return [*found, "the content of the certificate is not the one recorded when it was issued"]
    before = entries[: issued[0]["seq"] - 1]
    mine = [e for e in before if e["body"].get("plan") == name]
    if not any(e["kind"] == "plan.saved" for e in mine):
        found.append("the chain does not know this plan")
    states = [e["body"]["to"] for e in mine if e["kind"] == "plan.state"]
    if content["state"] != (states[-1] if states else "planned"):
        found.append("the state of the plan is not the one in the chain")
    sealed = [r for e in mine if e["kind"] == "receipts" for r in e["body"]["receipts"]]
    if sorted(sealed) != sorted(content["receipts"]):
        found.append("the receipts are not those in the chain")
    looks = [e["body"]["results"] for e in mine if e["kind"] == "verification"]
    if content["verification"] != (looks[-1] if looks else None):
        found.append("the verification is not the last one in the chain")
    for approval in content["approvals"]:
        found += _approval_problems(approval, before)
    return found + _book_problems(content)


def _approval_problems(approval: dict[str, Any], entries: list[dict[str, Any]]) -> list[str]:
    mine = [e for e in entries if e["body"].get("digest") == approval["digest"]]
    asked = [e for e in mine if e["kind"] == "approval.asked"]
    what = f"the approval of the {approval['what']}"
    if not asked:
        return [what + " was never asked for in the chain"]
    keys = ("user", "approved", "authenticated", "via")
    given = [[e["at"], *(e["body"][k] for k in keys)]
             for e in mine if e["kind"] == "approval.answered" and e["seq"] > asked[-1]["seq"]]
    found = []
    if sorted(given) != sorted([a["at"], *(a[k] for k in keys)] for a in approval["answers"]):
        found.append(what + " has other answers than the chain")
    if [approval["approvers"], approval["people"]] != [asked[-1]["body"]["approvers"], asked[-1]["body"]["people"]]:
        found.append(what + " names other approvers than the chain")
    agreed = {g[1] for g in given if g[2]}
    if approval["state"] == "approved" and (len(agreed) < approval["people"] or not agreed <= set(approval["approvers"])
                                            or any(not g[2] for g in given)):
        found.append(what + " was not given by enough approvers")
    return found


def _book_problems(content: dict[str, Any]) -> list[str]:
    """The sums of the receipts against the plan and against the last look at the data."""
    found = []
    steps = {s["number"]: s for s in content["plan"]["steps"]}
    sums = {number: [0, 0] for number in steps}
    for step, batch, matched, changed, gone, _fence, _at in content["receipts"]:
        if step not in steps:
            found.append(f"step {step} has a receipt and is not in the plan")
            continue
        if matched != changed + gone or min(changed, gone) < 0:
            found.append(f"step {step}, batch {batch}: matched is not changed and gone together")
        sums[step][0] += changed
        sums[step][1] += gone
    looks = {r["step"]: {**r, **r.get("tally", {})} for r in content["verification"] or () if r.get("step") in steps}
    for number, (done, gone) in sums.items():
        step, look = steps[number], looks.get(number)
        if done + gone > step["rows"] and not step["late"]:
            found.append(f"step {number}: {done + gone:,} rows done, only {step['rows']:,} planned")
        if look is not None and all(k in look for k in BALANCED):
            if [look["done"], look["gone"]] != [done, gone] and content["state"] in FINISHED:
                found.append(f"step {number}: verification counted other rows than the receipts")
            if look["planned"] != look["done"] + look["left"] + look["held"] + look["gone"]:
                found.append(f"step {number}: done, left, held and gone are not planned")
        elif content["state"] in FINISHED and done + gone < step["rows"]:
            found.append(f"step {number}: {step['rows']:,} rows planned, {done + gone:,} done, "
                         "and no look at the data explains the rest")
    return found


def statement(document: dict[str, Any]) -> list[str]:
    """What a certificate that holds says, in plain words."""
    content, entries = document["content"], document["evidence"]
    plan = content["plan"]
    name = f"{plan['kind']} {plan['name']}".strip()
    lines = [f"Plan {content['plan_digest'][:12]} ({name}), as of {plan['as_of']}, policy version {plan['policy_version']}: "
             f"{content['state']}."]
    if content["state"] not in FINISHED:
        lines.append("NOT COMPLETE: this certificate does not say that the work is done.")
    for step in plan["steps"]:
        mine = [r for r in content["receipts"] if r[0] == step["number"]]
        lines.append(f"  step {step['number']}, {step['action']} {_table(step)}: {step['rows']:,} planned, "
                     f"{sum(r[3] for r in mine):,} changed, {sum(r[4] for r in mine):,} already gone")
    lines += [f"  kept: {_table(kept)}, {kept['rows']:,} rows, {kept['because']}" for kept in plan["kept"]]
    for approval in content["approvals"]:
        who = ", ".join(f"{a['user']} ({'yes' if a['approved'] else 'no'}{'' if a['authenticated'] else ', unauthenticated'})"
                        for a in approval["answers"])
        lines.append(f"  approval of the {approval['what']}: {approval['state']}" + (f", by {who}" if who else ""))
    if content["verification"] is None:
        lines.append("  the data was not looked at again")
    lines.append(f"  unjudged: {content['unjudged']['findings']:,} findings, {content['unjudged']['rows']:,} rows or cells")
    columns = content["unjudged"].get("columns")
    lines.append("  columns of the database that nobody has judged: "
                 + ("not counted, the catalog was never validated" if columns is None else f"{columns:,}"))
    for notice in content.get("notices", ()):
        done = f"told on {notice['sent_at'][:10]} by {notice['sent_by']}" if notice["state"] == "sent" else "not told yet"
        lines.append(f"  recipient {notice['recipient']} ({notice['cause']}): {done}, due {notice['due_at'][:10]}")
    lines += [f"  bytes remain: {item['what']}, until {item['until']}; cleared by {item['cleared_by']}"
              for item in content.get("remains", ())]
    lines += [f"  not covered: {item}" for item in content["not_covered"]] or ["  not covered: nothing was named"]
    lines.append(f"Evidence 1 to {len(entries)}, head {entries[-1]['digest']}.")
    return lines


def _table(part: dict[str, Any]) -> str:
    return ".".join(part["table"][key] for key in ("schema", "table"))


def load(text: str) -> Any:
    """JSON in which no key stands twice: a reader and this program must see the same value. ValueError otherwise."""
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)
    return json.loads(text, object_pairs_hook=once)


def read(text: str) -> tuple[dict[str, Any] | None, list[Any]]:
    """(certificate or None, entries) of a file's text. ValueError when it is neither."""
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        document = load(text)
    except ValueError:
        return None, [load(line) for line in lines]
    if isinstance(document, dict) and "evidence" in document:
        return document, document["evidence"]
    return None, [document]


def check(text: str, anchors: str | None = None) -> tuple[list[str], list[str]]:
    """(problems, what it says) of a file's text; `anchors` is the text of the file of anchors."""
    try:
        document, entries = read(text)
        kept = [load(line) for line in (anchors or "").splitlines() if line.strip()]
    except ValueError:
        return ["the file is neither a certificate nor an export of evidence, or the anchors are damaged"], []
    problems = certificate_problems(document) if document is not None else chain_problems(entries)
    later = 0
    if not problems and anchors is not None:
        if not all(isinstance(a, dict) and isinstance(a.get("seq"), int) for a in kept):
            return ["the anchors are damaged"], []
        if document is not None:  # a certificate ends where it was made; an export must reach every anchor
            later = sum(a["seq"] > len(entries) for a in kept)
            kept = [a for a in kept if a["seq"] <= len(entries)]
        problems = anchor_problems(entries, kept)
    if problems:
        return problems, []
    said = statement(document) if document is not None else [f"Evidence 1 to {len(entries)}, head {entries[-1]['digest']}."]
    if anchors is not None:
        said.append(f"All {len(kept)} anchors are in the chain." if not later else
                    f"{len(kept)} anchors are in the chain; {later} were made after this certificate and say nothing about it.")
    return [], said


def main(arguments: list[str]) -> int:
    match arguments:
        case [file]:
            outside = None
        case [file, "--anchors", outside] | ["--anchors", outside, file]:
            pass
        case _:
            print("usage: python verify_offline.py FILE [--anchors ANCHORS]", file=sys.stderr)
            return 2
    try:
        anchors = Path(outside).read_text(encoding="utf-8") if outside else None
        problems, said = check(Path(file).read_text(encoding="utf-8"), anchors)
    except (OSError, UnicodeDecodeError) as error:
        print(f"DOES NOT HOLD: the file cannot be read: {error}")
        return 1
    for line in said:
        print(line)
    for problem in problems:
        print("DOES NOT HOLD: " + problem)
    if not problems:
        print("HOLDS.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
