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
    spellings = (latin(entry), latin(lower(entry).translate(_ASCII)))
    return frozenset(p for p in (tuple(_PART.findall(s)) for s in spellings) if p)


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
    "language, lang, locale, dil, язык, sprache, channel, kanal, канал, source, mənbə, kaynak, quelle"
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
    "filial, filiallar, mağaza, mağazalar, ofis, anbar, məntəqə, təhvil məntəqəsi, магазин, магазины, филиал, филиалы, офис, склад, пункт выдачи, şube, şubeler, mağazalar, depo, filiale, filialen, lager, standort"
)
