"""`governance release` and `governance plan release`: depersonalized datasets, their cards and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from governance import release_jobs
from governance.cli.plans import APPLIES, CONTEXT, VERIFIES, plan, print_made
from governance.cli.show import as_json, document, table
from governance.domain.errors import GovernanceError
from governance.domain.plan import Kind
from governance.installation import Installation, installed
from governance.ledger.releases import ReleaseRecord
from governance.policy.releases import Release


@plan.command("release")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Ask nobody for approval.")
@click.option("--unlock", is_flag=True, help="Search the levels anew instead of keeping those of the first version.")
@as_json
def plan_release(name: str, dry_run: bool, unlock: bool, as_json: bool) -> None:
    """The next version of a release: who may stand in it, how far each column is generalized, how many rows leave."""
    with installed() as installation:
        result = release_jobs.depersonalize_plan(installation, CONTEXT, name, dry_run=dry_run, unlock=unlock)
        print_made(installation, result, as_json, dry_run)


def _apply(installation: Installation, digest: str) -> tuple[dict[str, Any], str]:
    result = release_jobs.depersonalize_apply(installation, CONTEXT, digest)
    return result, (f"version {result['version']} of {result['release']} is shown: {result['rows']:,} rows\n"
                    f"next: governance verify {digest[:12]}")


def _verify(installation: Installation, digest: str) -> tuple[dict[str, Any], str]:
    result = release_jobs.depersonalize_verify(installation, CONTEXT, digest)
    card = f"\nopen {result['card']}" if result["card"] else f"\nnext: governance release card {result['release']}"
    return result, f"version {result['version']} of {result['release']} is as promised: {result['rows']:,} rows, k {result['k']}{card}"


APPLIES[Kind.RELEASE], VERIFIES[Kind.RELEASE] = _apply, _verify


@click.group()
def release() -> None:
    """Releases: depersonalized datasets, published in versions."""


@release.command("list")
@as_json
def release_list(as_json: bool) -> None:
    """Every declared release, and the version its readers see."""
    with installed() as installation:
        declared = installation.policy.policy.releases
        shown = {r.name: r for r in installation.ledger.releases(state="published")}
        found = [_line(installation, r, shown.get(r.key)) for r in declared]
    if as_json:
        document(found)
        return
    table("releases", ("release", "table", "version", "rows", "k", "as of", "is"),
          [tuple("" if cell is None else cell for cell in line.values()) for line in found], empty="the policy declares none")


def _line(installation: Installation, declared: Release, shown: ReleaseRecord | None) -> dict[str, Any]:
    body: Mapping[str, Any] = shown.body if shown else {}
    return {"release": declared.key, "table": str(declared.target), "version": shown.version if shown else None,
            "rows": body.get("published_rows"), "k": body.get("k_reached"), "as_of": str(body.get("as_of", ""))[:10],
            "is": _standing(installation, body) if shown else "not published yet"}


def _standing(installation: Installation, body: Any) -> str:
    from governance.report.card import standing

    return standing(body, installation.keys).word


@release.command("card")
@click.argument("name")
@click.option("--version", type=int, help="Default: the version readers see.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the HTML; default: GOVERNANCE_REPORTS.")
@as_json
def release_card(name: str, version: int | None, out: Path | None, as_json: bool) -> None:
    """Print the card of a release as Markdown, and write it as a page into the reports folder."""
    from governance.report import card

    with installed() as installation:
        release_jobs.declared(installation, name)
        record = card.record_of(installation.ledger, name, version)
        folder = out or installation.settings.reports_dir
        path = card.write_card(installation.ledger, installation.keys, name, folder, version) if folder else None
        shown = card.card_markdown(record, installation.keys, card.is_verified(installation.ledger, record))
        standing = card.standing(record.body, installation.keys)
    if as_json:
        document({"release": record, "is": standing.word, "because": standing.because, "path": str(path) if path else None})
        return
    click.echo(shown)
    if path:
        click.echo(f"open {path}")


@release.command("key")
@click.argument("domain")
@click.option("--create", "what", flag_value="create", help="Make a new version: everybody gets another pseudonym from now on.")
@click.option("--destroy", "what", flag_value="destroy", help="Destroy every version: nobody can say any more who a pseudonym is.")
@as_json
def release_key(domain: str, what: str | None, as_json: bool) -> None:
    """The pseudonym key of a domain: which versions exist, a new one, or none any more."""
    from governance.depersonalization import pseudonyms

    with installed() as installation:
        known = sorted({d for r in installation.policy.policy.releases for d in r.domains})
        if domain not in known:
            raise GovernanceError("is the domain of no release", where=domain, fix="one of " + (", ".join(known) or "none yet"))
        used = [int(r.body["keys"][domain]) for r in installation.ledger.releases() if domain in r.body["keys"]]
        if what == "create":
            version = pseudonyms.create_key(installation.keys, domain, max(used, default=0) + 1)
            installation.ledger.record("release.key_created", {"domain": domain, "version": version})
        elif what == "destroy":
            gone = pseudonyms.destroy_keys(installation.keys, domain)
            installation.ledger.record("release.key_destroyed", {"domain": domain, "versions": gone})
        versions = installation.keys.versions(pseudonyms.name_of(domain))
    result = {"domain": domain, "versions": versions}
    document(result) if as_json else click.echo(f"{domain}: {', '.join(versions) or 'no key exists'}")


