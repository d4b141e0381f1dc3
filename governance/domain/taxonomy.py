"""Kinds of personal data: the keys of fideslang's default taxonomy, each in plain words and with its usual role.

Source: fideslang 3, `fideslang.default_taxonomy.DATA_CATEGORIES` (Apache 2.0); keys as there, words are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from governance.domain.proposal import Role

_I, _Q, _S = Role.IDENTIFIER, Role.QUASI_IDENTIFIER, Role.SENSITIVE


@dataclass(frozen=True, order=True, slots=True)
class Category:
    """`words` read inside a sentence. `special`: a special category of personal data (GDPR article 9 and 10; example, ask
    counsel). `identifying` orders kinds found in one content: the highest names the column."""

    key: str
    words: str
    role: Role
    special: bool = False
    identifying: int = 0


_TABLE: tuple[Category, ...] = (
    Category("user", "personal data", _S),
    Category("user.account", "account data", _S),
    Category("user.account.settings", "account settings", _S),
    Category("user.account.username", "user name", _I, identifying=70),
    Category("user.authorization", "authorization data", _S),
    Category("user.authorization.biometric", "biometric credential", _S, special=True, identifying=60),
    Category("user.authorization.credentials", "login credentials", _S, identifying=40),
    Category("user.authorization.password", "password", _S, identifying=40),
    Category("user.behavior", "behaviour", _S),
    Category("user.behavior.browsing_history", "browsing history", _S),
    Category("user.behavior.media_consumption", "media consumption", _S),
    Category("user.behavior.purchase_history", "purchase history", _S),
    Category("user.behavior.search_history", "search history", _S),
    Category("user.biometric", "biometric data", _S, special=True, identifying=60),
    Category("user.biometric.fingerprint", "fingerprint", _S, special=True, identifying=60),
    Category("user.biometric.health", "biometric health data", _S, special=True, identifying=40),
    Category("user.biometric.retinal", "retinal data", _S, special=True, identifying=60),
    Category("user.biometric.voice", "voice", _S, special=True, identifying=60),
    Category("user.childrens", "data of a child", _S),
    Category("user.contact", "contact data", _I, identifying=30),
    Category("user.contact.address", "postal address", _I, identifying=66),
    Category("user.contact.address.city", "city", _Q, identifying=8),
    Category("user.contact.address.country", "country", _Q, identifying=4),
    Category("user.contact.address.postal_code", "postcode", _Q, identifying=12),
    Category("user.contact.address.state", "region", _Q, identifying=6),
    Category("user.contact.address.street", "street address", _I, identifying=66),
    Category("user.contact.email", "e-mail address", _I, identifying=80),
    Category("user.contact.fax_number", "fax number", _I, identifying=62),
    Category("user.contact.organization", "organization of a person", _Q, identifying=5),
    Category("user.contact.phone_number", "phone number", _I, identifying=80),
    Category("user.contact.url", "personal web page", _I, identifying=50),
    Category("user.content", "content by or about a person", _S, identifying=3),
    Category("user.content.private", "private content", _S, identifying=3),
    Category("user.content.public", "public content of a person", _S, identifying=2),
    Category("user.content.self_image", "photograph of a person", _I, identifying=64),
    Category("user.criminal_history", "criminal record", _S, special=True, identifying=20),
    Category("user.demographic", "demographic data", _Q),
    Category("user.demographic.age_range", "age", _Q, identifying=7),
    Category("user.demographic.date_of_birth", "date of birth", _Q, identifying=35),
    Category("user.demographic.gender", "gender", _Q, identifying=2),
    Category("user.demographic.language", "language of a person", _Q, identifying=2),
    Category("user.demographic.marital_status", "marital status", _Q, identifying=3),
    Category("user.demographic.political_opinion", "political opinion", _S, special=True, identifying=9),
    Category("user.demographic.profile", "demographic profile", _Q),
    Category("user.demographic.race_ethnicity", "ethnicity", _S, special=True, identifying=9),
    Category("user.demographic.religious_belief", "religious belief", _S, special=True, identifying=9),
    Category("user.demographic.sexual_orientation", "sexual orientation", _S, special=True, identifying=9),
    Category("user.device", "data about a device", _Q, identifying=15),
    Category("user.device.cookie", "content of a cookie", _I, identifying=42),
    Category("user.device.cookie_id", "cookie identifier", _I, identifying=44),
    Category("user.device.device_id", "device identifier", _I, identifying=48),
    Category("user.device.ip_address", "IP address", _I, identifying=46),
    Category("user.financial", "financial data", _S),
    Category("user.financial.bank_account", "bank account", _I, identifying=86),
    Category("user.financial.credit_card", "bank card number", _I, identifying=88),
    Category("user.government_id", "identity document", _I, identifying=90),
    Category("user.government_id.birth_certificate", "birth certificate", _I, identifying=90),
    Category("user.government_id.drivers_license_number", "driving licence number", _I, identifying=90),
    Category("user.government_id.immigration", "residence permit", _I, identifying=90),
    Category("user.government_id.national_identification_number", "national identification number", _I, identifying=94),
    Category("user.government_id.passport_number", "passport number", _I, identifying=92),
    Category("user.government_id.vehicle_registration", "licence plate", _I, identifying=56),
    Category("user.health_and_medical", "health data", _S, special=True, identifying=20),
    Category("user.health_and_medical.genetic", "genetic data", _S, special=True, identifying=40),
    Category("user.health_and_medical.insurance_beneficiary_id", "health insurance number", _I, special=True, identifying=78),
    Category("user.health_and_medical.record_id", "medical record number", _I, special=True, identifying=78),
    Category("user.job_title", "job title", _Q, identifying=2),
    Category("user.location", "location", _Q, identifying=20),
    Category("user.location.imprecise", "approximate location", _Q, identifying=20),
    Category("user.location.precise", "precise location", _I, identifying=52),
    Category("user.name", "name of a person", _I, identifying=76),
    Category("user.name.first", "first name", _I, identifying=72),
    Category("user.name.last", "last name", _I, identifying=74),
    Category("user.payment", "payment data", _S),
    Category("user.privacy_preferences", "privacy preferences", _S),
    Category("user.sensor", "sensor data", _S),
    Category("user.social", "social activity", _S),
    Category("user.telemetry", "telemetry", _S),
    Category("user.unique_id", "identifier assigned to a person", _I, identifying=38),
    Category("user.unique_id.pseudonymous", "pseudonym of a person", _I, identifying=38),
    Category("user.user_sensor", "measurement of a person's surroundings", _S),
    Category("user.workplace", "workplace", _Q, identifying=2),
)

CATEGORIES: dict[str, Category] = {c.key: c for c in _TABLE}


def category(key: str) -> Category:
    """The category called `key`. KeyError when fideslang's default taxonomy has no such key."""
    return CATEGORIES[key]


def words(key: str) -> str:
    """`key` in plain words; the key itself when it is not of the default taxonomy (a company may add its own)."""
    return CATEGORIES[key].words if key in CATEGORIES else key


def role(key: str) -> Role:
    """The usual role of `key`: that of its nearest known parent."""
    while key not in CATEGORIES and "." in key:
        key = key.rpartition(".")[0]
    return CATEGORIES[key].role if key in CATEGORIES else Role.SENSITIVE


def within(key: str, parent: str) -> bool:
    """True for the same key and for a key below it: ``user.name.first`` is within ``user.name``."""
    return key == parent or key.startswith(parent + ".")


def identifying(key: str) -> int:
    """How far `key` leads to one person: higher leads further; 1 for a key of a company's own."""
    return CATEGORIES[key].identifying if key in CATEGORIES else 1
