"""Keyed pseudonyms and date shifts, computed here and staged: neither a key nor a clear value ever stands in SQL.

One key per domain and version. The same value gets the same token in every release of a domain, so that analysts can join; the
version stands in the token (``c1_...``), so that a new key is seen at once. Destroying a key makes its tokens unlinkable.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from unicodedata import normalize

from governance.domain.errors import SettingsError
from governance.keys import Keys

_DIGITS = 24  # hexadecimal: 96 bits, so that ten million values meet with probability 1e-15


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
        drawn = int.from_bytes(self._digest("shift", subject)[:8]) % (2 * days) - days
        return drawn if drawn < 0 else drawn + 1

    def _digest(self, use: str, value: str) -> bytes:
        # A subkey per domain and use: a pseudonym says nothing about a shift, though both come from one key.
        if use not in self._subkeys:
            self._subkeys[use] = hmac.digest(self.secret, f"{self.domain}\x1f{use}".encode(), "sha256")
        return hmac.digest(self._subkeys[use], value.encode(), "sha256")


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


def tokens(key: DomainKey, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(value, token) pairs to stage beside the source."""
    return ((value, key.token(value)) for value in values)
