"""The proposed policy as a folder of files that appears whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from governance.domain.errors import PolicyError
from governance.policy.check import load_checked
from governance.policy.load import LoadedPolicy
from governance.proposing.datasets import dataset, dataset_keys, schemas_of
from governance.proposing.propose import Proposed
from governance.proposing.spelling import listed, spelled
from governance.proposing.subjects import Kind

TEXT = "text/not-published-yet.txt"
_NO_TEXT = """This file stands in for the privacy policy that the company has published.

Put the published text here, word for word, and enter its version, its day and its SHA-256 in organization.yaml.
"""


@dataclass(frozen=True, slots=True)
class Company:
    """What nobody can read from a database. `user` looked at it and owns what was found until somebody else does."""

    name: str
    user: str
    today: date


def files(proposed: Proposed, company: Company) -> Mapping[str, str]:
    """Every file of the folder by its name."""
    keys = dataset_keys(schemas_of(proposed))
    found = {
        "organization.yaml": _organization(company), "people.yaml": _people(company), "regimes.yaml": _REGIMES,
        "purposes.yaml": _PURPOSES, "subjects.yaml": _joined(_subjects(proposed)), TEXT: _NO_TEXT,
    }
    for schema, key in keys.items():
        found[f"datasets/{key}.yaml"] = _joined(dataset(proposed, schema, key, "company", company.user))
    if not keys:
        found["datasets/none.yaml"] = "# There was no table to propose anything about.\ndataset: []\n"
    return found


def refuse_full(folder: Path) -> None:
    """PolicyError unless `folder` is missing or empty: nothing is ever overwritten."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PolicyError("is there already and not an empty folder", where=folder,
                          fix="name another folder with --out; a proposal never overwrites what somebody decided")


def write(proposed: Proposed, company: Company, folder: Path, more: Mapping[str, str] | None = None) -> LoadedPolicy:
    """Write the files and `more` of them by name, check them against the live schema, and only then show the folder. PolicyError when it
    is not empty."""
    refuse_full(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, content in {**files(proposed, company), **(more or {})}.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        load_checked(made, proposed.schema, proposed.engine)
        made.chmod(0o755)
        refuse_full(folder)
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return load_checked(folder, proposed.schema, proposed.engine)


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _organization(company: Company) -> str:
    digest = hashlib.sha256(_NO_TEXT.encode()).hexdigest()
    return f"""\
# Who you are, and the text you have published. Decide next: every line of this file.
organization:
  key: company
  name: {spelled(company.name)}
  time_zone: UTC            # when a day begins for you, such as Asia/Baku
  warehouse_time_zone: UTC  # what timestamps without a zone mean
  policy_version: not-published-yet
  regimes: [gdpr]           # the laws that apply, see regimes.yaml
  contact: "unjudged: where data subjects write to"
  not_covered: []           # backups, logs, mailboxes: places with copies that no job here reaches, and for how long

published:
  - version: not-published-yet
    file: {TEXT}
    sha256: {digest}
    published_on: {company.today.isoformat()}
"""


def _people(company: Company) -> str:
    user = spelled(company.user)
    return f"""\
# Members of staff, by user id. Decide next: who owns which data, and who may approve. The one who approves should not be the
# one who plans.
people:
  - {{user: {user}, roles: [dataset owner, compliance officer]}}

approvals:
  approve_above: 0.0        # every plan waits for a person until you say which share of a table may go without one
  approvers:
    retention: [{user}]
    request: [{user}]
    policy: [{user}]
  people: 1
"""


_REGIMES = """\
# The laws that apply, with their deadlines. An example, ask counsel. Decide next: which ones are yours.
regimes:
  - key: gdpr
    name: General Data Protection Regulation
    citation: "Regulation (EU) 2016/679, article 12(3) (example, ask counsel)"
    deadlines:
      - {request: erasure, months: 1, extendable_months: 2}
      - {request: access, months: 1, extendable_months: 2}
"""

_PURPOSES = """\
# What data is used for, and how long each purpose lasts. Decide next: a purpose and a record class for each column that now says
# `purposes: unjudged`. An example to begin with:
#
# purposes:
#   - key: essential.service
#     name: Customer account
#     clause: "C5: the sentence of the published text"
#     legal_basis: {gdpr: contract}
# record_classes:
#   - key: account
#     name: Accounts
#     clause: "C10: the sentence of the published text"
#     schedules: [{purpose: essential.service, trigger: closed, keep: P1Y}]
purposes: []
record_classes: []
"""


def _subjects(proposed: Proposed) -> Iterator[str]:
    yield "# Who the data is about. Proposed: tables with names and contact data, those with most rows first. Decide next: are these the"
    yield "# people you know, is each named once, and which identifiers are enough, together, to say who it is?"
    yield "subject_kinds:" if proposed.kinds else "subject_kinds: []  # no table was found whose rows are people"
    for kind in proposed.kinds:
        yield from _kind(kind)


def _kind(kind: Kind) -> Iterator[str]:
    yield f"  - key: {spelled(kind.key)}  # {_counted(kind.rows, 'row')}; {_counted(kind.referring, 'other table')} refer to it"
    yield f"    name: {spelled(kind.name)}"
    yield '    clause: "unjudged: quote the sentence of the published text that speaks of these people"'
    yield f"    identity: {{table: {spelled(str(kind.table))}, key: {spelled(kind.column)}}}"
    yield "    identifiers:"
    for named in kind.named:
        yield f"      - {{form: {named.form}, column: {spelled(named.column)}, unique: {spelled(named.unique)}}}"
    yield f"    resolve_by: [{', '.join(listed(forms) for forms in kind.resolve_by)}]"




def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"
