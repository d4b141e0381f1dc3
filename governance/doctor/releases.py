"""What releases need: a pseudonym key per domain, the roles that should read them, a suite of expectations each."""

from __future__ import annotations

from collections.abc import Iterator

from governance.depersonalization.pseudonyms import create_key, name_of
from governance.installation import Installation
from governance.warehouse import Warehouse


def release_keys(installation: Installation, fix: bool) -> Iterator[tuple[bool, str, str]]:
    """(whether it is there, which, what to type) per domain. `fix` makes a first key, never a second: another key silently gives
    everybody another pseudonym."""
    used = {d: int(v) for r in reversed(installation.ledger.releases()) for d, v in dict(r.body["keys"]).items()}
    for domain in sorted({d for r in installation.policy.policy.releases for d in r.domains}):
        versions = installation.keys.versions(name_of(domain))
        if fix and not versions and domain not in used:
            create_key(installation.keys, domain)
            versions = installation.keys.versions(name_of(domain))
        lost = domain in used and f"v{used[domain]}" not in versions
        detail = f"pseudonym key of {domain} " + (f"v{used[domain]} was destroyed or lost" if lost else ", ".join(versions) or "is missing")
        remedy = "" if versions and not lost else (f"governance release key {domain} --create" if lost else "governance doctor --fix")
        yield bool(versions) and not lost, detail, remedy


def release_suites(installation: Installation) -> Iterator[tuple[bool, str, str]]:
    """Every release has a suite: without one nothing says what a version must look like."""
    for release in installation.policy.policy.releases:
        path = installation.settings.expectations / "releases" / f"{release.key}.yaml"
        if not path.is_file():
            yield False, f"release {release.key} has no suite of expectations", f"write {path.name} into expectations/releases"


def release_roles(installation: Installation, warehouse: Warehouse) -> Iterator[tuple[bool, str, str]]:
    """Roles that should read a release and do not exist; nothing on an engine without roles."""
    roles = warehouse.roles()
    wanted = {role for r in installation.policy.policy.releases for role in r.roles}
    for role in sorted(wanted - roles) if roles is not None else ():
        yield False, f"role {role}, which reads a release, does not exist", f'CREATE ROLE "{role}"'
