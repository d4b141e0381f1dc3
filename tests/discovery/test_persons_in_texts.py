"""Names and streets in sentences: known and unknown names are found, goods and towns are left alone."""

# ruff: noqa: E501 -- sentences read better in long lines
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.discovery import content, persons
from governance.discovery.persons import Sureness
from governance.discovery.sample import Hit

_SAID = {
    "az": ("{v} dünən zəng etdi.", "Bağlamanı {v} təhvil aldı.", "müştəri {v} razıdır", "Sifariş {v} adına yazıldı."),
    "ru": ("{v} просил перезвонить.", "Посылку получил(а) {v}.", "клиент {v} доволен"),
    "tr": ("{v} aradı, tekrar gelecek.", "Paketi {v} teslim aldı.", "müşteri {v} memnun"),
    "en": ("{v} called and will come back.", "Parcel taken in by {v}.", "Dear {v}, we are sorry"),
    "de": ("{v} hat angerufen.", "Paket angenommen von {v}.", "Kunde {v} ist zufrieden"),
}
_KNOWN = {
    "az": ("Anar Əliyev", "Leyla Məmmədova", "Həsənov Tural"), "ru": ("Анна Петрова", "Иванов Сергей", "А. Кузнецов"),
    "tr": ("Ayşe Yılmaz", "Mehmet Demir", "Öztürk Zeynep"), "en": ("James Walker", "Emily Watson", "Hughes Daniel"),
    "de": ("Sabine Schneider", "Jürgen Hoffmann", "Wagner Klaus"),
}  # fmt: skip
# Of no list of ours.
_UNKNOWN = {
    "az": ("Təhminəxanım Xəzərli", "Bağırbəyli Gülxarə"), "ru": ("Жаргал Нимгиров", "Баярма Ялакаев"), "tr": ("Sarper Kızılkan", "Rojhat Keçecigil"),
    "en": ("Hoang Tuhiwai", "Sizwe Etxeberria"), "de": ("Ilsebill Sanftleben", "Luitpold Stuhlfauth"),
}  # fmt: skip
_EACH = [(said, name) for language, lines in _SAID.items() for said in lines for name in (*_KNOWN[language], *_UNKNOWN[language])]
_FILLER = ["Sifariş gecikdi, qutu zədəli gəldi.", "Оплата не прошла; повторили.", "Left at the door; box damaged.", "Karton beschädigt, erneut versucht."]


def found(*texts: str) -> set[str]:
    return {k for k, e in content.in_text([*_FILLER * 50, *texts]).items() if content.confidence(e) >= 0.5}


@pytest.mark.parametrize(("said", "name"), _EACH)
def test_one_name_among_two_hundred_sentences_is_found(said: str, name: str) -> None:
    assert found(said.format(v=name)) == {"user.name"}


@pytest.mark.parametrize("name", [n for some in _KNOWN.values() for n in some])
def test_a_known_name_needs_nobody_to_say_anything(name: str) -> None:
    assert found(f"12.03.2026; the parcel of {name} weighs more") == {"user.name"}


@pytest.mark.parametrize("text", ["MÜŞTƏRİ ANAR ƏLİYEV ZƏNG ETDİ", "müştəri anar əliyev zəng etdi", "клиент иван петров звонил", "kunde klaus hoffmann rief an",
                                  "ПОЛУЧАТЕЛЬ ПЕТРОВА АННА", "Frau Schneider wünscht Rückruf", "Leyla xanım razı qaldı"])  # fmt: skip
def test_names_in_capitals_in_small_letters_and_after_forms_of_address_are_found(text: str) -> None:
    assert max(sure for _, sure in persons.in_text(text)) >= Sureness.LIKELY


@pytest.mark.parametrize("text", [
    "shipped Jack Rose today", "Black Pudding x4; broke after a week", "sent to San Fernando yesterday", "Nizami Gəncəvi küçəsi bağlıdır", "Voltix Aquaro Blender",
    "Sehr gute Qualität, Schnelle Lieferung", "customer says order late", "Ödeme alınamadı, tekrar denendi.", "Bad Säckingen liefert nicht", "от Черной речки до Новый Уренгой",
])  # fmt: skip
def test_goods_towns_and_streets_are_no_people(text: str) -> None:
    assert all(sure <= Sureness.STRANGE for _, sure in persons.in_text(text))


def test_one_name_that_somebody_is_called_by_is_found_among_many_goods() -> None:
    goods = [f"{first} {second} x2; 3.90" for first in ("Green", "Black", "Fish", "Apple", "Salty", "Orange", "Three", "Fair", "Elephant")
             for second in ("Garlic", "Pudding", "Punch", "Martini", "Wedges", "Greens", "Beans", "Steak", "Biryani", "Tundra")]  # fmt: skip
    assert found(*goods) == set()
    assert found(*goods, "Customer Ronald Walker called") == {"user.name"}


def test_goods_whose_words_are_names_too_stay_quiet_however_often_they_come() -> None:
    goods = [f"{g} x{k}; {k}.90" for g in ("Jack Rose", "Three Wise Men", "My Fair Lady", "Pak Choi", "Granny Smith") for k in range(1, 30)]
    assert found(*goods) == set()


@pytest.mark.parametrize("text", ["Broccoli x5 Paket angenommen von Arno Auer.", "Hamburger Aalsuppe x3 Mit Wiebke Hackenschmied gesprochen.",
                                  "Tayberry x3 Parcel taken in by Hoang Featherstonehaugh", "Niamh Ó Súilleabháin called",
                                  "Boran Dersimli ile görüşüldü.", "Посылку получил(а) Мадинат Мусалаев."])  # fmt: skip
def test_nouns_with_a_capital_particles_and_half_known_names_hide_nobody(text: str) -> None:
    assert max(sure for _, sure in persons.in_text(text)) >= Sureness.SAID


def test_titles_hold_names_of_no_customer() -> None:
    titles = [f"The Best Of {n}" for some in _KNOWN.values() for n in some] * 3
    assert {k for k, e in content.in_text(titles).items() if content.confidence(e) >= 0.5} == set()


@pytest.mark.parametrize("text", [
    "Yeni ünvan: Nizami küçəsi 8, m. 211", "12 Nizami küçəsi, 3-cü mərtəbə", "Bakıxanov küç. 17", "ул. Ленина, д. 5", "Везти на ул. Старая 60", "Atatürk Cad. No:12",
    "Gül Sok. 5/3 getirin", "Musterstraße 5", "Neue Anschrift: Teplitzer Straße 150", "Goethestr. 12a", "221B Baker Street", "Bring it to 12 Oak Avenue.",
    "Am Kurpark, Barschelplatz 8a", "Zu Am Waldfriedhof 104 bringen.", "Platz der Republik 1", "Straße des 17. Juni 135", "Unter den Linden 5 abgeben",
    "an Gustav-Heinemann-Brücke 164a", "left at 14 Elm Close",
])  # fmt: skip
def test_streets_with_a_number_are_found_in_five_languages(text: str) -> None:
    assert persons.has_street(text)
    assert "user.contact.address.street" in found(text)


@pytest.mark.parametrize("text", ["at 5 pm Dr Smith called", "12 Steel pans 5", "5 miles St Helena", "küçə bağlıdır 12", "x5; 451.22", "Platz 3 frei", "on the road 66 km",
                                  "улица закрыта", "sokakta 5 kedi", "Am Bahnhof 3 Uhr", "Im Karton 12", "Im Park 2 Stück", "Diamantring 12", "Supermarkt 12"])  # fmt: skip
def test_other_words_with_a_number_are_no_streets(text: str) -> None:
    assert not persons.has_street(text)


def test_what_the_engine_found_counts_with_its_cells() -> None:
    hit = Hit("Anar Əliyev", 7, "dünən Anar Əliyev zəng etdi")
    assert persons.told({}, [hit]).cells[Sureness.CALLED] == 7
    assert "7 of 9,000" in content.in_text(["zəng"], [], [hit], 9_000)["user.name"].words


@given(st.text(max_size=80))
def test_nothing_that_anybody_writes_raises(text: str) -> None:
    assert all(isinstance(sure, Sureness) for _, sure in persons.in_text(text))
    assert persons.whole(text) in Sureness
    assert persons.has_street(text) in (True, False)
