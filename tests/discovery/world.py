"""Labelled tables for tests of discovery, in five languages: own word lists and formats, nothing taken from the recognizers."""

# ruff: noqa: E501 -- tables of words and labelled columns read better in one line each
from __future__ import annotations

import json
import random
import string
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

LANGUAGES = ("az", "ru", "tr", "en", "de")
STYLES = ("clear", "local", "opaque")

# Given names (men; women), family names, streets, cities. About a third are rare on purpose.
_WORDS: dict[str, tuple[str, str, str, str, str]] = {
    "az": ("Tural,Rəşad,Elvin,Orxan,Ceyhun,Yaşar,Balaəmi,Şaiq,İmdad,Həmzət", "Günel,Aysel,Nərmin,Lalə,Sevinc,Könül,Bənövşə,Gülzar,Çiçək,Tubu",
           "Əliyev,Məmmədov,Quliyev,Hüseynov,Süleymanlı,Paşazadə,Qarayev,Kəngərli,Vəkilov,Bünyadzadə",
           "Nizami küçəsi {n},Hüseyn Cavid prospekti {n} mənzil {m},28 May küç. {n},Azadlıq pr. {n}/{m},Səməd Vurğun küçəsi {n} m. {m}",
           "Bakı,Gəncə,Sumqayıt,Şəki,Lənkəran,Quba,Mingəçevir,Zaqatala"),
    "ru": ("Сергей,Дмитрий,Илья,Павел,Роман,Глеб,Кузьма,Лаврентий,Прохор,Ян", "Ольга,Анна,Марина,Юлия,Елена,Ирина,Агафья,Ефросинья,Влада,Устинья",
           "Смирнов,Кузнецов,Лебедев,Орлов,Зимин,Дроздов,Белоусов,Чистяков,Гайдай,Рожков",
           "ул. Ленина д. {n} кв. {m},пр-т Мира {n},улица Гагарина {n}-{m},Садовая ул. {n} кв. {m},пер. Школьный {n}",
           "Москва,Казань,Самара,Уфа,Пермь,Омск,Тверь,Саратов"),
    "tr": ("Mehmet,Emre,Burak,Hakan,Kerem,Serkan,Ökkeş,Temel,Dursun,Şaban", "Zeynep,Elif,Merve,Esra,Selin,Büşra,Döndü,Satı,Ümmühan,Gülizar",
           "Yılmaz,Demir,Şahin,Öztürk,Kılıç,Aydın,Hatipoğlu,Çamurcu,Değirmenci,Kürkçü",
           "Atatürk Cad. No: {n} Daire: {m},Gül Sok. {n}/{m},Cumhuriyet Mah. Lale Sk. No {n},İstiklal Caddesi {n},Bahçelievler Mah. {n}. Sokak No:{m}",
           "İstanbul,Ankara,İzmir,Bursa,Antalya,Konya,Trabzon,Kayseri"),
    "en": ("James,Michael,Ethan,Oliver,Daniel,Thomas,Thaddeus,Lysander,Barnaby,Cormac", "Emma,Olivia,Sarah,Megan,Laura,Chloe,Winifred,Saoirse,Bronwyn,Ottilie",
           "Smith,Taylor,Walker,Hughes,Bennett,Foster,Ashdown,Thistlewood,Pemberton,Crabtree",
           "{n} Main Street,{n} Oak Avenue Apt {m},{n} Church Rd,{n} Elm Drive,{n} W Park Blvd Suite {m}",
           "London,Chicago,Boston,Leeds,Denver,Seattle,Austin,Bristol"),
    "de": ("Stefan,Klaus,Jürgen,Felix,Lukas,Matthias,Ekkehard,Burkhard,Gottlieb,Wendelin", "Sabine,Anja,Petra,Lena,Heike,Julia,Kunigunde,Adelheid,Notburga,Wilhelmine",
           "Müller,Schneider,Wagner,Hoffmann,Koch,Richter,Brüggemann,Unterberger,Holzapfel,Kirschbaum",
           "Hauptstraße {n},Bahnhofstr. {n},Am Markt {n},Gartenweg {n}a,Goethestraße {n} Whg. {m}",
           "Berlin,Hamburg,München,Köln,Leipzig,Dresden,Bonn,Ulm"),
}
_COUNTRY = {"az": "Azərbaycan", "ru": "Россия", "tr": "Türkiye", "en": "USA", "de": "Deutschland"}
_NEAR = {"az": "Gürcüstan", "ru": "Беларусь", "tr": "Almanya", "en": "Canada", "de": "Österreich"}
_GENDER = {"az": ("Kişi", "Qadın"), "ru": ("муж", "жен"), "tr": ("Erkek", "Kadın"), "en": ("M", "F"), "de": ("männlich", "weiblich")}
_PRODUCTS = ("Kettle", "Lamp", "Chair", "Phone case", "USB cable", "Rug", "Notebook", "Backpack", "Drill", "Blender")
_BRANDS = ("Voltix", "Aquaro", "Nordline", "Zephyr", "Kantor")
_PRAISE = {"az": ("Çox yaxşı məhsuldur", "Keyfiyyəti zəifdir, bəyənmədim", "Tez çatdı, razıyam", "Rəngi fərqlidir"),
           "ru": ("Отличный товар, всем советую", "Качество среднее", "Пришло быстро, упаковка целая", "Цвет не тот"),
           "tr": ("Çok güzel bir ürün", "Kalitesi kötü, beğenmedim", "Hızlı geldi, teşekkürler", "Rengi farklı"),
           "en": ("Great product, works well", "Poor quality, broke after a week", "Arrived fast and well packed", "Colour is off"),
           "de": ("Sehr gutes Produkt", "Schlechte Qualität, nach zwei Wochen kaputt", "Schnelle Lieferung, gut verpackt", "Farbe weicht ab")}
_CALL = {"az": "Zəng edin: {p}", "ru": "Позвоните: {p}", "tr": "Lütfen arayın {p}", "en": "Please call {p} before delivery", "de": "Bitte anrufen unter {p}"}
_SUFFIX = {"az": "MMC", "ru": "ООО", "tr": "A.Ş.", "en": "Ltd", "de": "GmbH"}

_LOCAL: dict[str, dict[str, str]] = {
    "az": {"first_name": "ad", "last_name": "soyad", "patronymic": "ata_adi", "email": "e_poct", "phone": "telefon", "birth_date": "dogum_tarixi",
           "gender": "cinsi", "city": "seher", "postcode": "poct_indeksi", "country": "olke", "address": "unvan", "passport": "pasport_nomresi",
           "national_id": "fin_kod", "recipient": "alici_adi_soyadi", "card_number": "kart_nomresi", "iban": "hesab", "ip": "ip_unvan",
           "status": "status", "amount": "mebleg", "order_no": "sifaris_nomresi", "price": "qiymet", "product_name": "mehsul", "note": "qeyd",
           "username": "istifadeci_adi", "plate": "dovlet_nisani", "company": "sirket", "review": "rey", "cookie_id": "kuki", "device_id": "cihaz_id"},
    "ru": {"first_name": "имя", "last_name": "фамилия", "patronymic": "отчество", "email": "эл_почта", "phone": "телефон", "birth_date": "дата_рождения",
           "gender": "пол", "city": "город", "postcode": "индекс", "country": "страна", "address": "адрес", "passport": "паспорт",
           "national_id": "снилс", "recipient": "получатель", "card_number": "номер_карты", "iban": "счет_iban", "ip": "ip_адрес",
           "status": "статус", "amount": "сумма", "order_no": "номер_заказа", "price": "цена", "product_name": "товар", "note": "комментарий",
           "username": "логин", "plate": "госномер", "company": "компания", "review": "отзыв", "cookie_id": "кука", "device_id": "id_устройства"},
    "tr": {"first_name": "ad", "last_name": "soyad", "email": "eposta", "phone": "cep_tel", "birth_date": "dogum_tarihi",
           "gender": "cinsiyet", "city": "sehir", "postcode": "posta_kodu", "country": "ulke", "address": "adres", "passport": "pasaport_no",
           "national_id": "tc_kimlik_no", "recipient": "alici", "card_number": "kart_no", "iban": "hesap_no", "ip": "ip_adresi",
           "status": "durum", "amount": "tutar", "order_no": "siparis_no", "price": "fiyat", "product_name": "urun", "note": "aciklama",
           "username": "kullanici_adi", "plate": "plaka", "company": "firma", "review": "yorum", "cookie_id": "cerez", "device_id": "cihaz_kimligi"},
    "de": {"first_name": "vorname", "last_name": "nachname", "email": "e_mail", "phone": "telefonnummer", "birth_date": "geburtsdatum",
           "gender": "geschlecht", "city": "ort", "postcode": "plz", "country": "land", "address": "anschrift", "passport": "reisepass_nr",
           "national_id": "steuer_id", "recipient": "empfaenger", "card_number": "kartennummer", "iban": "bankverbindung", "ip": "ip_adresse",
           "status": "zustand", "amount": "betrag", "order_no": "bestellnummer", "price": "preis", "product_name": "artikel", "note": "bemerkung",
           "username": "benutzername", "plate": "kennzeichen", "company": "firma", "review": "bewertung", "cookie_id": "cookie", "device_id": "geraete_id"},
    "en": {},
}


@dataclass(frozen=True)
class Labelled:
    """One column: values as text or None, the SQL type, and what it is (None: not personal); `also` what else is inside."""

    name: str
    values: list[str | None]
    category: str | None = None
    type: str = "varchar"
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    name: str
    columns: list[Labelled]


def luhn_digit(body: str) -> str:
    total = sum(int(c) if k % 2 else sum(divmod(2 * int(c), 10)) for k, c in enumerate(reversed(body)))
    return str(-total % 10)


def iban(country: str, body: str) -> str:
    number = "".join(str(int(c, 36)) for c in body + country + "00")
    return f"{country}{98 - int(number) % 97:02d}{body}"


class Maker:
    def __init__(self, language: str, seed: int) -> None:
        self.language, self.r = language, random.Random(f"{language}{seed}")
        men, women, last, streets, cities = _WORDS[language]
        self.men, self.women, self.last = men.split(","), women.split(","), last.split(",")
        self.streets, self.cities = streets.split(","), cities.split(",")

    def digits(self, n: int) -> str:
        return "".join(self.r.choices(string.digits, k=n))

    def person(self) -> dict[str, str]:
        man = self.r.random() < 0.5
        first, last = self.r.choice(self.men if man else self.women), self.r.choice(self.last)
        if not man and last.endswith("v"):
            last += "a"
        if not man and self.language == "ru" and last.endswith("н"):
            last += "а"
        father = self.r.choice(self.men)
        middle = f"{father} {'oğlu' if man else 'qızı'}" if self.language == "az" else f"{father.rstrip('йья')}{'ович' if man else 'овна'}"
        return {"first": first, "last": last, "middle": middle, "gender": _GENDER[self.language][0 if man else 1]}

    def full(self) -> str:
        p = self.person()
        return f"{p['last']} {p['first']} {p['middle']}" if self.language == "ru" else f"{p['first']} {p['last']}"

    def phone(self) -> str:
        r, d = self.r, self.digits
        match self.language:
            case "az":
                a, b, c, e = r.choice(("50", "51", "55", "70", "77")), f"{r.randint(200, 999)}", d(2), d(2)
                return r.choice((f"+994 {a} {b} {c} {e}", f"0{a}-{b}-{c}-{e}", f"(0{a}) {b} {c}{e}", f"994{a}{b}{c}{e}"))
            case "ru":
                a, b, c, e = r.choice(("903", "916", "925", "961")), f"{r.randint(200, 999)}", d(2), d(2)
                return r.choice((f"+7 {a} {b}-{c}-{e}", f"8 ({a}) {b}-{c}-{e}", f"+7{a}{b}{c}{e}"))
            case "tr":
                a, b, c, e = r.choice(("532", "542", "505", "555")), f"{r.randint(200, 999)}", d(2), d(2)
                return r.choice((f"0{a} {b} {c} {e}", f"+90 {a} {b} {c} {e}", f"0({a}) {b} {c}{e}"))
            case "en":
                a, b, c = r.choice(("212", "312", "617", "206")), f"{r.randint(200, 999)}", d(4)
                return r.choice((f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"+1 {a} {b} {c}"))
        return r.choice((f"0171 {d(7)}", f"+49 151 {d(8)}", f"030/{r.randint(2, 9)}{d(6)}"))

    def email(self) -> str:
        return f"{''.join(self.r.choices(string.ascii_lowercase, k=7))}{self.r.randint(1, 99)}@{self.r.choice(('mail', 'post', 'firm'))}.{self.r.choice(('az', 'com', 'ru', 'de'))}"

    def day(self, first: int, last: int) -> date:
        return date(first, 1, 1) + timedelta(days=self.r.randrange(365 * (last - first)))

    def moment(self) -> str:
        return (datetime(2024, 1, 1) + timedelta(seconds=self.r.randrange(70_000_000))).isoformat(" ")

    def birth(self) -> str:
        d = self.day(1948, 2006)
        return d.isoformat() if self.language in ("az", "en") else d.strftime("%d.%m.%Y")

    def street(self) -> str:
        return self.r.choice(self.streets).format(n=self.r.randint(1, 180), m=self.r.randint(1, 90))

    def postcode(self) -> str:
        n = self.r.randint(0, 60)
        return {"az": f"AZ{1000 + n}", "ru": f"{101000 + 37 * n}", "tr": f"{34000 + 71 * n}", "en": f"{10001 + 31 * n}", "de": f"{10115 + 53 * n}"}[self.language]

    def passport(self) -> str:
        d = self.digits
        return {"az": f"AZE{d(8)}", "ru": f"{d(2)} {d(2)} {d(6)}", "tr": f"U{d(8)}", "en": f"{self.r.choice('ABCDE')}{d(8)}",
                "de": "C" + "".join(self.r.choices("CFGHJKLMNPRTVWXYZ0123456789", k=7)) + d(1)}[self.language]

    def national_id(self) -> str:
        d = self.digits
        match self.language:
            case "az":
                return "".join(self.r.choices("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=7))
            case "ru":
                n = f"{self.r.randint(2, 9)}{d(8)}"
                s = sum(int(c) * (9 - k) for k, c in enumerate(n)) % 101 % 100
                return f"{n[:3]}-{n[3:6]}-{n[6:]} {s:02d}"
            case "tr":
                n = [self.r.randint(1, 9), *(self.r.randint(0, 9) for _ in range(8))]
                n.append((7 * sum(n[0:9:2]) - sum(n[1:8:2])) % 10)
                return "".join(map(str, [*n, sum(n) % 10]))
            case "en":
                return f"{self.r.randint(100, 665)}-{self.r.randint(10, 99)}-{self.r.randint(1000, 9999)}"
        while True:
            body = [self.r.randint(1, 9), *(self.r.randint(0, 9) for _ in range(9))]
            counts = sorted(body.count(x) for x in set(body))
            if counts[-1] in (2, 3) and counts.count(2) + counts.count(3) == 1:
                break
        product = 10
        for x in body:
            s = (x + product) % 10 or 10
            product = 2 * s % 11
        return "".join(map(str, body)) + str((11 - product) % 10)

    def card(self) -> str:
        body = self.r.choice(("4169", "5243", "4127")) + self.digits(11)
        return body + luhn_digit(body)

    def ean(self) -> str:
        body = "476" + self.digits(9)
        return body + str(-sum(int(c) * (3 if k % 2 else 1) for k, c in enumerate(body)) % 10)

    def hex(self, n: int) -> str:
        return "".join(self.r.choices("0123456789abcdef", k=n))

    def plate(self) -> str:
        u, d = string.ascii_uppercase, self.digits
        return {"az": f"{self.r.choice(('10', '77', '90', '99'))}-{''.join(self.r.choices(u, k=2))}-{d(3)}", "ru": f"А{d(3)}ВС{self.r.choice(('77', '99', '178'))}",
                "tr": f"{self.r.choice(('34', '06', '35'))} {''.join(self.r.choices(u, k=2))} {d(3)}", "en": f"{''.join(self.r.choices(u, k=3))}-{d(4)}",
                "de": f"{self.r.choice(('B', 'HH', 'M', 'K'))}-{''.join(self.r.choices(u, k=2))} {d(3)}"}[self.language]


def examples(language: str, style: str, seed: int = 1, rows: int = 300) -> list[Example]:
    """The tables of one language under one style of headers."""
    m = Maker(language, seed)
    r = m.r

    def make(f: Callable[[], Any], holes: float = 0.03, n: int = rows) -> list[str | None]:
        return [None if r.random() < holes else str(f()) for _ in range(n)]

    people = [m.person() for _ in range(rows)]
    of = lambda key: [p[key] for p in people]  # noqa: E731
    serial = [str(k + 1) for k in range(rows)]
    customers = [
        Labelled("id", serial, None, "integer"), Labelled("first_name", of("first"), "user.name.first"), Labelled("last_name", of("last"), "user.name.last"),
        *([Labelled("patronymic", of("middle"), "user.name")] if language in ("az", "ru") else []),
        Labelled("gender", of("gender"), "user.demographic.gender"), Labelled("birth_date", make(m.birth), "user.demographic.date_of_birth"),
        Labelled("email", make(m.email), "user.contact.email"), Labelled("phone", make(m.phone), "user.contact.phone_number"),
        Labelled("address", make(m.street), "user.contact.address.street"), Labelled("city", make(lambda: r.choice(m.cities)), "user.contact.address.city"),
        Labelled("postcode", make(m.postcode), "user.contact.address.postal_code"),
        Labelled("country", make(lambda: _COUNTRY[language] if r.random() < 0.8 else _NEAR[language]), "user.contact.address.country"),
        Labelled("passport", make(m.passport, 0.3), "user.government_id.passport_number"),
        Labelled("national_id", make(m.national_id, 0.1), "user.government_id.national_identification_number"),
        Labelled("username", make(lambda: _handle(m)), "user.account.username"),
        Labelled("points", make(lambda: r.randint(0, 5000)), None, "integer"), Labelled("status", make(lambda: r.choice(("active", "closed", "new"))), None),
        Labelled("created_at", make(m.moment), None, "timestamp"),
    ]  # fmt: skip
    notes = [_CALL[language].format(p=m.phone()) if r.random() < 0.1 else f"{r.choice(_PRAISE[language])} {r.randint(1, 99)}" for _ in range(rows)]
    orders = [
        Labelled("order_no", [f"{10_000_000 + 7 * k}" for k in range(rows)], None), Labelled("recipient", make(m.full), "user.name"),
        Labelled("phone", make(m.phone), "user.contact.phone_number"), Labelled("address", make(m.street), "user.contact.address.street"),
        Labelled("amount", make(lambda: f"{r.uniform(1, 900):.2f}"), None, "decimal(10,2)"), Labelled("currency", make(lambda: r.choice(("AZN", "USD", "EUR"))), None),
        Labelled("tracking", make(lambda: f"RR{m.digits(9)}AZ"), None), Labelled("invoice", [f"INV-2026-{k:06d}" for k in range(rows)], None),
        Labelled("delivered_on", make(lambda: m.day(2024, 2026).isoformat()), None, "date"), Labelled("note", notes, "user.contact.phone_number"),
        Labelled("proof_photo", make(lambda: f"photos/delivery/2026/{m.digits(8)}.jpg"), "user.content"),
    ]  # fmt: skip
    payments = [
        Labelled("id", make(uuid_of(m)), None), Labelled("card_number", make(m.card), "user.financial.credit_card"),
        Labelled("iban", make(lambda: iban("AZ", "NABZ" + m.digits(20)) if language == "az" else iban("DE", m.digits(18))), "user.financial.bank_account"),
        Labelled("amount", make(lambda: f"{r.uniform(1, 900):.2f}"), None, "decimal(10,2)"), Labelled("epoch", make(lambda: r.randint(1_650_000_000, 1_760_000_000)), None, "bigint"),
        Labelled("order_ref", make(lambda: m.digits(16)), None),
    ]  # fmt: skip
    cookies, devices = [m.hex(32) for _ in range(60)], [str(uuid.UUID(m.hex(32))) for _ in range(60)]
    web = [
        Labelled("event", make(uuid_of(m)), None), Labelled("cookie_id", make(lambda: r.choice(cookies)), "user.device.cookie_id"),
        Labelled("ip", make(lambda: f"{r.randint(31, 220)}.{r.randint(0, 255)}.{r.randint(0, 255)}.{r.randint(1, 254)}"), "user.device.ip_address"),
        Labelled("user_agent", make(lambda: f"Mozilla/5.0 ({r.choice(('Windows NT 10.0', 'iPhone', 'Linux'))}) AppleWebKit/5{r.randint(10, 99)}.36"), "user.device"),
        Labelled("page", make(lambda: f"/catalog/{r.choice(_PRODUCTS).lower().replace(' ', '-')}/{r.randint(1, 999)}"), None),
        Labelled("seen_at", make(m.moment), None, "timestamp"),
    ]  # fmt: skip
    pings = [
        Labelled("device_id", make(lambda: r.choice(devices)), "user.device.device_id"), Labelled("mac", make(lambda: ":".join(m.hex(2) for _ in range(6))), "user.device.device_id"),
        Labelled("latitude", make(lambda: f"{40.3 + r.random() / 5:.6f}", 0), "user.location.precise", "double"),
        Labelled("longitude", make(lambda: f"{49.7 + r.random() / 5:.6f}", 0), "user.location.precise", "double"), Labelled("battery", make(lambda: r.randint(1, 100)), None, "integer"),
    ]  # fmt: skip
    products = [
        Labelled("sku", [f"SKU-{m.digits(6)}" for _ in range(rows)], None), Labelled("ean", make(m.ean), None),
        Labelled("product_name", make(lambda: f"{r.choice(_BRANDS)} {r.choice(_PRODUCTS)} {r.randint(1, 40)}"), None), Labelled("brand", make(lambda: r.choice(_BRANDS)), None),
        Labelled("price", make(lambda: f"{r.uniform(1, 90):.2f}"), None, "decimal(10,2)"), Labelled("version", make(lambda: f"{r.randint(0, 4)}.{r.randint(0, 9)}.{r.randint(0, 9)}.{r.randint(0, 9)}"), None),
        Labelled("sha256", make(lambda: m.hex(64)), None), Labelled("size", make(lambda: r.choice(("S", "M", "L", "XL"))), None),
        Labelled("review", make(lambda: f"{r.choice(_PRAISE[language])}. {r.choice(_PRAISE[language])} {r.randint(1, 5)}/5"), None),
        Labelled("barcode16", make(lambda: m.digits(16)), None), Labelled("valid_from", make(lambda: m.day(2020, 2026).isoformat()), None, "date"),
    ]  # fmt: skip
    suppliers = [
        Labelled("company", [f"{r.choice(_BRANDS)} {r.choice(('Trade', 'Logistik', 'Group', 'Import'))} {_SUFFIX[language]}" for _ in range(40)], None),
        Labelled("city", [r.choice(m.cities) for _ in range(40)], None), Labelled("country", [_COUNTRY[language]] * 40, None),
    ]  # fmt: skip
    vehicles = [
        Labelled("plate", make(m.plate), "user.government_id.vehicle_registration"), Labelled("driver", make(m.full), "user.name"),
        Labelled("weight", make(lambda: r.randint(800, 3500)), None, "integer"),
    ]  # fmt: skip
    events = [
        Labelled("n", serial, None, "integer"),
        Labelled("payload", make(lambda: json.dumps({"user": {"email": m.email(), "ip": f"85.132.{r.randint(0, 255)}.{r.randint(1, 254)}"}, "sku": f"SKU-{m.digits(6)}", "total": r.randint(1, 99)})),
                 "user.contact.email", also=("user.device.ip_address",)),
        Labelled("config", make(lambda: json.dumps({"version": "1.2", "sku": f"SKU-{m.digits(6)}", "count": r.randint(1, 99)})), None),
    ]  # fmt: skip
    named = {"customers": customers, "orders": orders, "payments": payments, "web": web, "pings": pings, "products": products, "suppliers": suppliers,
             "vehicles": vehicles, "events": events}  # fmt: skip
    return [_styled(name, columns, k, language, style) for k, (name, columns) in enumerate(named.items())]


def uuid_of(m: Maker) -> Callable[[], str]:
    return lambda: str(uuid.UUID(m.hex(32)))


def _handle(m: Maker) -> str:
    ascii_only = str.maketrans("əöüğışçİŞÇÖÜĞƏäßÄ", "eougiscISCOUGEasA")
    p = m.person()
    if m.language == "ru":
        p = {"first": m.r.choice(("sergey", "olga", "dmitry", "anna", "pavel", "prokhor")), "last": m.r.choice(("smirnov", "orlova", "zimin", "drozdov"))}
    first, last = p["first"].translate(ascii_only).lower(), p["last"].translate(ascii_only).lower()
    return m.r.choice((f"{first}.{last}{m.r.randint(1, 99)}", f"{first}_{m.r.randint(1, 999)}", f"{first[0]}{last}{m.r.randint(1, 99)}"))


def _styled(name: str, columns: list[Labelled], number: int, language: str, style: str) -> Example:
    if style == "opaque":
        return Example(f"t{number}", [Labelled(f"c{k:02d}", c.values, c.category, c.type, c.also) for k, c in enumerate(columns)])
    if style == "local":
        return Example(name if language == "en" else f"t_{number}", [Labelled(_LOCAL[language].get(c.name, c.name), c.values, c.category, c.type, c.also) for c in columns])
    return Example(name, columns)
