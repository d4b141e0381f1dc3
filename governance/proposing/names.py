"""What names of tables and columns say about each other: customer_id speaks of the table customers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from governance.discovery.headers import Words, tokens
from governance.domain.fold import latin

# Words that only say "this is a key" and nothing of what.
KEY_WORDS = frozenset({"id", "ids", "no", "nr", "num", "number", "key", "code", "uuid", "guid", "ref", "fk", "pk", "sk", "oid", "kod"})
_IRREGULAR = {"people": "person", "persons": "person", "children": "child", "men": "man", "women": "woman", "staff": "staff",
              "addresses": "address", "status": "status", "news": "news"}
_SLUG = re.compile(r"[^a-z0-9]+")


def singular(word: str) -> str:
    """An English plural as its singular; other words as they are."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def stem(table: str) -> Words:
    """The words of a table's name, the last one as its singular: ``('app', 'customer')``."""
    words = tokens(table)
    return (*words[:-1], singular(words[-1])) if words else ()


def spoken_of(column: str) -> Iterator[str]:
    """What a column may speak of, most precise first: ``billing_customer_id`` of billingcustomer, then of customer."""
    words = list(tokens(column))
    while len(words) > 1 and words[-1] in KEY_WORDS:
        words.pop()
    if words and words[-1] not in KEY_WORDS:
        words[-1] = singular(words[-1])
        for start in range(len(words)):
            yield "".join(words[start:])
        glued = "".join(words)
        for word in sorted(KEY_WORDS, key=len, reverse=True):  # customerid, in one word
            if len(words) == 1 and glued.endswith(word) and len(glued) > len(word) + 2:
                yield singular(glued.removesuffix(word))


def is_generic(column: str) -> bool:
    """``id``, ``key``, ``no``: equal names of two such columns mean nothing."""
    return all(word in KEY_WORDS for word in tokens(column))


def names_table(column: str, table: str) -> bool:
    """Whether a column's name is the table's and a word for key: customer_id and customers, not support_rep_id."""
    return next(spoken_of(column), "") == "".join(stem(table))


def slug(*parts: str, taken: Iterable[str] = ()) -> str:
    """A key of small letters, digits and ``_`` made of names from a database; another number while it is `taken`."""
    made = _SLUG.sub("_", "_".join(latin(p) for p in parts)).strip("_")[:60] or "unnamed"
    made = made if not made[0].isdigit() else f"t_{made}"
    used, number, key = set(taken), 2, made
    while key in used:
        key, number = f"{made}_{number}", number + 1
    return key
