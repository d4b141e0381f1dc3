"""What stands in a cell when nothing does: "N/A", "yoxdur", "test". Such values say nothing about what a column holds."""

from __future__ import annotations

import re

from governance.domain.fold import latin

_SPELLED = (
    "n/a", "na", "n a", "n.a.", "nan", "null", "(null)", "none", "nil", "empty", "unknown", "undefined", "unspecified", "not specified",
    "not available", "not provided", "missing", "tbd", "tba", "test", "test test", "testtest", "xxx", "xx", "xxxx", "asdf", "qwerty",
    "deleted", "[redacted]", "redacted", "anonymous", "no data", "default", "dummy", "sample",
    "yoxdur", "yox", "məlum deyil", "göstərilməyib", "boş", "naməlum", "sınaq",
    "нет", "нет данных", "не указано", "не указан", "не указана", "неизвестно", "пусто", "отсутствует", "тест",
    "yok", "bilinmiyor", "belirtilmemiş", "boş", "deneme",
    "keine", "keine angabe", "keine angaben", "k.a.", "k. a.", "unbekannt", "leer", "ohne",
)  # fmt: skip
_WORDS = frozenset(_SPELLED) | frozenset(map(latin, _SPELLED))
_LONGEST = max(map(len, _WORDS))
_MARKS = re.compile(r"[\W_]*\Z|(?P<one>[xX0*.-])(?P=one)+\Z")


def says_nothing(value: str) -> bool:
    """Whether `value` only fills the place of a value."""
    if len(value) > _LONGEST and value[0].isalnum():
        return False
    return value.lower() in _WORDS or _MARKS.match(value) is not None
