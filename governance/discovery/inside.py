"""What is looked for inside texts, in patterns that Python, RE2 (DuckDB) and PostgreSQL read alike."""

from __future__ import annotations

from governance.domain.patterns import PATTERNS

EMAIL = PATTERNS["email"]
NUMBERS = "|".join(f"({pattern})" for name, pattern in PATTERNS.items() if name != "email")

_UPPER = "A-ZÇƏĞİÖŞÜÄА-ЯЁ"
_LOWER = "a-zçəğıöşüäßа-яё'’-"
_WORD = f"[{_UPPER}][{_LOWER}]+"
_INITIAL = f"[{_UPPER}][.][ ]?"
# Two to five words with a capital beside one another, initials too: whether they are somebody is judged outside.
NAMES = f"({_INITIAL}){{1,2}}{_WORD}|{_WORD}([ ]({_WORD}|{_INITIAL})){{1,4}}"

_GOODS = (
    "[Oo]rder|ORDER|[Oo]rd|[Ii]nvoice|INVOICE|[Tt]racking|[Tt]rack|SKU|[Ss]ku|[Rr]ef|[Aa]rticle|EAN|[Bb]arcode|[Ss]ifari[sş]|"
    "[Ss]ipari[sş]|[Zz]akaz|[Зз]аказ[а-я]*|[Сс]ч[её]т[а-я]*|[Ff]aktura|[Ff]atura|[Tt]akip|[Тт]рек|[Bb]estell[a-z]*|[Rr]echnung[a-z]*|"
    "[Ss]endung[a-z]*|[Aa]rtikul|[Аа]ртикул|[İIi]zləmə|[Qq]aimə|[Tt]ransaction|[Rr]eceipt|[Tt]icket|[Bb]atch|[Ss]erial"
)
# A number that is introduced as one of an order, invoice or parcel.
LABELLED = f"({_GOODS})[^0-9+(]{{0,4}}(no|No|nr|Nr|id|ID|number|nömrə|№|N)?[^0-9+(]{{0,3}}[0-9][0-9A-Za-z/-]*"
