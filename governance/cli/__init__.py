"""`governance`: every job from a shell. Tables for people, ``--json`` for programs.

Exit codes: 0 done, 1 error, 2 usage, 3 findings.
"""

from __future__ import annotations

import sys

import click

from governance import __version__
from governance.cli.catalog import catalog, validate
from governance.cli.conflicts import conflicts
from governance.cli.discover import discover
from governance.cli.erasure import plan_erasure as _plan_erasure  # noqa: F401 -- enters itself under `plan`
from governance.cli.feeds import feed
from governance.cli.init import init
from governance.cli.notices import notices
from governance.cli.plans import apply, approve, plan, stop_group, verify, why
from governance.cli.policy import policy
from governance.cli.prove import doctor, evidence, report
from governance.cli.releases import release
from governance.cli.requests import hold, request
from governance.domain.errors import GovernanceError, ResidualFound, ViolationFound

FINDINGS = (ResidualFound, ViolationFound)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="governance")
def cli() -> None:
    """Keep the promises of a published privacy policy, and prove it.

    Where things are comes from the environment: GOVERNANCE_WAREHOUSE_URL, GOVERNANCE_LEDGER_URL, GOVERNANCE_POLICY_DIR,
    GOVERNANCE_SECRETS; optionally GOVERNANCE_STORES, GOVERNANCE_FEEDS (default: the same), GOVERNANCE_REPORTS, GOVERNANCE_ANCHOR,
    GOVERNANCE_EXPECTATIONS (default: the folder `expectations` beside the policy folder), GOVERNANCE_AS_OF.
    """


for command in (init, policy, discover, catalog, validate, plan, approve, apply, verify, why, request, hold, release, feed, conflicts,
                notices, evidence, report, doctor, *stop_group):
    cli.add_command(command)


def main() -> None:
    """Entry point: errors of ours become plain sentences and exit codes, never a stack of calls."""
    try:
        # Outside of standalone mode click returns what `ctx.exit` was given instead of raising it.
        sys.exit(cli(standalone_mode=False))
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        click.echo("stopped; nothing more was done", err=True)
        sys.exit(130)
    except GovernanceError as error:
        click.secho(f"error: {error}", err=True, fg="red")
        sys.exit(3 if isinstance(error, FINDINGS) else 1)
