"""Hard negatives: columns that look like something personal, and the plain ones that stand beside them."""

from __future__ import annotations

import hashlib
import string
from datetime import date, datetime, timedelta
from typing import Any

from benchmarks.discovery import checkdigits as check
from benchmarks.discovery.checkdigits import digits
from benchmarks.discovery.kinds import Draw, kind
from benchmarks.discovery.kinds_devices import new_uuid, points
from benchmarks.discovery.kinds_person import dates_as_text, phone_of, postcode_of
from benchmarks.discovery.people import words

# ---- numbers of things -------------------------------------------------------------------------------------------------


@kind("row_id", dirt=False)
def row_id(draw: Draw) -> list[Any]:
    start = draw.rng.choice([1, 1000, 45_000_001])
    return list(range(start, start + draw.n))


@kind("row_uuid", dirt=False)
def row_uuid(draw: Draw) -> list[str]:
    return draw.each(lambda: new_uuid(draw))


@kind("order_no", dirt=False)
def order_no(draw: Draw) -> list[str]:
    head = draw.rng.choice(["ORD-", "SO", "W", "2026-", "#"])
    return draw.each(lambda: head + digits(draw.rng, draw.rng.choice([7, 8])))


@kind("order_no_long", concept="order_no", dirt=False)
def order_no_long(draw: Draw) -> list[Any]:
    """Sixteen digits; every second column of them passes Luhn."""
    valid = draw.rng.random() < 0.5
    made = draw.each(lambda: check.with_luhn("4" + digits(draw.rng, 14)) if valid and draw.rng.random() < 0.3 else "2026" + digits(draw.rng, 12))
    return [int(m) for m in made] if draw.rng.random() < 0.4 else made


@kind("invoice_no")
def invoice_no(draw: Draw) -> list[str]:
    way = draw.rng.choice(["INV-{y}-{n:06d}", "RE{y}{n:05d}", "{n:08d}", "AZ{y}/{n:06d}"])
    return draw.each(lambda: way.format(y=draw.rng.choice([2024, 2025, 2026]), n=draw.rng.randrange(1, 99999)))


@kind("tracking_no")
def tracking_no(draw: Draw) -> list[str]:
    way = draw.rng.choice(["s10", "1Z", "14", "12"])
    letters = string.ascii_uppercase + string.digits
    if way == "s10":
        return draw.each(lambda: f"R{draw.rng.choice('ABCR')}{digits(draw.rng, 9)}{draw.rng.choice(['AZ', 'RU', 'TR', 'DE', 'GB'])}")
    if way == "1Z":
        return draw.each(lambda: "1Z" + "".join(draw.rng.choice(letters) for _ in range(16)))
    return draw.each(lambda: digits(draw.rng, int(way)))


@kind("sku")
def sku(draw: Draw) -> list[str]:
    heads = ["".join(draw.rng.choice(string.ascii_uppercase) for _ in range(3)) for _ in range(6)]
    return draw.each(lambda: f"{draw.rng.choice(heads)}-{draw.rng.randrange(1000, 99999)}-{draw.rng.choice(['S', 'M', 'L', 'XL', 'BLK', 'RED'])}")


@kind("ean", dirt=False)
def ean(draw: Draw) -> list[Any]:
    made = draw.each(lambda: check.ean13(draw.rng))
    return [int(m) for m in made] if draw.rng.random() < 0.4 else made


@kind("long_id", dirt=False)
def long_id(draw: Draw) -> list[Any]:
    """Eleven to nineteen digits, of banks and tickets."""
    length = draw.rng.choice([11, 12, 16, 18])
    return draw.each(lambda: digits(draw.rng, length, "123456789"))


@kind("epoch", dirt=False)
def epoch(draw: Draw) -> list[Any]:
    size = draw.rng.choice([1, 1000, 1000, 1_000_000])
    return draw.each(lambda: draw.rng.randrange(1_640_000_000, 1_790_000_000) * size + (draw.rng.randrange(size) if size > 1 else 0))


@kind("hash")
def hash_(draw: Draw) -> list[str]:
    make = draw.rng.choice([hashlib.md5, hashlib.sha1, hashlib.sha256])
    return draw.each(lambda: make(str(draw.rng.random()).encode()).hexdigest())


@kind("crc", concept="hash")
def crc(draw: Draw) -> list[str]:
    return draw.each(lambda: f"{draw.rng.getrandbits(32):08x}")


@kind("serial_no")
def serial_no(draw: Draw) -> list[str]:
    letters = string.ascii_uppercase + string.digits
    way = draw.rng.choice(["SN", "LOT-2025-", "AA", ""])
    return draw.each(lambda: way + "".join(draw.rng.choice(letters) for _ in range(10)))


@kind("part_no")
def part_no(draw: Draw) -> list[str]:
    """Numbers of parts that look like telephone numbers."""
    way = draw.rng.choice(["{a:03d}-{b:03d}-{c:04d}", "{a:03d}.{b:03d}.{c:02d}", "0{a:03d} {b:03d} {c:03d}", "A{a:03d} {b:03d} {c:02d} 01"])
    return draw.each(lambda: way.format(a=draw.rng.randrange(100, 1000), b=draw.rng.randrange(1000), c=draw.rng.randrange(100)))


@kind("vin", optional=False)
def vin(draw: Draw) -> list[str]:
    return draw.each(lambda: check.vin(draw.rng))


@kind("company_tax_no")
def company_tax_no(draw: Draw) -> list[str]:
    language = draw.base
    if language == "ru":
        return draw.each(lambda: check.inn_company(draw.rng))
    if language == "de":
        return draw.each(lambda: "DE" + digits(draw.rng, 9, "123456789"))
    if language == "en":
        return draw.each(lambda: f"GB{digits(draw.rng, 9, '123456789')}")
    return draw.each(lambda: digits(draw.rng, 10, "123456789"))


@kind("isin")
def isin(draw: Draw) -> list[str]:
    return draw.each(lambda: check.isin(draw.rng))


@kind("ticker", dirt=False)
def ticker(draw: Draw) -> list[str]:
    some = ["AAPL", "MSFT", "SBER", "GAZP", "THYAO", "SAP", "BMW", "VOD", "KO", "T", "DAI", "MARY", "ANNA", "ALI"]
    return draw.few(some)


@kind("bic")
def bic(draw: Draw) -> list[str]:
    return draw.few(["AIIBAZ2X", "IBAZAZ2X", "SABRRUMM", "TCZBTR2A", "AKBKTRIS", "DEUTDEFF", "COBADEFFXXX", "BARCGB22", "NWBKGB2L", "PAHAAZ22"])


@kind("version")
def version(draw: Draw) -> list[str]:
    way = draw.rng.choice(["{a}.{b}.{c}", "{a}.{b}.{c}.{d}", "v{a}.{b}.{c}-rc{d}"])
    return draw.each(lambda: way.format(a=draw.rng.randrange(1, 12), b=draw.rng.randrange(30), c=draw.rng.randrange(250), d=draw.rng.randrange(250)))


@kind("amount", dirt=False)
def amount(draw: Draw) -> list[Any]:
    made = draw.each(lambda: round(draw.rng.lognormvariate(4, 1.2), 2))
    return [f"{m:,.2f}".replace(",", " ").replace(".", ",") for m in made] if draw.rng.random() < 0.3 else made


@kind("percent", dirt=False)
def percent(draw: Draw) -> list[Any]:
    text = draw.rng.random() < 0.5
    return draw.each(lambda: f"{draw.rng.randrange(0, 80, 5)}%" if text else round(draw.rng.random(), 3))


@kind("quantity", dirt=False)
def quantity(draw: Draw) -> list[int]:
    return draw.each(lambda: int(draw.rng.expovariate(0.1)) + 1)


@kind("score_number", dirt=False)
def score_number(draw: Draw) -> list[float]:
    middle = draw.rng.choice([0.0, 20.0, 50.0])
    return draw.each(lambda: round(draw.rng.gauss(middle, 8), draw.rng.choice([1, 1, 3])))


@kind("population", dirt=False)
def population(draw: Draw) -> list[int]:
    return draw.each(lambda: int(draw.rng.lognormvariate(10, 1.5)))


@kind("duration", dirt=False)
def duration(draw: Draw) -> list[int]:
    return draw.each(lambda: int(draw.rng.lognormvariate(5, 2)))


@kind("http_status", dirt=False)
def http_status(draw: Draw) -> list[int]:
    return draw.few([200, 301, 302, 400, 401, 403, 404, 500, 503], [20, 1, 2, 1, 1, 1, 3, 1, 1])


@kind("store_lat", dirt=False)
def store_lat(draw: Draw) -> list[float]:
    shops = [round(a, 5) for a, _ in points(draw, 0.5)][:25]
    return draw.few(shops)


@kind("store_lon", dirt=False)
def store_lon(draw: Draw) -> list[float]:
    shops = [round(b, 5) for _, b in points(draw, 0.5)][:25]
    return draw.few(shops)


@kind("store_postcode", dirt=False)
def store_postcode(draw: Draw) -> list[str]:
    language = draw.base
    return draw.few([postcode_of(draw.rng, language) for _ in range(25)])


# ---- words -------------------------------------------------------------------------------------------------------------

_MODELS = ("Pro", "Max 3", "XL", "Lite", "2000", "500 ml", "1 kg", "Classic", "Set", "Mini")
_BRANDS = ("Bosch", "Vestel", "Philips", "Karl Lagerfeld", "Hugo Boss", "Calvin Klein", "Tommy Hilfiger", "Johnson", "Nestle", "Samsung", "Beko", "Azersun", "Дымов",
           "Dr. Oetker", "Paul Smith", "Jack Daniels", "Мария", "Marc O'Polo", "Siemens", "Coca-Cola", "Максидом", "Mavi")
LEGAL = {"az": ("MMC", "ASC", "QSC"), "ru": ("ООО", "АО", "ИП"), "tr": ("A.Ş.", "Ltd. Şti.", "San. ve Tic. A.Ş."), "en": ("Ltd", "Inc.", "LLC", "& Sons", "Group"), "de": ("GmbH", "AG", "KG", "e.V.")}


@kind("product_name")
def product_name(draw: Draw) -> list[str]:
    goods = draw.words("goods")[:100]
    return draw.each(lambda: draw.rng.choice(goods) + (f" {draw.rng.choice(_MODELS)}" if draw.rng.random() < 0.4 else ""))


@kind("company_name")
def company_name(draw: Draw) -> list[str]:
    """Many companies are called after people."""
    language = draw.base
    lists, legal = words(language), LEGAL[language]
    made = []
    for _ in range(min(draw.n, 60)):
        r = draw.rng.random()
        core = draw.rng.choice(lists["last_m"]) if r < 0.4 else f"{draw.rng.choice(lists['words']).title()} {draw.rng.choice(['Trade', 'Group', 'Logistik', 'Inşaat', 'Media', 'Servis'])}"
        core = f"{core} & {draw.rng.choice(lists['last_m'])}" if 0.3 < r < 0.4 else core
        # A sole trader's name is a person's: none of those here.
        form = draw.rng.choice([f for f in legal if f != "ИП"])
        made.append(f"{form} «{core}»" if language == "ru" else f"{core} {form}")
    return draw.few(made)


@kind("brand")
def brand(draw: Draw) -> list[str]:
    return draw.few(_BRANDS)


@kind("store_name")
def store_name(draw: Draw) -> list[str]:
    cities = draw.words("cities")[:20]
    head = {"az": "Filial", "ru": "Магазин", "tr": "Şube", "en": "Store", "de": "Filiale"}[draw.base]
    return draw.each(lambda: f"{head} {draw.rng.choice(cities)} {draw.rng.randrange(1, 5)}")


_LISTS: dict[str, dict[str, list[str]]] = {
    "category_name": {"az": ["Geyim", "Ərzaq", "Elektronika", "Kitablar", "Oyuncaqlar", "Mebel"], "ru": ["Одежда", "Продукты", "Электроника", "Книги", "Игрушки", "Мебель"],
                      "tr": ["Giyim", "Gıda", "Elektronik", "Kitap", "Oyuncak", "Mobilya"], "en": ["Clothing", "Food", "Electronics", "Books", "Toys", "Garden"],
                      "de": ["Kleidung", "Lebensmittel", "Elektronik", "Bücher", "Spielzeug", "Garten"]},
    "status": {"az": ["yeni", "göndərilib", "çatdırılıb", "ləğv edilib"], "ru": ["новый", "отправлен", "доставлен", "отменен"], "tr": ["yeni", "kargoda", "teslim edildi", "iptal"],
               "en": ["new", "shipped", "delivered", "cancelled", "returned"], "de": ["neu", "versandt", "zugestellt", "storniert"]},
    "department": {"az": ["Satış", "Maliyyə", "İnsan resursları", "Anbar", "İT"], "ru": ["Продажи", "Бухгалтерия", "Кадры", "Склад", "ИТ"], "tr": ["Satış", "Muhasebe", "İnsan Kaynakları", "Depo", "BT"],
                   "en": ["Sales", "Finance", "Human Resources", "Warehouse", "IT"], "de": ["Vertrieb", "Buchhaltung", "Personal", "Lager", "IT"]},
    "weekday": {"az": ["Bazar ertəsi", "Çərşənbə axşamı", "Çərşənbə", "Cümə", "Şənbə", "Yanvar", "Aprel", "May"], "ru": ["понедельник", "вторник", "среда", "суббота", "январь", "май", "август"],
                "tr": ["Pazartesi", "Salı", "Cuma", "Pazar", "Ocak", "Eylül", "Nisan"], "en": ["Monday", "Tuesday", "Friday", "April", "June", "May", "August"], "de": ["Montag", "Dienstag", "Freitag", "Januar", "August", "Mai"]},
    "grade": {"az": ["əla", "yaxşı", "kafi"], "ru": ["отлично", "хорошо", "уд."], "tr": ["AA", "BA", "BB", "CC"], "en": ["A", "B", "B+", "C", "F"], "de": ["1", "2,3", "3,0", "1,7"]},
    "answer": {"az": ["bəli", "xeyr"], "ru": ["да", "нет"], "tr": ["evet", "hayır"], "en": ["yes", "no"], "de": ["ja", "nein"]},
    "course": {"az": ["Riyaziyyat", "Fizika", "Tarix", "9-a", "10-b"], "ru": ["Математика", "Физика", "История", "9А", "10Б"], "tr": ["Matematik", "Fizik", "Tarih", "9-A"], "en": ["Mathematics", "Physics", "History", "Year 9"],
               "de": ["Mathematik", "Physik", "Geschichte", "9a"]},
    "subject": {"az": ["Sifariş gecikir", "Ödəniş alınmadı", "Məhsul qüsurludur", "Parol bərpası"], "ru": ["Не пришел заказ", "Ошибка оплаты", "Брак товара", "Сброс пароля"],
                "tr": ["Sipariş gelmedi", "Ödeme hatası", "Ürün bozuk", "Parola sıfırlama"], "en": ["Late order", "Payment failed", "Broken item", "Password reset"],
                "de": ["Bestellung verspätet", "Zahlung fehlgeschlagen", "Artikel defekt", "Passwort vergessen"]},
}


def _listed(name: str) -> None:
    @kind(name, dirt=False)
    def made(draw: Draw) -> list[str]:
        return draw.few(_LISTS[name][draw.base])


for _name in _LISTS:
    _listed(_name)


@kind("color")
def color(draw: Draw) -> list[str]:
    return draw.few(draw.words("colors"))


@kind("hex_color")
def hex_color(draw: Draw) -> list[str]:
    return draw.each(lambda: f"#{draw.rng.getrandbits(24):06x}")


@kind("log_level", dirt=False)
def log_level(draw: Draw) -> list[str]:
    return draw.few(["INFO", "WARN", "ERROR", "DEBUG", "FATAL"], [10, 3, 2, 4, 0.2])


@kind("currency", dirt=False)
def currency(draw: Draw) -> list[str]:
    return draw.few(["AZN", "RUB", "TRY", "EUR", "USD", "GBP"])


@kind("unit", dirt=False)
def unit(draw: Draw) -> list[str]:
    return draw.few(["kg", "pcs", "l", "m", "XL", "M", "S", "42", "38"])


@kind("flag", dirt=False)
def flag(draw: Draw) -> list[Any]:
    return draw.few(draw.rng.choice([[True, False], [0, 1], ["Y", "N"], ["M", "S"]]))


@kind("cron", dirt=False)
def cron(draw: Draw) -> list[str]:
    return draw.few(["0 3 * * *", "*/15 * * * *", "0 0 1 * *", "30 2 * * 1-5", "@daily"])


@kind("bank_name")
def bank_name(draw: Draw) -> list[str]:
    return draw.few({"az": ["Kapital Bank", "ABB", "PAŞA Bank", "Unibank"], "ru": ["Сбербанк", "ВТБ", "Альфа-Банк", "Тинькофф"], "tr": ["Ziraat Bankası", "Akbank", "Garanti BBVA", "İş Bankası"],
                     "en": ["Barclays", "Lloyds", "Wells Fargo", "J.P. Morgan"], "de": ["Sparkasse", "Commerzbank", "Deutsche Bank", "Berenberg"]}[draw.base])


@kind("job_lookup", concept="job_title", dirt=False)
def job_lookup(draw: Draw) -> list[str]:
    jobs = draw.words("jobs")
    return [jobs[i % len(jobs)] for i in range(draw.n)]


@kind("lookup_city")
def lookup_city(draw: Draw) -> list[str]:
    cities = draw.words("cities")
    return [cities[i % len(cities)] for i in range(draw.n)]


@kind("lookup_country")
def lookup_country(draw: Draw) -> list[str]:
    names = draw.words("countries")
    return [names[i % len(names)] for i in range(draw.n)]


@kind("lookup_postcode", concept="postcode", dirt=False)
def lookup_postcode(draw: Draw) -> list[str]:
    language = draw.base
    return draw.each(lambda: postcode_of(draw.rng, language))


@kind("street_name")
def street_name(draw: Draw) -> list[str]:
    """A register of streets: many are called after people."""
    streets = draw.words("streets")
    return [streets[i % len(streets)] for i in range(draw.n)]


_BOOKS = {"az": ["Əli və Nino", "Leyli və Məcnun", "Koroğlu", "Dədə Qorqud", "Mahmud və Məryəm", "Aygün", "Fərhad və Şirin"],
          "ru": ["Анна Каренина", "Доктор Живаго", "Евгений Онегин", "Мастер и Маргарита", "Братья Карамазовы", "Дубровский", "Дядя Ваня", "Иван Васильевич меняет профессию"],
          "tr": ["İnce Memed", "Eylül", "Kürk Mantolu Madonna", "Hababam Sınıfı", "Selvi Boylum Al Yazmalım", "Recep İvedik 3"],
          "en": ["Jane Eyre", "David Copperfield", "Emma", "Harry Potter", "Forrest Gump", "John Wick 2", "Erin Brockovich", "Jerry Maguire", "Anne of Green Gables", "Michael Clayton"],
          "de": ["Effi Briest", "Wilhelm Meister", "Hans im Glück", "Lola rennt", "Emil und die Detektive", "Toni Erdmann", "Michael Kohlhaas"]}


@kind("book_title")
def book_title(draw: Draw) -> list[str]:
    return draw.few(_BOOKS[draw.base])


_OPINION = {"az": ["Keyfiyyət əladır", "ölçüsü kiçikdir", "tövsiyə edirəm", "rəngi şəkildəki kimi deyil", "tez çatdı", "qiymətinə dəyər"],
            "ru": ["Отличное качество", "маломерит", "рекомендую", "цвет не как на фото", "доставили быстро", "за свои деньги хорошо", "сломался через неделю"],
            "tr": ["Kalitesi çok iyi", "bir beden küçük", "tavsiye ederim", "rengi farklı geldi", "hızlı kargo", "fiyatına göre güzel"],
            "en": ["Great quality", "runs small", "would recommend", "colour differs from the picture", "fast delivery", "worth the money", "broke after a week"],
            "de": ["Sehr gute Qualität", "fällt klein aus", "klare Empfehlung", "Farbe weicht ab", "schnelle Lieferung", "Preis stimmt", "nach einer Woche kaputt"]}


@kind("review")
def review(draw: Draw) -> list[str]:
    said = _OPINION[draw.base]
    return draw.each(lambda: ", ".join(draw.rng.sample(said, draw.rng.choice([1, 2, 3]))) + draw.rng.choice([".", "!", "", f" {draw.rng.randrange(1, 6)}/5"]))


@kind("url")
def url(draw: Draw) -> list[str]:
    return draw.each(lambda: f"https://{draw.rng.choice(['www.example.com', 'shop.example.org', 'cdn.example.net'])}/{draw.rng.choice(['p', 'item', 'blog', 'c'])}/{draw.rng.randrange(10**6)}")


@kind("file_name")
def file_name(draw: Draw) -> list[str]:
    return draw.each(lambda: f"{draw.rng.choice(['product', 'banner', 'catalog', 'export', 'IMG', 'report'])}_{draw.rng.randrange(10**5)}.{draw.rng.choice(['jpg', 'png', 'pdf', 'xlsx', 'webp'])}")


@kind("http_path")
def http_path(draw: Draw) -> list[str]:
    return draw.each(lambda: f"/{draw.rng.choice(['api/v1', 'static', 'catalog', 'cart'])}/{draw.rng.choice(['items', 'list', 'css', 'search', 'pay'])}/{draw.rng.randrange(9999)}")


# ---- dates -------------------------------------------------------------------------------------------------------------


@kind("created_at", dirt=False)
def created_at(draw: Draw) -> list[Any]:
    days = draw.each(lambda: datetime(2020, 1, 1) + timedelta(seconds=draw.rng.randrange(6 * 365 * 86400)))
    way = draw.rng.choice(["timestamp", "date", "text"])
    if way == "text":
        return dates_as_text(draw, [d.date() for d in days])
    return days if way == "timestamp" else [d.date() for d in days]


@kind("due_date", dirt=False)
def due_date(draw: Draw) -> list[Any]:
    days = draw.each(lambda: date(2025, 1, 1) + timedelta(days=draw.rng.randrange(4 * 365)))
    return dates_as_text(draw, days) if draw.rng.random() < 0.4 else days


@kind("old_date", concept="created_at", dirt=False)
def old_date(draw: Draw) -> list[Any]:
    """Founding dates and contracts of companies: as old as people."""
    return draw.each(lambda: date(1975, 1, 1) + timedelta(days=draw.rng.randrange(45 * 365)))


# ---- of organizations: reasonable people differ ------------------------------------------------------------------------


@kind("company_email", "user.contact.email", concept="email", alternatives=("user.contact", "user.contact.organization"), optional=True)
def company_email(draw: Draw) -> list[str]:
    return draw.each(lambda: f"{draw.rng.choice(['info', 'sales', 'office', 'satis', 'hello'])}@{draw.rng.choice(['trade', 'firma', 'zavod', 'group'])}{draw.rng.randrange(900)}.example.com")


@kind("company_phone", "user.contact.phone_number", concept="phone", alternatives=("user.contact.fax_number", "user.contact.organization"), optional=True)
def company_phone(draw: Draw) -> list[str]:
    language = draw.base
    return draw.each(lambda: phone_of(draw.rng, language, "+"))


@kind("company_address", "user.contact.address", concept="address", alternatives=("user.contact.address.street", "user.contact.organization"), optional=True)
def company_address(draw: Draw) -> list[str]:
    from benchmarks.discovery.kinds_person import street_of

    return [f"{street_of(draw.rng, p)}, {p.city}" for p in draw.people]


@kind("company_city", "user.contact.address.city", concept="city", alternatives=("user.contact.organization", "user.contact.address"), optional=True)
def company_city(draw: Draw) -> list[str]:
    return [p.city for p in draw.people]


@kind("company_iban", "user.financial.bank_account", concept="iban", alternatives=("user.financial",), optional=True)
def company_iban(draw: Draw) -> list[str]:
    return draw.each(lambda: check.iban(draw.rng, {"az": "AZ", "ru": "AZ", "tr": "TR", "en": "GB", "de": "DE"}[draw.base]))


@kind("employer", "user.contact.organization", concept="company_name", alternatives=("user.workplace",), optional=True)
def employer(draw: Draw) -> list[str]:
    return company_name(draw)
