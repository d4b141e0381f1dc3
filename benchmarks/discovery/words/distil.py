"""Make the word lists beside this file from the locale data of Faker and mimesis (both MIT).

    python benchmarks/discovery/words/distil.py      # in an environment of its own: pip install faker mimesis

Lists are cut by a seeded draw, so that frequent and rare words are both there.
"""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PERSON = {"az": ["az_AZ"], "ru": ["ru_RU"], "tr": ["tr_TR"], "en": ["en_GB", "en_US"], "de": ["de_DE"]}


def mimesis(language: str, part: str) -> dict[str, Any]:
    import mimesis as package

    text = (Path(package.__file__).parent / "datasets" / language / f"{part}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def faker(language: str, name: str) -> list[str]:
    found: list[str] = []
    for locale in PERSON[language]:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        found += list(getattr(provider, name, ()))
    return found


def cut(words: Iterable[str], most: int, longest: int = 40) -> list[str]:
    """Distinct words in a seeded order, at most `most`; numbers and very long ones are left out."""
    clean = sorted({w.strip() for w in words if w.strip() and len(w) <= longest and not any(c.isdigit() for c in w)})
    random.Random(7).shuffle(clean)
    return clean[:most]


def flat(told: Any) -> list[str]:
    """The words of a list, or of all lists of a dictionary."""
    return [w for part in told.values() for w in part] if isinstance(told, dict) else list(told)


def titled(word: str) -> str:
    return word.title() if word.isupper() else word


def lists(language: str) -> dict[str, list[str]]:
    person, address, food, text = (mimesis(language, p) for p in ("person", "address", "food", "text"))
    names = person["names"]
    surnames = person["surnames"]
    men, women = (surnames["male"], surnames["female"]) if isinstance(surnames, dict) else (surnames, surnames)
    made = {
        "first_f": cut(map(titled, faker(language, "first_names_female") + names["female"]), 260),
        "first_m": cut(map(titled, faker(language, "first_names_male") + names["male"]), 260),
        "last_m": cut(
            map(titled, (faker(language, "last_names_male") + faker(language, "last_names_unisex") or faker(language, "last_names")) + men),
            380,
        ),
        "last_f": cut(
            map(
                titled,
                (faker(language, "last_names_female") + faker(language, "last_names_unisex") or faker(language, "last_names")) + women,
            ),
            380,
        ),
        "middle_m": cut(faker(language, "middle_names_male"), 100) if language == "ru" else [],
        "middle_f": cut(faker(language, "middle_names_female"), 100) if language == "ru" else [],
        "cities": cut(address["city"], 160, 30),
        "countries": cut(address["country"]["name"], 120, 30),
        "regions": cut(address["state"]["name"], 60, 40),
        "streets": cut((s for s in address["street"]["name"] if not s.startswith("Ziya ")), 220, 36),
        "jobs": cut(flat(person["occupation"]), 80, 34),
        "goods": cut(flat({k: food[k] for k in ("dishes", "drinks", "fruits", "vegetables")}), 160, 36),
        "words": cut(flat(text["words"]), 220, 20),
        "colors": cut(text["color"], 24, 20),
    }
    return {k: v for k, v in made.items() if v}


if __name__ == "__main__":
    for language in PERSON:
        made = lists(language)
        lines = ",\n".join(f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in made.items())
        (HERE / f"{language}.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")
        print(language, {k: len(v) for k, v in made.items()})
