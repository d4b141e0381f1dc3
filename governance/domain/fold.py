"""Folding: the spellings of one name, e-mail or phone number become one text. Standard library only.

Azerbaijani and Turkish letters, their ASCII substitutes and Cyrillic transliterations fall together: Əliyev, Aliyev,
Eliyev and Алиев fold to one key. The key of a name is coarse on purpose (it serves hashes and the search for candidates)
and says nothing about whether two people are the same.
"""


from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Before lowering: 'İ'.lower() is two code points and 'I'.lower() is not 'ı', so all four letters become one 'i'.
_DOTS = str.maketrans({"İ": "i", "I": "i", "ı": "i"})
_LATIN = str.maketrans({
    "ə": "a", "ä": "a", "æ": "ae", "ö": "o", "ø": "o", "œ": "oe", "ü": "u", "ß": "ss", "ç": "ch", "ş": "sh", "ș": "sh", "ğ": "g",
    "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ň": "n",
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "ғ": "g", "д": "d", "е": "e", "ё": "e", "є": "ye", "ж": "zh", "з": "z", "и": "i",
    "і": "i", "ї": "yi", "й": "y", "ј": "y", "к": "k", "қ": "q", "ҝ": "g", "л": "l", "м": "m", "н": "n", "ң": "n", "о": "o", "ө": "o",
    "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ү": "u", "ұ": "u", "ў": "u", "ф": "f", "х": "kh", "һ": "h", "ц": "ts", "ч": "ch",
    "ҹ": "j", "ш": "sh", "щ": "sh", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
})  # fmt: skip
_MARKS = re.compile("[\u0300-\u036f\u02bc\u2019'`´]+")
_WORD = re.compile(r"[^\W\d_]+")

# Digraphs that stand for one sound in one of the spellings. Order matters: longer first.
_SOUNDS = tuple((re.compile(p), r) for p, r in (
    ("sch|sh", "s"), ("dzh|dj|zh|ch|j", "c"), ("kh|gh|[gqx]", "h"), ("ph", "f"), ("ts|tz", "s"), ("w", "v"),
))  # fmt: skip
_UMLAUT = re.compile("(?<=[bcdfghklmnprstvz])([aou])e(?=[bcdfghklmnprstvzw]|$)")
_GLIDE = re.compile("y(?=[aeiou])")
_TWICE = re.compile(r"(.)\1+")

_EXTENSION = re.compile(r"(?:\b(?:ext|x|dax|daxili|доб|dahili|durchwahl)\b\.?|#)\s*\d{1,6}\s*$", re.IGNORECASE)
_WORD_LONG, _WORDS_KEPT = 24, 65_536  # letters of what may be a word; words whose spelling is kept, because words come again
_FEWEST_DIGITS, _KEY_DIGITS = 7, 9


def lower(text: str) -> str:
    """`text` in lower case with İ, I, i and ı as one letter, composed (NFC)."""
    if text.isascii():  # most is, and nothing of it changes but the case
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).translate(_DOTS).lower().replace("i\u0307", "i"))


def latin(text: str) -> str:
    """`text` in lower-case Latin letters without marks: 'Şəhər' is 'shahar', 'Фамилия' is 'familiya'. Other characters stay."""
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    return _latin_word(text) if len(text) <= _WORD_LONG else _spelled(text)


def _spelled(text: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFKD", lower(text).translate(_LATIN)))


_latin_word = lru_cache(maxsize=_WORDS_KEPT)(_spelled)


@lru_cache(maxsize=_WORDS_KEPT)
def fold_word(word: str) -> str:
    """One word of a name as a coarse key of Latin letters, empty when it holds no letter."""
    key = _MARKS.sub("", latin(word))
    key = _UMLAUT.sub(r"\1", key)
    for sound, letter in _SOUNDS:
        key = sound.sub(letter, key)
    key = _GLIDE.sub("", key).replace("y", "i").replace("e", "a")
    return _TWICE.sub(r"\1", "".join(c for c in key if c.isalpha()))


def words(text: str) -> list[str]:
    """The runs of letters of `text`, in order."""
    return _WORD.findall(unicodedata.normalize("NFC", text))


def fold_name(text: str) -> str:
    """A name as one key: folded words in alphabetical order, so that 'Алиев Анар' and 'Anar Əliyev' agree.

    Never depends on locale, case, order, punctuation or script.
    """
    return " ".join(sorted(k for k in map(fold_word, words(_MARKS.sub("", unicodedata.normalize("NFC", text)))) if k))


def fold_email(text: str) -> str:
    """An e-mail address in lower case without surrounding space; empty when there is no @."""
    plain = lower(text).strip().strip("<>").removeprefix("mailto:")
    return plain if "@" in plain else ""


def fold(form: str, value: str) -> str:
    """How an identifier of a form is compared and hashed, wherever that is done."""
    match form:
        case "email":
            return fold_email(value)
        case "phone":
            return phone_key(value)
        case "name":
            return fold_name(value)
    return value.strip()


def phone_digits(text: str) -> str:
    """The digits of a phone number in ASCII, without an extension."""
    return "".join(str(unicodedata.digit(c)) for c in _EXTENSION.sub("", text) if unicodedata.digit(c, None) is not None)


def phone_key(text: str) -> str:
    """The last nine digits of a phone number, which identify it whatever its format; empty for fewer than seven digits."""
    digits = phone_digits(text)
    return digits[-_KEY_DIGITS:] if len(digits) >= _FEWEST_DIGITS else ""
