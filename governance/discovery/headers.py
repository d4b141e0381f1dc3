"""What a header says: its words in one spelling, whatever the script, case or style."""

# ruff: noqa: E501 -- word lists read better in long lines
from __future__ import annotations

import re
from functools import cache, lru_cache

from governance.domain.fold import latin, lower

_CAMEL = re.compile(
    r"(?<=[a-zçəğıöşüäßа-яё0-9])(?=[A-ZÇƏĞİÖŞÜÄА-ЯЁ])|(?<=[A-ZÇƏĞİÖŞÜÄА-ЯЁ])(?=[A-ZÇƏĞİÖŞÜÄА-ЯЁ][a-zçəğıöşüäßа-яё])"
)
_PART = re.compile(r"[^\W\d_]+")

_ASCII = str.maketrans({"ə": "e", "ş": "s", "ç": "c", "ğ": "g", "ö": "o", "ü": "u", "ä": "ae", "х": "h", "ц": "c"})

Words = tuple[str, ...]


@lru_cache(maxsize=65536)
def tokens(header: str) -> Words:
    """'CustomerEmail2' and 'customer_e_mail' in folded words: ('customer', 'email')."""
    return tuple(_PART.findall(latin(" ".join(_CAMEL.sub(" ", header).split("_")))))


def phrases(entry: str) -> frozenset[Words]:
    """A word list's entry in the spellings that headers use: 'şəhər' is also 'seher'."""
    spellings = (latin(entry), latin(ascii_spelling(entry)))
    return frozenset(p for p in (tuple(_PART.findall(s)) for s in spellings) if p)


def ascii_spelling(word: str) -> str:
    """How `word` is written where its letters are not to be had: 'seher' for 'şəhər', 'kuendigung' stays as it is."""
    return lower(word).translate(_ASCII)


def says(header: Words, known: frozenset[Words]) -> bool:
    """One of `known` occurs in `header` as consecutive words, or the header is its words without a space."""
    if not known:
        return False
    glued = "".join(header)
    return glued in _glued(known) or any(
        header[k : k + size] in known for size in (1, 2, 3, 4) for k in range(len(header) - size + 1)
    )


def _list(text: str) -> frozenset[Words]:
    return frozenset().union(*(phrases(entry) for entry in text.split(",")))


@cache
def _glued(known: frozenset[Words]) -> frozenset[str]:
    return frozenset(g for g in map("".join, known) if len(g) > 3)


# Headers of things that are numbers, codes or names of no person. Folded when read; any of the five languages.
NOT_PERSONAL = _list(
    "order no, order number, order id, orderno, sifariş, sifariş nömrəsi, заказ, номер заказа, nomer zakaza, zakaz, sipariş, sipariş no, bestellung, bestellnummer,"
    "invoice, invoice no, faktura, qaimə, счет, счёт, schet, fatura, rechnung, rechnungsnummer, tracking, track no, tracking no, izləmə, трек, трек номер, trek,"
    "takip, takip no, sendung, sendungsnummer, sku, ean, upc, gtin, barcode, barkod, ştrixkod, штрихкод, shtrikhkod, strichcode, article, artikul, артикул, artikel, artikelnummer,"
    "product, product name, product code, məhsul, mal, товар, tovar, ürün, urun, produkt, item, brand, marka, бренд, model, модель, kateqoriya, category, категория, kategori, kategorie,"
    "price, qiymət, цена, tsena, fiyat, preis, amount, məbləğ, сумма, summa, tutar, betrag, total, cəm, итого, toplam, summe, quantity, qty, miqdar, количество, kolichestvo, adet, menge,"
    "status, state code, statusu, статус, durum, zustand, type, tip, növ, тип, tür, typ, hash, sha, md, checksum, etag, digest, version, versiya, версия, sürüm, build,"
    "created, updated, modified, inserted, loaded, created at, updated at, yaradılma, создан, oluşturma, erstellt, epoch, unix, timestamp, ts,"
    "company, company name, şirkət, компания, kompaniya, şirket, firma, unternehmen, supplier, vendor, store, branch, filial, mağaza, магазин, şube, filiale, warehouse, anbar, склад, depo, lager,"
    "currency, valyuta, валюта, para birimi, währung, weight, çəki, вес, ağırlık, gewicht, discount, endirim, скидка, indirim, rabatt, coupon, promo, voucher, batch, serial, seriya nömrəsi,"
    "transaction, transaction id, txn, əməliyyat, транзакция, işlem, receipt, çek, чек, fiş, beleg, sequence, seq, row id, rowid, uuid, guid, title, album, track, genre, file name, filename, url, slug,"
    "language, lang, locale, dil, язык, sprache, channel, kanal, канал, source, mənbə, kaynak, quelle,"
    "part, part no, part number, part nr, model number, model no, serial number, serial no, lot, lot number, make, manufacturer, maker, producer, color, colour, size, unit, uom,"
    "order date, due date, due, expiry, expiry date, expires, valid until, valid from, delivered, delivered at, shipped, shipped at, registered on, registered, opened, opened on, founded, established,"
    "released, release date, publication date, published, premiere, start date, end date, closed, paid at, payment date, invoice date, hired, hire date, ticker, symbol, isin, bic, swift, bank name, department, division, team, course, class, grade, subject, topic,"
    "checksum, crc, signature hash, commit, revision, http status, method, path, endpoint, log level, severity, duration, latency, score, rating, percent, ratio, rate, population, cron, schedule,"
    "detal nömrəsi, hissə nömrəsi, istehsalçı, rəng, ölçü, vahid, son tarix, bitmə tarixi, təhvil tarixi, açılış tarixi, qeydiyyat tarixi, yaranma tarixi, şöbə, kurs, sinif, bank adı, mövzu, yoxlama cəmi, tarix,"
    "деталь, номер детали, артикул детали, производитель, изготовитель, цвет, размер, единица, срок, срок действия, дата доставки, дата заказа, дата открытия, дата регистрации, дата создания, дата,"
    "отдел, подразделение, курс, класс, банк, название банка, тема, хеш, контрольная сумма, рейтинг, население, партия товара, марка, уровень,"
    "parça, parça no, parça numarası, üretici, renk, beden, birim, vade, son tarih, teslim tarihi, sipariş tarihi, açılış tarihi, kayıt tarihi, kuruluş tarihi, bölüm, departman, ders, sınıf, banka adı, konu, sağlama, nüfus, tarih, trh,"
    "teil, teilenummer, teile nr, hersteller, farbe, größe, einheit, fällig, fällig am, ablaufdatum, gültig bis, lieferdatum, bestelldatum, eröffnet, gegründet, gründungsdatum, registriert, datum, abteilung,"
    "kurs, klasse, bankname, thema, betreff, prüfsumme, bewertung, einwohner, charge, seriennummer, stufe"
)

# A column of such a table or header leads to a person.
SUBJECTS = _list(
    "customer, customers, client, clients, user, users, person, people, persons, contact, contacts, employee, employees, staff, patient, member, members, recipient, sender, buyer, visitor,"
    "passenger, guest, subscriber, driver, courier, account holder, müştəri, müştərilər, istifadəçi, işçi, işçilər, alıcı, göndərən, şəxs, kuryer, sürücü, vətəndaş,"
    "клиент, клиенты, пользователь, покупатель, сотрудник, сотрудники, получатель, отправитель, человек, люди, klient, klienty, polzovatel, sotrudnik, poluchatel,"
    "müşteri, müşteriler, kullanıcı, kullanıcılar, çalışan, alıcı, kişi, personel, üye, hasta, kunde, kunden, benutzer, nutzer, mitarbeiter, empfänger, absender, käufer, person, personen, patient"
)

# Words that tell a table of goods.
PRODUCT = _list(
    "sku, ean, upc, gtin, barcode, barkod, ştrixkod, штрихкод, strichcode, price, unit price, unitprice, qiymət, цена, tsena, fiyat, preis, brand, marka, бренд, product, məhsul, товар, tovar,"
    "ürün, urun, produkt, artikel, артикул, artikul, stock, stok, anbar, weight, çəki, вес, gewicht, milliseconds, genre, album, kateqoriya, category, категория, kategorie, kategori"
)

# Tables of the company's own places, whose phones and addresses are nobody's.
SITES = _list(
    "store, stores, shop, shops, branch, branches, office, offices, warehouse, warehouses, depot, pickup, pickup point, pickup points, locker, terminal, hub, facility, outlet, station,"
    "city, cities, country, countries, region, regions, province, provinces, district, districts, street, streets, airport, airports, port, ports, poi, geo, gazetteer, şəhər, şəhərlər, ölkə, ölkələr, küçələr,"
    "город, города, страна, страны, улицы, регионы, goroda, strany, ulicy, şehirler, ülkeler, iller, ilçeler, sokaklar, städte, orte, länder, straßen, gemeinden, seherler, olkeler, kuceler,"
    "park, parks, stadium, stadiums, venue, venues, museum, museums, library, libraries, university, universities, bank, banks, atm, atms, bankomat, bankomatlar, банкомат, банкоматы, restaurant, restaurants, hotel, hotels, school, schools, hospital, hospitals, clinic, clinics, pharmacy, pharmacies, company, companies, supplier, suppliers, vendor, vendors,"
    "filial, filiallar, mağaza, mağazalar, ofis, anbar, məntəqə, təhvil məntəqəsi, магазин, магазины, филиал, филиалы, офис, склад, пункт выдачи, şube, şubeler, mağazalar, depo, filiale, filialen, lager, standort"
)

# Columns that name a company.
COMPANY = _list(
    "company, company name, supplier, supplier name, vendor, vendor name, legal name, legal entity, business name, şirkət, şirkət adı, təchizatçı, компания, организация,"
    "наименование организации, поставщик, контрагент, юрлицо, şirket, şirket adı, firma, firma adı, tedarikçi, unvan firma, ticari unvan, unternehmen, firmenname, lieferant"
)
