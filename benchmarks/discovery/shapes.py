"""Shapes of tables as companies have them. `a|b` is one of them, `?` is there every second time, NATIONAL a number of the country."""

from __future__ import annotations

import random
from dataclasses import dataclass

NATIONAL = {"az": ("fin",), "ru": ("snils", "inn_person"), "tr": ("tckn",), "en": ("ssn", "nino"), "de": ("steuer_id",)}
DOB = "dob|dob_as_text"
WHO = "given_name family_name patronymic?"


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    columns: str
    prefix: tuple[str, ...]
    names: dict[str, str]


def _shape(name: str, prefix: str, names: str, columns: str) -> Shape:
    said = dict(zip(("en", "az", "ru", "tr", "de"), (n.strip() for n in names.split(",")), strict=True))
    return Shape(name, columns, tuple(prefix.split()), said)


SHAPES: tuple[Shape, ...] = (
    _shape("customers", "cust customer clt", "cust_master, musteriler, klienty, musteriler, kunden",
           f"customer_id {WHO} email phone|phone_as_number {DOB}? gender? city postcode? country? NATIONAL? status created_at flag? text_thin|text_plain?"),
    _shape("subscribers", "usr user u", "usr_accts, istifadeciler, polzovateli, uyeler, benutzer",
           "row_uuid username email password? full_name? phone? language? photo? created_at ip? answer version?"),
    _shape("employees", "emp staff e", "hr_emp, isciler, sotrudniki, personel, mitarbeiter",
           f"customer_id full_name|given_name maiden_name? {DOB} gender NATIONAL? passport? job_title department salary? iban|ru_account? marital? email phone plate? mother_name?"),
    _shape("personnel_files", "hr pers", "hr_files, kadr_isi, kadry, ozluk, personalakte",
           "row_id family_name given_name patronymic? religion|ethnicity|politics|orientation marital conviction? NATIONAL passport licence? disability:allergies? biometric? passport_scan? signature? due_date"),
    _shape("orders", "ord order so", "ord_hdr, sifarisler, zakazy, siparisler, bestellungen",
           "order_no|order_no_long customer_id recipient_name phone address|street city postcode? amount currency status created_at due_date text_thin|text_dense? tracking_no?"),
    _shape("order_lines", "ol line", "ord_lines, sifaris_setirleri, pozicii, siparis_satirlari, positionen", "row_id order_no sku ean? product_name quantity amount percent? color? unit?"),
    _shape("payments", "pay pmt billing", "pmts, odenisler, platezhi, odemeler, zahlungen",
           "row_uuid order_no_long? card cardholder:full_name iban? amount currency status bic? bank_name? epoch|created_at long_id ip?"),
    _shape("web_logs", "log req", "weblog, jurnal, zhurnal, erisim_log, zugriffe",
           "epoch|created_at ip user_agent http_path http_status duration session|cookie_ga|cookie_fb|cookie_plain? url? log_level? hash?"),
    _shape("analytics", "evt ev", "evts, hadiseler, sobytiya, olaylar, ereignisse",
           "row_uuid cookie_ga|cookie_fb|cookie_plain ad_id? session? epoch url user_agent? ip country? json_plain|json_thin? version? coordinates|geohash?"),
    _shape("tickets", "tkt sup", "tkts, muracietler, obrasheniya, talepler, anfragen",
           "row_id customer_id? full_name? email|username subject status text_dense|text_thin created_at department? file_name? json_dense?"),
    _shape("couriers", "dlv crr", "dlvs, catdirilma, dostavka, teslimatlar, zustellungen",
           "tracking_no recipient_name? phone address|street? text_dense|text_thin coordinates|wkt|dms|geohash|lat&lon photo? signature? plate? due_date status quantity"),
    _shape("patients", "pat pt", "pts, xesteler, pacienty, hastalar, patienten",
           f"mrn full_name|family_name&given_name {DOB} gender diagnosis allergies? insurance NATIONAL? phone address? mother_name? religion? created_at text_dense?"),
    _shape("students", "stu pupil", "stdnts, sagirdler, ucheniki, ogrenciler, schueler",
           f"row_id family_name given_name patronymic? {DOB}|birth_year|age gender course grade parent:mother_name phone address? score_number ethnicity?"),
    _shape("loyalty", "loy card", "loy_crds, bonus_kartlar, karty_loyalnosti, sadakat, kundenkarten",
           f"loyalty full_name|given_name phone|email {DOB}|age gender? city|region amount quantity created_at answer? store_name?"),
    _shape("devices", "dev iot", "dvcs, cihazlar, ustroystva, cihazlar_t, geraete",
           "serial_no mac imei|device_id|ad_id? ip? version owner:full_name? lat&lon? score_number created_at status hex_color?"),
    _shape("sensors", "sns s", "snsr, sensorlar, datchiki, olcumler, messwerte", "row_id serial_no epoch score_number score_number? version status hash? flag"),
    _shape("products", "prd prod", "prds, mehsullar, tovary, urunler, artikel",
           "sku product_name brand category_name ean amount color|hex_color? unit? file_name? url? review? struct_plain|array_plain? part_no? created_at"),
    _shape("reviews", "rev", "rvws, reyler, otzyvy, yorumlar, bewertungen", "row_id sku product_name review quantity created_at answer username?"),
    _shape("suppliers", "sup vend", "vndrs, techizatcilar, postavshiki, tedarikciler, lieferanten",
           "row_id company_name company_tax_no contact:full_name? company_email company_phone company_address? company_city? company_iban? bic? bank_name? old_date flag"),
    _shape("cities", "geo loc", "cties, seherler, goroda, sehirler, orte", "row_id lookup_city region_l:lookup_country? lookup_postcode? population lat:store_lat lon:store_lon flag"),
    _shape("streets", "geo st", "strts, kuceler, ulicy, sokaklar, strassen", "row_id street_name lookup_city category_name? quantity"),
    _shape("countries", "geo", "ctries, olkeler, strany, ulkeler, laender", "row_id lookup_country currency population hex_color?"),
    _shape("stores", "st whs", "strs, magazalar, magaziny, magazalar_t, filialen", "row_id store_name lookup_city store_postcode store_lat store_lon old_date quantity status"),
    _shape("ledger", "acc gl", "gl, muhasibat, provodki, muhasebe, buchungen", "row_id invoice_no company_name company_tax_no? amount amount? currency percent created_at due_date department long_id"),
    _shape("logistics", "shp log", "shpmts, yukler, gruzy, sevkiyatlar, sendungen", "tracking_no serial_no company_name lookup_city store_name quantity score_number due_date status vin? cron?"),
    _shape("securities", "sec", "secs, kagizlar, bumagi, menkuller, wertpapiere", "isin ticker company_name amount percent currency bic? created_at"),
    _shape("books", "bk", "bks, kitablar, knigi, kitaplar, buecher", "row_id book_title category_name ean amount? created_at language_l:currency quantity"),
    _shape("releases", "rel app", "rels, buraxilislar, relizy, surumler, releases_t", "row_uuid version hash crc? file_name created_at log_level? url cron? duration"),
    _shape("jobs", "hr job", "jobttls, vezifeler, dolzhnosti, unvanlar, stellen", "row_id job_lookup department weekday? flag"),
    _shape("parts", "prt", "prts, hisseler, detali, parcalar, teile", "part_no product_name brand serial_no vin? amount quantity color? score_number"),
    _shape("drivers", "drv veh", "drvs, suruculer, voditeli, suruculer_t, fahrer", "row_id full_name licence plate vin phone NATIONAL? passport_us|passport? mrz? due_date lat&lon? status"),
    _shape("travellers", "pax trv", "pax, sernisinler, passazhiry, yolcular, reisende",
           f"order_no given_name family_name passport mrz? {DOB} gender country due_date email? phone? amount"),
    _shape("crm_objects", "crm obj", "crm_docs, crm_senedler, crm_obekty, crm_kayit, crm_objekte", "row_uuid json_dense|json_thin array_contacts? struct_contact? status created_at text_dense? struct_plain? employer? fax?"),
    _shape("accounts", "acct bank", "accts, hesablar, scheta, hesaplar, konten", "customer_id full_name iban|ru_account amount currency created_at NATIONAL phone? card? bic"),
    _shape("calls", "cdr call", "cdrs, zengler, zvonki, aramalar, anrufe", "epoch|created_at phone_as_number phone? imei? duration status recipient_name? city?"),
)


def drawn(rng: random.Random, shape: Shape, language: str) -> list[tuple[str, str | None]]:
    """Kinds of one table, each with the concept of its heading when that is not the kind's own."""
    chosen: list[tuple[str, str | None]] = []
    for token in shape.columns.split():
        if token.endswith("?"):
            if rng.random() < 0.5:
                continue
            token = token[:-1]
        for part in rng.choice(token.split("|")).split("&"):
            label, _, name = part.rpartition(":")
            if name == "NATIONAL":
                base = rng.choice(list(NATIONAL)) if language == "mixed" else language.removesuffix("-ascii")
                name = rng.choice(NATIONAL[base])
            chosen.append((name.removesuffix("?"), LABELS.get(label)))
    return chosen


LABELS = {"cardholder": "full_name", "parent": "mother_name", "contact": "full_name", "owner": "full_name", "disability": "allergies", "region_l": "region",
          "language_l": "language", "lat": "lat", "lon": "lon"}
