"""Keyed pseudonyms and date shifts, computed here and staged: neither a key nor a clear value ever stands in SQL.

One key per domain and version. The same value gets the same token in every release of a domain, so that analysts can join; the
version stands in the token (``c1_...``), so that a new key is seen at once. Destroying a key makes its tokens unlinkable.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc

from governance.depersonalization.columns import each_distinct, strings
from governance.depersonalization.hmacs import hmac_sha256
from governance.domain.errors import SettingsError
from governance.keys import Keys

_DIGITS = 24  # hexadecimal: 96 bits, so that ten million values meet with probability 1e-15
_SHIFT_DIGITS = 16


@dataclass(frozen=True, slots=True)
class DomainKey:
    """The key of one domain in one version."""

    domain: str
    version: int
    secret: bytes = field(repr=False)
    _subkeys: dict[str, bytes] = field(init=False, repr=False, compare=False, default_factory=dict)

    @property
    def prefix(self) -> str:
        """How every token of this key begins."""
        return f"{self.domain[0]}{self.version}_"

    def token(self, value: str) -> str:
        """The pseudonym of a value; spellings that Unicode holds equal are equal."""
        return self.prefix + self._digest("pseudonym", normalize("NFC", value).strip()).hex()[:_DIGITS]

    def shift(self, subject: str, days: int) -> int:
        """Whole days between -`days` and `days`, never 0, always the same for one subject."""
        drawn = int.from_bytes(self._digest("shift", subject)[:_SHIFT_DIGITS // 2]) % (2 * days) - days
        return drawn if drawn < 0 else drawn + 1

    def subkey(self, use: str) -> bytes:
        """A key per domain and use: a pseudonym says nothing about a shift, though both come from one secret."""
        if use not in self._subkeys:
            self._subkeys[use] = hmac.digest(self.secret, f"{self.domain}\x1f{use}".encode(), "sha256")
        return self._subkeys[use]

    def _digest(self, use: str, value: str) -> bytes:
        return hmac.digest(self.subkey(use), value.encode(), "sha256")


def name_of(domain: str) -> str:
    """The kind of the domain's keys among the installation's secrets."""
    return f"release-{domain}"


def domain_keys(keys: Keys, domains: Iterable[str], used: Mapping[str, int]) -> dict[str, DomainKey]:
    """The newest key of every domain. `used`: the version behind the release that is published now.

    SettingsError when a domain has no key, or the key behind the published release is gone: another would silently give
    everybody another pseudonym.
    """
    return {domain: _newest(keys, domain, used.get(domain)) for domain in domains}


def _newest(keys: Keys, domain: str, used: int | None) -> DomainKey:
    versions = keys.versions(name_of(domain))
    if not versions:
        was = "was destroyed or lost" if used is not None else "is missing"
        raise SettingsError(f"the pseudonym key of domain {domain} {was}", where="GOVERNANCE_SECRETS",
                            fix=f"governance release key {domain} --create makes a new one" +
                            (", and everybody gets a new pseudonym" if used is not None else ""))
    version = int(versions[-1][1:])
    if used is not None and version < used:
        raise SettingsError(f"the pseudonym key of domain {domain} was destroyed or lost: the release in use has version {used}, "
                            f"the newest key is version {version}", where="GOVERNANCE_SECRETS",
                            fix=f"restore it from where keys are kept, or governance release key {domain} --create")
    return DomainKey(domain, version, keys.read(f"{name_of(domain)}/{versions[-1]}"))


def create_key(keys: Keys, domain: str, at_least: int = 1) -> int:
    """Make the next key of a domain, not below version `at_least`; its version."""
    versions = [int(v[1:]) for v in keys.versions(name_of(domain))]
    version = max([at_least - 1, *versions]) + 1
    keys.create(f"{name_of(domain)}/v{version}")
    return version


def destroy_keys(keys: Keys, domain: str) -> list[int]:
    """Destroy every key of a domain; the versions that are gone now."""
    versions = [int(v[1:]) for v in keys.versions(name_of(domain))]
    for version in versions:
        keys.destroy(f"{name_of(domain)}/v{version}")
    return versions


# ---- whole columns -------------------------------------------------------------------------------------------------

_SPACES = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"  # what `strip` takes from ASCII


def tokens(key: DomainKey, values: pa.Array) -> pa.Array:
    """`key.token` of every text. `values` without nulls."""
    digests = hmac_sha256(key.subkey("pseudonym"), _comparable(values))
    return pc.binary_join_element_wise(pa.scalar(key.prefix), strings(digests.str.head(_DIGITS)), pa.scalar(""))


def shifts(key: DomainKey, subjects: pa.Array, days: int) -> pa.Array:
    """`key.shift` of every subject. `subjects` without nulls."""
    import polars as pl

    drawn = hmac_sha256(key.subkey("shift"), subjects).str.head(_SHIFT_DIGITS).str.to_integer(base=16, dtype=pl.UInt64)
    days_off = (drawn % (2 * days)).cast(pl.Int64) - days
    return (days_off + (days_off >= 0)).to_arrow().cast(pa.int64())


def _comparable(values: pa.Array) -> pa.Array:
    """Texts as `token` compares them. Python and Arrow know Unicode in different versions, so Arrow is asked about ASCII only."""
    simple = pc.string_is_ascii(values)
    if pc.all(simple).as_py() is not False:
        return pc.ascii_trim(values, characters=_SPACES)
    composed = each_distinct(values.filter(pc.invert(simple)), lambda value: normalize("NFC", value).strip(), pa.string())
    trimmed = pc.ascii_trim(pc.if_else(simple, values, pa.scalar("")), characters=_SPACES)
    return pc.replace_with_mask(trimmed, pc.invert(simple), composed)
