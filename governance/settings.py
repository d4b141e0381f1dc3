"""Where things are. Read once at an edge and passed inwards; never a global, and nothing has a default outside the demo."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from governance.domain.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """`as_of` is set only by the demo and tests: the moment the company's clock stands still at."""

    warehouse_url: str = field(repr=False)
    ledger_url: str = field(repr=False)
    policy_dir: Path
    secrets_dir: Path
    stores_dir: Path | None = None
    reports_dir: Path | None = None
    anchor: str | None = None
    as_of: datetime | None = None
    expectations_dir: Path | None = None
    anchor_days: int = 3650
    feeds_dir: Path | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        env = os.environ if env is None else env
        return cls(
            warehouse_url=need(env, "GOVERNANCE_WAREHOUSE_URL", "duckdb:////srv/warehouse.duckdb or postgresql+psycopg://..."),
            ledger_url=need(env, "GOVERNANCE_LEDGER_URL", "sqlite:////srv/ledger.sqlite or postgresql+psycopg://..."),
            policy_dir=Path(need(env, "GOVERNANCE_POLICY_DIR", "the folder with the declared policy")),
            secrets_dir=Path(need(env, "GOVERNANCE_SECRETS", "the folder with the keys, readable by this user only")),
            stores_dir=_path(env, "GOVERNANCE_STORES"),
            reports_dir=_path(env, "GOVERNANCE_REPORTS"),
            anchor=env.get("GOVERNANCE_ANCHOR") or None,
            expectations_dir=_path(env, "GOVERNANCE_EXPECTATIONS"),
            anchor_days=_days(env, "GOVERNANCE_ANCHOR_DAYS", 3650),
            feeds_dir=_path(env, "GOVERNANCE_FEEDS"),
            as_of=clock(env),
        )

    @property
    def expectations(self) -> Path:
        """The folder with the suites: GOVERNANCE_EXPECTATIONS, else `expectations` beside the policy folder."""
        return self.expectations_dir or self.policy_dir.parent / "expectations"

    @property
    def recognizers(self) -> Path:
        """The folder with the company's own recognizers; it need not be there."""
        return self.policy_dir / "recognizers"

    def now(self, at_most: datetime | None = None) -> datetime:
        """The moment to judge by: the fixed clock if there is one, else now; never later than `at_most`."""
        moment = self.as_of or datetime.now(UTC)
        return min(moment, at_most) if at_most else moment


def need(env: Mapping[str, str], name: str, example: str) -> str:
    """The setting `name`, or an error that says how to set it."""
    value = env.get(name, "")
    if not value:
        raise SettingsError("is not set", where=name, fix=f"export {name}=...  ({example})")
    return value


def clock(env: Mapping[str, str]) -> datetime | None:
    """GOVERNANCE_AS_OF as an aware moment, None when unset. Refused when it is later than now."""
    text = env.get("GOVERNANCE_AS_OF", "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError("is not a moment", where="GOVERNANCE_AS_OF", fix="write it as 2026-06-01T00:00:00+00:00") from None
    if moment.tzinfo is None:
        raise SettingsError("has no time zone", where="GOVERNANCE_AS_OF", fix=f"write it as {text}+00:00")
    if moment > datetime.now(UTC):
        raise SettingsError("is later than now", where="GOVERNANCE_AS_OF", fix="use a moment that has passed, or unset it")
    return moment.astimezone(UTC)


def _days(env: Mapping[str, str], name: str, unset: int) -> int:
    text = env.get(name) or str(unset)
    if not text.isdigit() or not int(text):
        raise SettingsError("is not a number of days", where=name, fix=f"export {name}={unset}")
    return int(text)


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]) if env.get(name) else None
