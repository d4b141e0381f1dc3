"""Invented people of the region, written the way people and systems write them: a register of customers and a feed about some
of them. It shares nothing with the product: spellings, typos and formats are made by tables of its own.

Names follow how often names are borne, so there are many namesakes; families share a phone; numbers are handed on; people move,
marry, mistype and are written in Azerbaijani Latin, in plain ASCII and in Cyrillic.
"""
# ruff: noqa: SIM905  (lists of words are read best as words)

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

MEN = """Əli Məmməd Həsən Hüseyn Rəşad Elçin Vüqar Anar Orxan Tural Kamran Elşən Nicat Fərid Ramil Samir Rövşən Zaur Cavid Emin
İlqar Natiq Aqil Ülvi Şahin Xəyal Pərviz Ceyhun Toğrul Murad Ruslan Teymur Yusif İbrahim İsmayıl Qurban Mübariz Əhməd
Cəfər Xəlil Kərim Rüfət Fuad Azər Bəxtiyar Nurlan Eldar Çingiz Sərxan Vasif""".split()
WOMEN = """Aygün Leyla Nigar Günel Sevinc Könül Aysel Nərmin Fidan Ülviyyə Şəbnəm Gülnar Xatirə Zəhra Fatimə Aytən Lalə Səbinə Rəna
Jalə Mehriban Təranə Arzu Dilarə Kəmalə Pərvanə Ləman Nuranə Sədaqət Şəhla Elnarə İradə Həcər Məryəm Cəmilə Rübabə""".split()
ROOTS = """Əli Məmməd Həsən Hüseyn Qul Həmid Rəhim Kərim İbrahim İsmayıl Abbas Cəfər Mustafa Əhməd Nəbi Vəli Bağır Səfər Rüstəm
Xəlil Şərif Qasım Yusif Mehdi Novruz Əsgər Nəsir Tağı Zeynal Fətəli Orucəli Süleyman Pənah İsgəndər Şirin Babayev Səməd
Heydər Mirzə Nağı Aslan Bədəl Cabbar Dadaş Eyvaz Fərzəli Hacı Kazım Lətif Murad Ömər Rza Salman Talıb Umud Vahid Yaqub
Zülfüqar Çobanov Ağa""".split()
RUSSIAN_MEN = """Алексей Дмитрий Сергей Андрей Иван Михаил Николай Павел Виктор Олег Юрий Евгений Артём Владимир""".split()
RUSSIAN_WOMEN = """Ольга Елена Наталья Ирина Татьяна Светлана Мария Анна Екатерина Людмила Юлия Галина""".split()
RUSSIAN_LAST = """Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов Волков Алексеев Лебедев Семёнов
Егоров Павлов Козлов Степанов Николаев Орлов Андреев Макаров Никитин Захаров Зайцев Соловьёв Борисов""".split()
STREETS = """Nizami Füzuli Xətai Nərimanov Gənclik Təbriz Səməd_Vurğun Bülbül İstiqlaliyyət Hüseyn_Cavid Azadlıq Atatürk Mərdəkan
Şəhriyar Rəsulzadə Üzeyir_Hacıbəyov Çiçəkli Yasamal Xocalı Babək Zərifə_Əliyeva Qara_Qarayev Neftçilər Təbib Əhməd_Cəmil""".split()
CITIES = """Bakı Gəncə Sumqayıt Mingəçevir Şirvan Naxçıvan Şəki Lənkəran Yevlax Quba Qəbələ Ağdam Zaqatala Bərdə Salyan""".split()
PREFIXES = ("50", "51", "55", "70", "77", "99", "10")
DOMAINS = ("mail.example", "poct.example", "inbox.example", "box.example", "yeni.example")

_TO_RUSSIAN = (("yev", "ев"), ("ye", "е"), ("ya", "я"), ("yu", "ю"), ("iyy", "ий"), ("iy", "и"), ("ə", "а"), ("a", "а"), ("b", "б"),
               ("c", "дж"), ("ç", "ч"), ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("ğ", "г"), ("h", "г"), ("x", "х"), ("ı", "ы"),
               ("i", "и"), ("j", "ж"), ("k", "к"), ("q", "г"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("ö", "о"), ("p", "п"),
               ("r", "р"), ("s", "с"), ("ş", "ш"), ("t", "т"), ("u", "у"), ("ü", "у"), ("v", "в"), ("y", "й"), ("z", "з"))  # fmt: skip
_TO_LATIN = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
                     "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya".split(" "), strict=True))
_ASCII = {"ə": ("e", "a"), "ş": ("s", "sh"), "ç": ("c", "ch"), "c": ("c", "j"), "x": ("x", "kh"), "ğ": ("g", "gh"), "q": ("q", "g"),
          "ı": ("i", "i"), "ö": ("o", "o"), "ü": ("u", "u")}
_NEAR = {"a": "qsə", "e": "wrd", "i": "uo", "o": "ip", "u": "yi", "n": "bm", "m": "nk", "r": "et", "s": "ad", "l": "ko", "v": "cb"}


@dataclass(frozen=True)
class Person:
    first: str
    last: str
    female: bool
    russian: bool
    email: str
    phone: str
    born: date
    street: str
    city: str


def _lower(text: str) -> str:
    return text.replace("İ", "i").replace("I", "ı").lower()


def _title(text: str) -> str:
    return text[:1].replace("i", "İ").upper() + text[1:]


def cyrillic(name: str) -> str:
    text, made, at = _lower(name), "", 0
    while at < len(text):
        for there, here in _TO_RUSSIAN:
            if text.startswith(there, at):
                made, at = made + here, at + len(there)
                break
        else:
            made, at = made + text[at], at + 1
    return made[:1].upper() + made[1:]


def ascii_letters(dice: random.Random, name: str) -> str:
    style = dice.random() < 0.35  # of one writer: all plain or all phonetic
    if any("а" <= c <= "я" or c == "ё" for c in name.lower()):
        plain = "".join(_TO_LATIN.get(c, c) for c in name.lower())
        return plain[:1].upper() + plain[1:]
    return _title("".join(_ASCII[c][style] if c in _ASCII else c for c in _lower(name)))


def typo(dice: random.Random, text: str) -> str:
    if len(text) < 4:
        return text
    at = dice.randrange(1, len(text) - 1)
    match dice.randrange(4):
        case 0:
            return text[:at] + text[at + 1:]
        case 1:
            return text[:at] + text[at] + text[at:]
        case 2:
            return text[:at] + text[at + 1] + text[at] + text[at + 2:]
    return text[:at] + dice.choice(_NEAR.get(text[at].lower(), "aeiounrs")) + text[at + 1:]


def _often(dice: random.Random, names: Sequence[str]) -> str:
    """Few names are borne by many people."""
    return names[min(int(len(names) * dice.random() ** 1.7), len(names) - 1)]


def _surname(dice: random.Random, root: str, female: bool) -> str:
    if root.endswith(("ov", "yev")):
        return root + ("a" if female else "")
    vowel = root[-1] in "əaiıeoöuü"
    ending = dice.choices(("yev" if vowel or (root[-1] == "l" and len(root) < 4) else "ov", "zadə", "lı", "li"), (86, 6, 4, 4))[0]
    base = root + "i" if ending == "yev" and not vowel else root
    return base + ending + ("a" if female and ending in ("ov", "yev") else "")


def phone(dice: random.Random) -> str:
    return dice.choice(PREFIXES) + f"{dice.randrange(2_000_000, 9_999_999):07d}"


def written_phone(dice: random.Random, nine: str) -> str:
    a, b, c, d = nine[:2], nine[2:5], nine[5:7], nine[7:]
    return dice.choice((f"+994 {a} {b} {c} {d}", f"0{a}-{b}-{c}-{d}", f"(0{a}) {b} {c}{d}", f"994{nine}", f"+994{nine}", f"0{nine}",
                        f"00994 {a} {b}{c}{d}", f"{a} {b} {c} {d}"))


def _person(dice: random.Random, number: int) -> Person:
    female, russian = dice.random() < 0.48, dice.random() < 0.15
    if russian:
        first = _often(dice, RUSSIAN_WOMEN if female else RUSSIAN_MEN)
        last = _often(dice, RUSSIAN_LAST) + ("а" if female else "")
    else:
        first = _often(dice, WOMEN if female else MEN)
        last = _surname(dice, _often(dice, ROOTS), female)
    local = ascii_letters(dice, first).lower() + dice.choice((".", "_", "")) + ascii_letters(dice, last).lower()[:dice.choice((1, 20))]
    email = f"{local}{dice.randrange(1, 99_999)}{number % 7}@{dice.choice(DOMAINS)}"
    born = date(1948, 1, 1) + timedelta(days=dice.randrange(0, 365 * 60))
    street = f"{dice.choice(STREETS).replace('_', ' ')} {dice.randrange(1, 180)}, mənzil {dice.randrange(1, 120)}"
    return Person(first, last, female, russian, email, phone(dice), born, street, dice.choice(CITIES))


def register(seed: int, n: int) -> list[Person]:
    """`n` customers. One in twelve shares the phone of a relative who has the same address, some also the same surname's root."""
    dice = random.Random(f"register {seed}")
    made: list[Person] = []
    for number in range(n):
        person = _person(dice, number)
        if made and dice.random() < 0.08:
            head = made[dice.randrange(max(0, len(made) - 400), len(made))]
            same = person.last if person.russian != head.russian or dice.random() < 0.3 else _agreeing(head, person.female)
            person = Person(person.first, same, person.female, person.russian, person.email, head.phone, person.born, head.street,
                            head.city)
        made.append(person)
    return made


def _agreeing(head: Person, female: bool) -> str:
    """The surname of a relative in the other gender's form."""
    stem = head.last[:-1] if head.female and head.last.endswith(("ova", "yeva", "ова", "ева", "ёва", "ина")) else head.last
    return stem + ("а" if head.russian else "a") if female and stem.endswith(("ov", "yev", "ов", "ев", "ёв", "ин")) else stem


def customers(people: Sequence[Person]) -> list[dict[str, Any]]:
    """The register as a company keeps it: its own alphabet mostly, some in ASCII, one spelling of phones."""
    dice = random.Random("customers")
    rows = []
    for number, p in enumerate(people, start=1):
        first, last = p.first, p.last
        if dice.random() < 0.25:
            first, last = ascii_letters(dice, first), ascii_letters(dice, last)
        rows.append({"id": number, "first_name": first, "last_name": last, "email": p.email if dice.random() < 0.9 else None,
                     "phone": "+994" + p.phone if dice.random() < 0.95 else None,
                     "birth_date": p.born if dice.random() < 0.85 else None, "street": p.street, "city": p.city})
    return rows


def feed(seed: int, people: Sequence[Person], n: int, known: float = 0.7) -> tuple[list[dict[str, Any]], list[int | None]]:
    """`n` records of a third party and whom each is about: the number of a customer, or None for somebody who is none."""
    dice = random.Random(f"feed {seed}")
    chosen = dice.sample(range(len(people)), int(n * known))
    order: list[int | None] = [*chosen, *([None] * (n - len(chosen)))]
    dice.shuffle(order)
    rows = []
    for number, index in enumerate(order):
        stranger = index is None
        p = _person(dice, number) if index is None else people[index]
        if stranger and dice.random() < 0.25:  # a namesake of some customer
            other = dice.choice(people)
            p = Person(other.first, other.last, other.female, other.russian, p.email, p.phone, p.born, p.street, p.city)
        if stranger and dice.random() < 0.04:  # a relative who is no customer, behind a customer's phone
            other = dice.choice(people)
            p = Person(p.first, _agreeing(other, p.female), p.female, other.russian, p.email, other.phone, p.born, other.street, other.city)
        rows.append(_written(dice, p, number))
    return rows, [None if i is None else i + 1 for i in order]


def _written(dice: random.Random, p: Person, number: int) -> dict[str, Any]:
    first, last = p.first, p.last
    if p.female and not p.russian and dice.random() < 0.05:
        last = _surname(dice, _often(dice, ROOTS), True)  # married
    how = dice.random()
    if how < 0.3:
        first, last = ascii_letters(dice, first), ascii_letters(dice, last)
    elif how < 0.5 and not p.russian:
        first, last = cyrillic(first), cyrillic(last)
    elif how < 0.55:
        first, last = first.upper(), last.upper()
    if dice.random() < 0.1:
        first = typo(dice, first)
    if dice.random() < 0.12:
        last = typo(dice, last)
    if dice.random() < 0.03:
        first = first[:1] + "."
    if dice.random() < 0.12:
        first, last = last, first
    nine = p.phone if dice.random() < 0.8 else phone(dice)
    if dice.random() < 0.03:
        at = dice.randrange(2, 8)
        nine = nine[:at] + nine[at + 1] + nine[at] + nine[at + 2:]
    email: str | None = p.email
    if dice.random() < 0.5:
        email = None
    elif dice.random() < 0.2:
        email = f"{ascii_letters(dice, p.first).lower()}{dice.randrange(1, 99_999)}@{dice.choice(DOMAINS)}"
    elif dice.random() < 0.04:
        email = typo(dice, p.email)
    born: date | None = p.born if dice.random() < 0.6 else None
    if born and dice.random() < 0.05:
        born = born.replace(day=born.month, month=born.day) if born.day <= 12 else born + timedelta(days=dice.choice((1, 10, 365)))
    street, city = p.street, p.city
    if dice.random() < 0.2:
        street, city = f"{dice.choice(STREETS).replace('_', ' ')} {dice.randrange(1, 180)}", dice.choice(CITIES)
    elif dice.random() < 0.3:
        street = street.split(",")[0]
    if dice.random() < 0.3:
        street, city = ascii_letters(dice, street), ascii_letters(dice, city)
    return {"record": f"r{number}", "first_name": first, "last_name": last, "email": email,
            "phone": written_phone(dice, nine) if dice.random() < 0.9 else None, "birth_date": born, "street": street,
            "city": city if dice.random() < 0.8 else None}
