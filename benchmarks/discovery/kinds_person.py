"""Names, addresses of all sorts, birthdays and what else describes a person."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from benchmarks.discovery.kinds import Draw, Filled, kind
from benchmarks.discovery.people import Person, ascii_of, said, words

NAME, FIRST, LAST = "user.name", "user.name.first", "user.name.last"
ADDRESS, STREET = "user.contact.address", "user.contact.address.street"

# ---- names -------------------------------------------------------------------------------------------------------------


def full(p: Person, way: str) -> str:
    """A person's name in one of the ways of writing it."""
    given, family, middle = p.given, p.family, p.patronymic
    mi = f" {p.middle[0]}." if p.middle else ""
    return {
        "gf": f"{given} {family}",
        "fg": f"{family} {given}",
        "f,g": f"{family}, {given}",
        "fgm": f"{family} {given} {middle}",
        "gmf": f"{given} {middle} {family}",
        "fi": f"{family} {given[0]}.{mi.strip()}",
        "if": f"{given[0]}. {family}",
        "GF": f"{given} {family}".upper(),
        "gF": f"{given} {family.upper()}",
        "gmif": f"{given}{mi} {family}",
        "low": f"{given} {family}".lower(),
    }[way]


WAYS = {
    "az": ("gf", "fg", "fgm", "fgm", "fi", "GF"),
    "ru": ("fg", "fgm", "fgm", "fi", "GF", "gmf"),
    "tr": ("gf", "gf", "gF", "GF", "fg"),
    "en": ("gf", "gf", "f,g", "gmif", "if", "GF"),
    "de": ("gf", "f,g", "fg", "gf", "gF"),
}


def _names(draw: Draw, unusual: float = 0.0) -> list[str]:
    ways = {language: draw.rng.choice(options) for language, options in WAYS.items()}
    mixed = draw.rng.random() < 0.25
    return [full(p, draw.rng.choice(WAYS[p.language]) if mixed else ways[p.language]) for p in draw.people]


@kind("full_name", NAME, broader=(FIRST, LAST))
def full_name(draw: Draw) -> list[str]:
    return _names(draw)


@kind("recipient_name", NAME, broader=(FIRST, LAST))
def recipient_name(draw: Draw) -> list[str]:
    return draw.rng.sample(_names(draw), draw.n)


@kind("mother_name", NAME, broader=(FIRST, LAST))
def mother_name(draw: Draw) -> list[str]:
    from benchmarks.discovery.people import person

    made = [person(draw.rng, p.language) for p in draw.people]
    return [full(p, draw.rng.choice(("gf", "fg"))) for p in made]


def _cased(draw: Draw, values: list[str]) -> list[str]:
    way = draw.rng.choices(("as is", "upper", "lower"), (0.75, 0.15, 0.1))[0]
    return values if way == "as is" else [v.upper() if way == "upper" else v.lower() for v in values]


@kind("given_name", FIRST, broader=(NAME,))
def given_name(draw: Draw) -> list[str]:
    return _cased(draw, [p.given for p in draw.people])


@kind("family_name", LAST, broader=(NAME,))
def family_name(draw: Draw) -> list[str]:
    return _cased(draw, [p.family for p in draw.people])


@kind("patronymic", NAME, alternatives=(FIRST, LAST))
def patronymic(draw: Draw) -> list[str]:
    short = draw.rng.random() < 0.3
    return [p.middle if short and p.language == "az" else p.patronymic for p in draw.people]


@kind("maiden_name", LAST, broader=(NAME,))
def maiden_name(draw: Draw) -> list[Any]:
    return [draw.rng.choice(words(p.language)["last_f"]) if p.woman and draw.rng.random() < 0.6 else None for p in draw.people]


@kind("username", "user.account.username")
def username(draw: Draw) -> list[str]:
    def one(p: Person) -> str:
        r = draw.rng.random()
        if r < 0.3:
            return f"{p.handle}.{p.surname}"
        if r < 0.5:
            return f"{p.handle[0]}{p.surname}{draw.rng.randrange(100)}"
        if r < 0.7:
            return f"{p.handle}_{p.born.year % 100:02d}"
        if r < 0.85:
            return f"{p.surname}{p.handle[:2]}"
        return f"{draw.rng.choice(['mr', 'lady', 'dark', 'happy', 'real', 'its', 'x_'])}{p.handle}{draw.rng.randrange(1000)}"

    return [one(p) for p in draw.people]


# ---- contact -----------------------------------------------------------------------------------------------------------

DOMAINS = {
    "az": ("mail.ru", "gmail.com", "box.az", "example.az", "inbox.az"),
    "ru": ("mail.ru", "yandex.ru", "bk.ru", "gmail.com", "example.ru"),
    "tr": ("hotmail.com", "gmail.com", "mynet.com", "example.com.tr"),
    "en": ("gmail.com", "outlook.com", "example.org", "btinternet.com"),
    "de": ("gmx.de", "web.de", "t-online.de", "example.de", "posteo.de"),
}


def address_of(rng: random.Random, p: Person) -> str:
    name = rng.choice(
        [
            f"{p.handle}.{p.surname}",
            f"{p.handle}{p.born.year}",
            f"{p.handle[0]}.{p.surname}",
            f"{p.surname}_{p.handle}",
            f"{p.handle}{rng.randrange(99)}",
        ]
    )
    return f"{name}@{rng.choice(DOMAINS[p.language])}"


@kind("email", "user.contact.email")
def email(draw: Draw) -> list[str]:
    made = [address_of(draw.rng, p) for p in draw.people]
    if draw.rng.random() < 0.15:
        made = [f"{p.given} {p.family} <{m}>" if draw.rng.random() < 0.3 else m for m, p in zip(made, draw.people, strict=True)]
    return [m.upper() if draw.rng.random() < 0.04 else m for m in made]


MOBILE = {
    "az": ("994", ("50", "51", "55", "70", "77", "99", "10", "12"), 7),
    "ru": ("7", ("903", "916", "925", "981", "999", "495"), 7),
    "tr": ("90", ("532", "535", "542", "505", "555", "212"), 7),
    "de": ("49", ("151", "160", "171", "176", "30", "89"), 8),
}


def phone_of(rng: random.Random, language: str, way: str) -> str:
    if language == "en":
        if rng.random() < 0.5:
            area, a, b = rng.randrange(201, 990), rng.randrange(200, 1000), rng.randrange(10000)
            return {
                "+": f"+1 {area}-{a}-{b:04d}",
                "local": f"({area}) {a}-{b:04d}",
                "digits": f"1{area}{a}{b:04d}",
                "plain": f"{area}-{a}-{b:04d}",
                "dots": f"{area}.{a}.{b:04d}",
            }[way]
        a, b = rng.randrange(100, 1000), rng.randrange(1000000)
        return {
            "+": f"+44 7{a} {b:06d}",
            "local": f"07{a} {b:06d}",
            "digits": f"447{a}{b:06d}",
            "plain": f"07{a}{b:06d}",
            "dots": f"07{a}.{b // 1000:03d}.{b % 1000:03d}",
        }[way]
    code, areas, rest = MOBILE[language]
    area = rng.choice(areas)
    number = f"{rng.randrange(1, 10)}" + "".join(str(rng.randrange(10)) for _ in range(rest - 1))
    trunk = {"ru": "8", "az": "0", "tr": "0", "de": "0"}[language]
    split = f"{number[:3]} {number[3:5]} {number[5:]}"
    return {
        "+": f"+{code} {area} {split}",
        "local": f"{trunk}{'' if language == 'de' else ' ('}{area}{'/' if language == 'de' else ') '}{split.replace(' ', '-')}",
        "digits": f"{code}{area}{number}",
        "plain": f"{trunk}{area}{number}",
        "dots": f"+{code}-{area}-{split.replace(' ', '-')}",
    }[way]


def _phones(draw: Draw, way: str | None = None) -> list[str]:
    chosen = way or draw.rng.choice(["+", "local", "digits", "plain", "dots", "mixed"])
    return [
        phone_of(draw.rng, p.language, draw.rng.choice(["+", "local", "digits", "plain", "dots"]) if chosen == "mixed" else chosen)
        for p in draw.people
    ]


@kind("phone", "user.contact.phone_number", alternatives=("user.contact.fax_number",))
def phone(draw: Draw) -> list[str]:
    return _phones(draw)


@kind("phone_as_number", "user.contact.phone_number", alternatives=("user.contact.fax_number",), concept="phone", dirt=False)
def phone_as_number(draw: Draw) -> list[Any]:
    return [int(v) for v in _phones(draw, "digits")]


@kind("fax", "user.contact.fax_number", alternatives=("user.contact.phone_number",))
def fax(draw: Draw) -> list[str]:
    return _phones(draw, "+")


def street_of(rng: random.Random, p: Person) -> str:
    name, house = rng.choice(words(p.language)["streets"]), rng.randrange(1, 180)
    flat = rng.randrange(1, 220)
    if p.language == "az":
        return f"{name} {rng.choice(['küç.', 'küçəsi', 'pr.'])} {house}" + (f", m. {flat}" if rng.random() < 0.6 else "")
    if p.language == "ru":
        return rng.choice([f"ул. {name}, д. {house}, кв. {flat}", f"{name} ул., {house}-{flat}", f"ул. {name} {house}"])
    if p.language == "tr":
        return rng.choice(
            [
                f"{name} Mah. {rng.choice(words('tr')['streets'])} Sok. No:{house}/{flat % 30}",
                f"{name} Cad. No {house} D:{flat % 40}",
                f"{name} Sk. {house}",
            ]
        )
    if p.language == "de":
        return f"{name} {house}{rng.choice(['', '', 'a', 'b'])}"
    return rng.choice(
        [
            f"{house} {name} {rng.choice(['St', 'Street', 'Ave', 'Road', 'Rd', 'Lane', 'Dr'])}",
            f"Flat {flat % 40}, {house} {name} Road",
            f"{house * 7} {name} Blvd Apt {flat}",
        ]
    )


def postcode_of(rng: random.Random, language: str) -> str:
    if language == "en":
        if rng.random() < 0.5:
            area = rng.choice(["SW", "LS", "M", "EH", "B", "CF", "NE"])
            return f"{area}{rng.randrange(1, 29)} {rng.randrange(1, 10)}{rng.choice('ABDEFGHJ')}{rng.choice('LNPQRSTUW')}"
        return f"{rng.randrange(10000, 99950)}" + (f"-{rng.randrange(1000, 9999)}" if rng.random() < 0.2 else "")
    return {
        "az": f"AZ{rng.randrange(1000, 8000)}" if rng.random() < 0.8 else f"AZ {rng.randrange(1000, 8000)}",
        "ru": f"{rng.randrange(101000, 692900)}",
        "tr": f"{rng.randrange(1, 82):02d}{rng.randrange(0, 999):03d}",
        "de": f"{rng.randrange(1067, 99998):05d}",
    }[language]


@kind("address", ADDRESS, alternatives=(STREET,))
def address(draw: Draw) -> list[str]:
    way = draw.rng.choice(["city last", "city first", "with postcode"])

    def one(p: Person) -> str:
        street, code = street_of(draw.rng, p), postcode_of(draw.rng, p.language)
        if way == "city first":
            return f"{'г. ' if p.language == 'ru' else ''}{p.city}, {street}"
        return f"{street}, {p.city}" if way == "city last" else f"{street}, {code} {p.city}"

    return [one(p) for p in draw.people]


@kind("street", STREET, alternatives=(ADDRESS,))
def street(draw: Draw) -> list[str]:
    return [street_of(draw.rng, p) for p in draw.people]


@kind("postcode", "user.contact.address.postal_code", broader=(ADDRESS,))
def postcode(draw: Draw) -> Filled:
    made = [postcode_of(draw.rng, p.language) for p in draw.people]
    told = sum(not m.isdigit() for m in made) > draw.n / 2
    as_number = not told and all(m.isdigit() for m in made) and draw.rng.random() < 0.3
    return Filled([int(m) for m in made] if as_number else made, opaque=told)


@kind("city", "user.contact.address.city", broader=(ADDRESS, "user.location.imprecise"))
def city(draw: Draw) -> list[str]:
    return _cased(draw, [p.city for p in draw.people])


@kind(
    "country", "user.contact.address.country", alternatives=("user.demographic",), broader=(ADDRESS, "user.location.imprecise"), dirt=False
)
def country(draw: Draw) -> list[Any]:
    way = draw.rng.choice(["name", "two", "three", "few"])
    if way == "two":
        return draw.few(["AZ", "RU", "TR", "DE", "GB", "US", "KZ", "GE", "UA", "FR"], [6, 3, 3, 2, 1, 1, 1, 1, 1, 1])
    if way == "three":
        return draw.few(["AZE", "RUS", "TUR", "DEU", "GBR", "USA", "KAZ", "GEO"])
    names = draw.words("countries")
    return draw.few(names[:6] if way == "few" else names[:40])


@kind("region", "user.contact.address.state", alternatives=("user.contact.address.city",), broader=(ADDRESS, "user.location.imprecise"))
def region(draw: Draw) -> list[str]:
    return draw.few(draw.words("regions")[:30])


# ---- demographics ------------------------------------------------------------------------------------------------------


@kind("gender", "user.demographic.gender", broader=("user.demographic",), dirt=False)
def gender(draw: Draw) -> Filled:
    way = draw.rng.choice([0, 0, 1, 1, 2, "number"])
    if way == "number":
        return Filled([int(p.woman) + 1 for p in draw.people], opaque=False)
    pairs = {language: options[int(way)] for language, options in said("sex").items()}
    english = draw.rng.random() < 0.3
    # Q and K, K and E are any two letters to whoever does not know the heading.
    told = way != 1 or english or all(p.language in ("ru", "en", "de") for p in draw.people)
    return Filled(
        [
            pairs["en" if english else p.language][not p.woman] if draw.rng.random() > 0.02 else draw.rng.choice([None, "?", "U"])
            for p in draw.people
        ],
        opaque=told,
    )


DATES = ("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y", "%d-%m-%Y", "%Y%m%d", "%d %b %Y")


def dates_as_text(draw: Draw, days: list[date]) -> list[str]:
    way = draw.rng.choice(DATES)
    other = draw.rng.choice(DATES) if draw.rng.random() < 0.25 else way
    return [d.strftime(other if draw.rng.random() < 0.3 else way) for d in days]


@kind("dob", "user.demographic.date_of_birth", broader=("user.demographic",), dirt=False)
def dob(draw: Draw) -> list[Any]:
    return [p.born if draw.rng.random() > 0.03 else None for p in draw.people]


@kind("dob_as_text", "user.demographic.date_of_birth", broader=("user.demographic",), concept="dob")
def dob_as_text(draw: Draw) -> list[str]:
    return dates_as_text(draw, [p.born for p in draw.people])


@kind(
    "birth_year",
    "user.demographic.date_of_birth",
    alternatives=("user.demographic.age_range",),
    broader=("user.demographic",),
    opaque=False,
    dirt=False,
)
def birth_year(draw: Draw) -> list[int]:
    return [p.born.year for p in draw.people]


@kind(
    "age",
    "user.demographic.age_range",
    alternatives=("user.demographic.date_of_birth",),
    broader=("user.demographic",),
    opaque=False,
    dirt=False,
)
def age(draw: Draw) -> list[int]:
    return [2026 - p.born.year for p in draw.people]


ICD = ("E11.9", "I10", "J45.0", "G43.9", "F32.1", "B20", "J18.9", "B18.2", "C50.9", "G40.3", "K29.5", "M54.5", "N39.0", "Z34.0")


def _said(draw: Draw, name: str) -> list[str]:
    return draw.few(said(name)[draw.base])


@kind("marital", "user.demographic.marital_status", broader=("user.demographic",), dirt=False)
def marital(draw: Draw) -> list[str]:
    return _said(draw, "marital")


@kind("religion", "user.demographic.religious_belief", broader=("user.demographic",), dirt=False)
def religion(draw: Draw) -> list[str]:
    return _said(draw, "religion")


@kind("ethnicity", "user.demographic.race_ethnicity", broader=("user.demographic",), dirt=False)
def ethnicity(draw: Draw) -> list[str]:
    return _said(draw, "ethnicity")


@kind("politics", "user.demographic.political_opinion", broader=("user.demographic",), dirt=False)
def politics(draw: Draw) -> list[str]:
    return _said(draw, "politics")


@kind("orientation", "user.demographic.sexual_orientation", broader=("user.demographic",), dirt=False)
def orientation(draw: Draw) -> list[str]:
    return _said(draw, "orientation")


@kind("conviction", "user.criminal_history")
def conviction(draw: Draw) -> list[str]:
    options = said("conviction")[draw.base]
    return draw.few(options, [6] + [1] * (len(options) - 1))


@kind("diagnosis", "user.health_and_medical", alternatives=("user.biometric.health",))
def diagnosis(draw: Draw) -> list[str]:
    if draw.rng.random() < 0.35:
        return draw.few(ICD)
    return _said(draw, "illness")


@kind("allergies", "user.health_and_medical", alternatives=("user.biometric.health",))
def allergies(draw: Draw) -> list[str]:
    return _said(draw, "allergies")


@kind("language", "user.demographic.language", optional=True, dirt=False)
def language(draw: Draw) -> list[str]:
    return draw.few(["az", "ru", "en", "tr", "de"])


@kind("job_title", "user.job_title", alternatives=("user.workplace",), optional=True)
def job_title(draw: Draw) -> list[str]:
    return draw.few(draw.words("jobs")[:30])


@kind("salary", "user.financial", optional=True, dirt=False)
def salary(draw: Draw) -> list[float]:
    return draw.each(lambda: round(draw.rng.lognormvariate(7.3, 0.5), 2))


def plain(values: list[Any]) -> list[Any]:
    """The same in plain Latin letters, for tables typed without marks."""
    return [ascii_of(v) if isinstance(v, str) else v for v in values]
