"""People and their addresses inside texts: words with a capital that stand together, and what stands around them.

A name that lists know is one nearly always. Of names that no list knows it is told by its words being no words of the language, and by what is
said around it: somebody called, was spoken with, took a parcel.
"""

# ruff: noqa: E501 -- word lists and patterns read better in long lines
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise

from governance.discovery import gazetteer, names
from governance.discovery.inside import NAMES, STANDS
from governance.discovery.sample import Hit
from governance.domain.fold import latin, words

_RUN = re.compile(NAMES)
_PROPER = r"[^\W\d_a-zа-яёçəğıöşüäß][\w'’.-]*"
_STREETS = re.compile(
    rf"\b\d{{1,5}}[A-Za-z]?,? (?:{_PROPER} ){{1,3}}(?:Street|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Blvd|Boulevard|Court|Crescent|Terrace|Close|Place|Square|Gardens|Grove|Mews|Row|Parkway|Pkwy|Highway|Hwy|Circle|Trail|Way|(?:St|Dr|Ct)(?!\.? [A-Z][a-z]))\b"
    rf"|\b\d{{1,4}}[A-Za-z]?,? (?:{_PROPER} ){{1,3}}(?i:küçəsi|prospekti|caddesi|sokağı|bulvarı)\b"
    rf"|{_PROPER} (?i:küçəsi|küç|kucesi|prospekti|pr|döngəsi|caddesi|cad|sokağı|sokak|sok|sk|mahallesi|mah|bulvarı|ул|пр-т|пер|бульвар|шоссе)(?![\w-])[ .,:]*"
    rf"(?:[\w'’-]+[ .,:]+){{0,3}}?(?i:ev|no|bina|д|дом)?[ .:]*\d{{1,4}}"
    rf"|(?<!\w)(?i:ул|улица|пр-т|проспект|пер|переулок|бульвар|шоссе|наб)\.? (?:[\w.-]+ ){{0,2}}{_PROPER},?\s+(?:д(?:ом)?\.?\s*)?\d{{1,4}}"
    rf"|(?i:ünvan|unvan|адрес|adres|address|anschrift|adresse)\w{{0,5}}[:\s]+(?:{_PROPER},? ){{1,4}}\d{{1,4}}[a-z]?\b"
    rf"|{_PROPER}[ -]?(?i:straße|strasse|str\.|weg|platz|allee|gasse|damm|ufer|pfad|steig|chaussee|brücke|promenade|graben|zeile|-ring) \d{{1,3}} ?[a-z]?\b"
    rf"|(?:Am|An de[rn]|I[mn]|In de[rn]|Zu[mr]|Auf de[mr]|Unter den|Hinter de[mr]) (?=[A-ZÄÖÜ])[\w-]*?(?i:{STANDS}) \d{{1,3}} ?[a-z]?(?![\w.,%€$]|\s?(?:Uhr|Stück|Mal|Tage?|kg|cm|m)\b)"
    rf"|\b\w*(?i:platz|straße) de[rs] (?:\d{{1,2}}\. )?{_PROPER} \d{{1,3}} ?[a-z]?\b"
)
_DIGIT = re.compile(r"\d")
_NEAR = 24
_LAST = re.compile(r"([^\W\d_]+)(?:\(\w+\))?[\s:,\"'«„“(-]*$")  # the word before, and the two behind, in the same sentence
_NEXT = re.compile(r"[\s,\"'»”“)]*([^\W\d_]+)(?:[\s,]+([^\W\d_]+))?")
_SURE, _LIKELY, _KNOWN, _NOTHING_ELSE = 0.78, 0.45, 0.78, 0.9
_MOST_WORDS = 5
_AGAIN = 2  # cells up to which words that nobody knows are somebody's name rather than that of goods
_LONG, _CAPITALS = 3, 0.75  # other long words of a sentence, and the share with a capital above which it is a title
_STOP = re.compile(r"[.;!?\n]")


class Sureness(IntEnum):
    """How sure it is that words are a name of a person."""

    NO = 0
    STRANGE = 1  # words of no language we know, beside one another
    SAID = 2  # such words where people are spoken of
    LIKELY = 3
    SURE = 4
    CALLED = 5  # sure, and somebody is called so: by a form of address, or by what people do


@dataclass(slots=True)
class Told:
    """What texts hold: per sureness the different names and the cells with them; all different runs of words with a capital."""

    runs: int
    different: dict[Sureness, int]
    cells: dict[Sureness, int]


def _phrases(*lines: str) -> frozenset[str]:
    return frozenset(latin(w) for line in lines for w in line.split())


# Words that stand before a name, and behind one.
_FORMS = _phrases(
    "mr mrs ms miss dr prof customer client buyer recipient dear courier driver manager agent mister",
    "müştəri müştərimiz alıcı hörmətli cənab kuryer göndərən sifarişçi",
    "müşteri müşterimiz sayın alıcı gönderen kurye",
    "клиент клиентка клиента клиенту клиентом получатель получателя получателю покупатель заказчик уважаемый уважаемая господин госпожа курьер менеджер г-н г-жа",
    "herr herrn frau kunde kundin kunden empfänger empfängerin absender fahrer lieber liebe",
)
_FORMS_BEHIND = _phrases("bəy xanım müəllim bey hanım")
_BEFORE = _FORMS | _phrases(
    "with by from for contact attn signed named called",
    "с со от для у к через говорил говорила говорили звонил звонила позвонил позвонила просил просила получил получила забрал забрала",
    "mit von an für bei durch",
)
_BEHIND = _phrases(
    "called rang phoned asked said says wants wanted requested complained signed paid confirmed refused came took picked collected received reported will has",
    "bəy xanım müəllim zəng dedi istədi istəyir xahiş soruşdu aldı götürdü təhvil ilə şikayət imzaladı gəldi adına üçün tərəfindən qəbul tələb",
    "bey hanım aradı dedi istedi istiyor sordu aldı teslim ile şikayet imzaladı geldi adına için tarafından talep",
    "звонил звонила позвонил позвонила просил просила просит сказал сказала получил получила получит забрал забрала жалуется жаловался подписал подписала "
    "пришел пришла пришёл хочет ответил ответила оплатил оплатила отказался отказалась спросил",
    "hat sagte sagt ruft rief möchte will bat wünscht gesprochen angerufen unterschrieb kam nahm bestätigte meldete",
)
_PLACES = _phrases(
    "street st avenue ave road rd lane drive park square city county hotel station mall store branch shop market beach island hills heights springs",
    "küçəsi küç prospekti pr rayonu şəhəri qəsəbəsi metrosu parkı mağazası filialı meydanı",
    "caddesi cad sokak sokağı sok sk mahallesi mah ilçesi bulvarı meydanı mağazası şubesi",
    "улица ул проспект пр переулок пер район область край бульвар площадь шоссе набережная республика острова город магазин филиал",
    "straße strasse str weg platz allee gasse damm ufer ring kreis brücke filiale",
)
_SAINTS = _phrases("san santa santo saint st são sao el los las new north south east west upper lower great port fort mount lake bad sankt sri")
_COUNTED = _phrases("x pcs pc pieces pack ədəd qutu dəst шт упак adet paket stück stk kg g ml l cm mm")
_PARTICLES = _phrases("von van der den de da del di dos das du ter ten af av ap bin ibn ben abu al el la le zu ó ní nic oğlu qızı oglu qizi оглы кызы")


def told(texts: Mapping[str, int], hits: Iterable[Hit] = ()) -> Told:
    """What `texts` (with the cells in which each stands) say of people, and `hits`: words that the engine found, with what stands around."""
    seen: dict[str, tuple[Sureness, int]] = {}
    for text, cells in texts.items():
        for run, sure in in_text(text):
            best, count = seen.get(run, (Sureness.NO, 0))
            seen[run] = max(best, sure), count + cells
    for hit in hits:
        for run, sure in in_text(hit.cell or hit.text):
            if run in hit.text or hit.text in run:
                best, count = seen.get(run, (Sureness.NO, 0))
                seen[run] = max(best, sure), max(count, hit.cells)
    counted = [(sure, cells) for sure, cells in seen.values() if sure is not Sureness.STRANGE or cells <= _AGAIN]
    return Told(len(seen), {s: sum(sure is s for sure, _ in counted) for s in Sureness},
                {s: sum(cells for sure, cells in counted if sure is s) for s in Sureness})


def has_street(text: str) -> bool:
    """Whether a street with the number of a house stands in `text`."""
    return _DIGIT.search(text) is not None and _STREETS.search(text) is not None


def in_text(text: str) -> Iterator[tuple[str, Sureness]]:
    """The runs of words that may be a name, each with how sure that is."""
    shouted = text.isupper()
    for match in _RUN.finditer(text):
        if not shouted and _is_title(text, match.start(), match.end()):
            continue
        before, behind = _LAST.search(text[max(0, match.start() - _NEAR) : match.start()]), _NEXT.match(text[match.end() : match.end() + _NEAR])
        yield match[0], judged(match[0], before[1] if before else "", tuple(filter(None, behind.groups())) if behind else (), shouted=shouted)
    for (one, form), (other, form_behind) in pairwise([(word, latin(word)) for word in words(text)]):
        # One name after a form of address, Frau Hinrichsen, müştəri Leyla, or before one: Anar bəy.
        called = other if form in _FORMS else one if form_behind in _FORMS_BEHIND else ""
        if called[:1].isupper() and max(names.roles(called)) > _SURE:
            yield called, Sureness.LIKELY


def _is_title(text: str, start: int, end: int) -> bool:
    """The words stand in a sentence Nearly Every Other Word of Which Has a Capital."""
    first, last = _STOP.search(text[:start][::-1]), _STOP.search(text[end:])
    others = text[start - first.start() if first else 0 : start], text[end : end + last.start() if last else len(text)]
    long = [w for part in others for w in words(part) if len(w) > 3]
    return len(long) >= _LONG and sum(w[0].isupper() for w in long) > _CAPITALS * len(long)


@lru_cache(maxsize=65_536)
def judged(run: str, before: str = "", behind: tuple[str, ...] = (), *, shouted: bool = False) -> Sureness:
    """How sure a run of words is, or holds, a name, between the word `before` and the words `behind` it in its sentence. `shouted`: all
    around is in capitals too, so that only lists tell."""
    parts = words(run)
    first = next((k for k, w in enumerate(parts) if latin(w) not in _FORMS and latin(w) not in names.SMALL_WORDS), len(parts))
    if first:
        before = parts[first - 1]
    parts = parts[first:]
    follows = latin(behind[0]) if behind else ""
    if not parts or follows in _PLACES | _COUNTED or any(latin(w) in _PLACES for w in (before, *parts)) or _is_place(" ".join(parts)):
        return Sureness.NO
    called = latin(before) in _FORMS or any(latin(w) in _BEHIND for w in behind)
    said = called or latin(before) in _BEFORE
    score = names.in_words(" ".join(parts) if "." not in run else run)
    if latin(parts[0]) in _SAINTS:
        score *= 0.5
    lower = not any(w[0].isupper() for w in parts)
    if score >= _SURE:
        return Sureness.CALLED if called else Sureness.SURE if not lower or said else Sureness.NO
    if lower or shouted:
        return Sureness.NO
    kept = [w for w in parts if latin(w) not in _PARTICLES]
    if score >= _LIKELY:
        # Two words of the language that are names as well, Jack Rose, are goods where they stand by themselves.
        amid = before.islower() or any(w.islower() for w in behind[:1])
        return Sureness.LIKELY if said else Sureness.STRANGE if amid or any(map(_is_odd, kept)) else Sureness.NO
    odd = [(a, b) for a, b in pairwise(kept) if _is_odd(a) and _is_odd(b)]
    if not kept or latin(kept[0]) in _SAINTS or not odd:
        # A given or family name that is no other word, beside a word that is one: Dittmar Fabel. Or one that is, beside one of no language.
        known = max((max(names.roles(w)) for w in kept), default=0.0)
        sure = known >= _NOTHING_ELSE or (known >= _KNOWN and any(map(_is_odd, kept)))
        return Sureness.SAID if said and len(kept) == 2 and latin(kept[0]) not in _SAINTS and sure else Sureness.NO
    if said:
        known = any(max(*names.roles(a), *names.roles(b)) >= _KNOWN for a, b in odd)
        return Sureness.LIKELY if known else Sureness.SAID
    return Sureness.STRANGE


def _is_place(text: str) -> bool:
    return gazetteer.is_city(text) or gazetteer.is_country(text) or gazetteer.is_region(text)


def _is_odd(word: str) -> bool:
    """No word of a language, and no town or country: what is left are names, of people or of brands."""
    spelled = latin(word)
    return (
        len(word) > 2
        and word[0].isupper()
        and not gazetteer.is_other_word(spelled)
        and spelled not in names.SMALL_WORDS
        and not gazetteer.is_city(word)
        and not gazetteer.is_country(word)
        and not names.is_firm(word)
    )


def whole(value: str) -> Sureness:
    """How sure it is that `value` is a name in full and nothing besides."""
    if any(c.isdigit() or c in "@/_#&+" for c in value) or not 2 <= len(words(value)) <= _MOST_WORDS:
        return Sureness.NO
    score = 0.0 if _is_place(value) else names.full_name(value)
    if score >= _SURE:
        return Sureness.SURE
    if value.islower() or value.isupper():
        return Sureness.NO
    if score >= _LIKELY and any(map(_is_odd, words(value))):
        return Sureness.LIKELY
    return max((sure for _, sure in in_text(value)), default=Sureness.NO)
