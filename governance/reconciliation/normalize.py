"""Values of a feed in columns: tidied as they may be written, and folded as they are compared.

What a value folds to is said once, value by value, in `governance.domain.fold`. Here whole columns get there: usual values by
expressions over the column, names by their distinct words, and the few unusual values through the functions themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from governance.domain import fold
from governance.policy.sources import Form, SourceField

CLEAN, KEY, RIGHT = "clean", "key", "right"
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %m %Y")
MOMENTS = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
PLAIN_MOMENTS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M",
                 "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M")
_SPACE = r"[\s\u00a0]+"
_USUAL_NAME = r"^[\sA-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0259\u018f\u0400-\u0481\u048a-\u04ff'`\u00b4\u2019\u02bc.,\-]*$"
_MARKS = "[\u0300-\u036f\u02bc\u2019'`\u00b4]+"
_USUAL_EMAIL = r"^[\x20-\x7e]*$"
_USUAL_PHONE = r"^[0-9+\-() .\t/]*$"
_EMAIL = r"^[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+\.[^\s@.<>,;:\"()\[\]]{2,}$"
_COUNTRY, _LOCAL = "994", 9  # numbers without a country are of the region's
_MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10,
    "november": 11, "december": 12,
    "yanvar": 1, "fevral": 2, "mart": 3, "aprel": 4, "may_az": 5, "iyun": 6, "iyul": 7, "avqust": 8, "sentyabr": 9, "oktyabr": 10,
    "noyabr": 11, "dekabr": 12,
    "ocak": 1, "şubat": 2, "nisan": 4, "mayıs": 5, "haziran": 6, "temmuz": 7, "ağustos": 8, "eylül": 9, "ekim": 10, "kasım": 11,
    "aralık": 12,
    "января": 1, "февраля": 2, "марта": 3, "апреля": 4, "мая": 5, "июня": 6, "июля": 7, "августа": 8, "сентября": 9, "октября": 10,
    "ноября": 11, "декабря": 12,
}
_MONTH_WORDS = {fold.lower(name.removesuffix("_az")): f" {number:02d} " for name, number in _MONTHS.items()}
# Kinds of ways and parts of buildings, as they are left after folding; they say little and are written in many ways.
_WAYS = ("kuchasi|kuchesi|kuch|kuca|kucesi|kuc|ulitsa|ul|str|street|st|prospekti|prospekt|prosp|pr|avenue|ave|av|xiyabani|khiyabani|"
         "mahallasi|mahallesi|mah|massivi|qasabasi|rayonu|rayon|sahari|shahari|sheheri|seheri|gorod|gor|g|sh|s|"
         "ev|dom|d|bina|house|menzil|manzil|manz|menz|m|kvartira|kv|apt|apartment|no|nomre|nomra")


@dataclass(frozen=True, slots=True)
class Normal:
    """One field of a batch: `clean` and `key` are text or null, `right` whether what was given is of its form."""

    clean: pl.Series
    key: pl.Series
    right: pl.Series


def normalize(raw: pl.Series, field: SourceField) -> Normal:
    """A column of raw texts (null: not given) by the form of its field. A null is of every form."""
    frame = pl.DataFrame({"raw": raw.cast(pl.String)})
    made = _FORMS[field.form](frame, field)
    given = pl.col("raw").is_not_null()
    done = made.select(
        pl.when(given & pl.col(RIGHT).fill_null(False)).then(pl.col(CLEAN)).alias(CLEAN),
        pl.when(given & pl.col(RIGHT).fill_null(False) & (pl.col(KEY) != "")).then(pl.col(KEY)).alias(KEY),
        (~given | pl.col(RIGHT).fill_null(False)).alias(RIGHT))
    return Normal(done[CLEAN], done[KEY], done[RIGHT])


# ---- folding, in columns -----------------------------------------------------------------------------------------------

def by_distinct(values: pl.Series, function: Callable[[str], str]) -> pl.Series:
    """`function` of every value, called once per distinct value."""
    unique = values.drop_nulls().unique()
    if unique.is_empty():
        return pl.Series(values.name, [None] * len(values), dtype=pl.String)
    known = pl.DataFrame({"value": unique, "made": pl.Series([function(v) for v in unique], dtype=pl.String)})
    return pl.DataFrame({"value": values}).join(known, on="value", how="left", maintain_order="left")["made"].alias(values.name)


def usually(values: pl.Series, usual: str, expression: Callable[[pl.Expr], pl.Expr], function: Callable[[str], str]) -> pl.Series:
    """`expression` of the values that match `usual`, for which it is the same as `function`; that of all others."""
    frame = pl.DataFrame({"value": values}).with_columns(usual=pl.col("value").str.contains(usual))
    quick = frame.select(pl.when(pl.col("usual")).then(expression(pl.col("value"))).alias("made"))["made"]
    if frame["usual"].drop_nulls().all():
        return quick
    rest = by_distinct(frame.select(pl.when(~pl.col("usual")).then(pl.col("value")).alias("value"))["value"], function)
    return pl.DataFrame({"quick": quick, "rest": rest, "usual": frame["usual"]}).select(
        pl.when(pl.col("usual")).then(pl.col("quick")).otherwise(pl.col("rest")))["quick"]


def name_keys(values: pl.Series) -> pl.Series:
    """`fold_name` of every value. Each distinct word is folded once; words, not names, are what repeats."""
    frame = pl.DataFrame({"value": values}).with_row_index("row").with_columns(usual=pl.col("value").str.contains(_USUAL_NAME))
    words = (frame.filter(pl.col("usual")).select("row", pl.col("value").str.normalize("NFC").str.replace_all(_MARKS, "")
                                                  .str.extract_all(r"\p{L}+").alias("word"))
             .explode("word").filter(pl.col("word").is_not_null()))
    folded = words.with_columns(by_distinct(words["word"], fold.fold_word).alias("word")).filter(pl.col("word") != "")
    keys = folded.group_by("row").agg(pl.col("word").sort().str.join(" ").alias("key"))
    joined = frame.join(keys, on="row", how="left", maintain_order="left")
    rest = by_distinct(joined.select(pl.when(~pl.col("usual")).then(pl.col("value")).alias("value"))["value"], fold.fold_name)
    return joined.with_columns(rest.alias("rest")).select(
        pl.when(pl.col("value").is_null()).then(None).when(pl.col("usual")).then(pl.col("key").fill_null("")).otherwise(pl.col("rest"))
        .alias("key"))["key"]


def email_keys(values: pl.Series) -> pl.Series:
    """`fold_email` of every value."""
    def quick(value: pl.Expr) -> pl.Expr:
        plain = value.str.to_lowercase().str.strip_chars(" ").str.strip_chars("<>").str.strip_prefix("mailto:")
        return pl.when(plain.str.contains("@", literal=True)).then(plain).otherwise(pl.lit(""))

    return usually(values, _USUAL_EMAIL, quick, fold.fold_email)


def phone_keys(values: pl.Series) -> pl.Series:
    """`phone_key` of every value."""
    def quick(value: pl.Expr) -> pl.Expr:
        digits = value.str.replace_all("[^0-9]", "")
        return pl.when(digits.str.len_bytes() >= 7).then(digits.str.tail(9)).otherwise(pl.lit(""))

    return usually(values, _USUAL_PHONE, quick, fold.phone_key)


def phone_digits(values: pl.Series) -> pl.Series:
    """`phone_digits` of every value."""
    return usually(values, _USUAL_PHONE, lambda value: value.str.replace_all("[^0-9]", ""), fold.phone_digits)


# ---- forms -------------------------------------------------------------------------------------------------------------

def _tidied(value: pl.Expr) -> pl.Expr:
    return value.str.normalize("NFC").str.replace_all(_SPACE, " ").str.strip_chars()


def _name(frame: pl.DataFrame, field: SourceField) -> pl.DataFrame:
    made = frame.with_columns(_tidied(pl.col("raw")).alias(CLEAN), name_keys(frame["raw"]).alias(KEY))
    letters = pl.col(KEY).str.len_chars() > 0
    signs = pl.col(CLEAN).str.contains(r"[0-9@=|<>{}\[\]\x00-\x1f\ufffd]")
    return made.with_columns((letters & ~signs & (pl.col(CLEAN).str.len_chars() <= 120)).alias(RIGHT))


def _email(frame: pl.DataFrame, field: SourceField) -> pl.DataFrame:
    made = frame.with_columns(email_keys(frame["raw"]).alias(KEY)).with_columns(pl.col(KEY).alias(CLEAN))
    return made.with_columns((pl.col(KEY).str.contains(_EMAIL) & (pl.col(KEY).str.len_chars() <= 254)).alias(RIGHT))


def _phone(frame: pl.DataFrame, field: SourceField) -> pl.DataFrame:
    digits = phone_digits(frame["raw"])
    made = frame.with_columns(digits.alias("digits"), phone_keys(frame["raw"]).alias(KEY))
    plus = pl.col("raw").str.strip_chars().str.starts_with("+")
    d = pl.col("digits")
    size = d.str.len_bytes()
    clean = (pl.when(plus).then(pl.lit("+") + d)
             .when(d.str.starts_with("00")).then(pl.lit("+") + d.str.slice(2))
             .when((size == _LOCAL + 1) & d.str.starts_with("0")).then(pl.lit("+" + _COUNTRY) + d.str.slice(1))
             .when(size == _LOCAL).then(pl.lit("+" + _COUNTRY) + d)
             .when((size == 11) & d.str.starts_with("8")).then(pl.lit("+7") + d.str.slice(1))
             .otherwise(pl.lit("+") + d))
    wrong = pl.col("raw").str.contains(r"[=@|<>{}\[\]\ufffd]")
    made = made.with_columns(clean.alias(CLEAN))
    return made.with_columns((size.is_between(9, 15) & ~wrong & ~pl.col(CLEAN).str.contains(r"^\+0*$")).alias(RIGHT))


def _dated(frame: pl.DataFrame, field: SourceField) -> pl.Series:
    spelled = frame.select(
        pl.col("raw").str.strip_chars().alias("plain"),
        by_distinct(frame["raw"].str.extract(r"(\p{L}+)", 1), lambda w: _MONTH_WORDS.get(fold.lower(w), w)).alias("month"))
    plain = pl.when(pl.col("month").is_null()).then(pl.col("plain")).otherwise(
        pl.col("plain").str.replace(r"[.,/\-\s]*\p{L}+[.,/\-\s]*", "\x1f").str.replace("\x1f", pl.col("month"), literal=True)
        .str.replace_all(_SPACE, " "))
    formats = field.formats or DATES
    return spelled.select(pl.coalesce(plain.str.strptime(pl.Date, f, strict=False, exact=True) for f in formats).alias("date"))["date"]


def _date(frame: pl.DataFrame, field: SourceField) -> pl.DataFrame:
    made = frame.with_columns(_dated(frame, field).alias("date"))
    text = pl.col("date").dt.to_string("%Y-%m-%d")
    right = pl.col("date").is_not_null() & pl.col("date").dt.year().is_between(1900, 2199)
    return made.with_columns(text.alias(CLEAN), text.alias(KEY), right.alias(RIGHT))


def moments(raw: pl.Series, formats: Sequence[str] = ()) -> pl.Series:
    """Texts as moments in UTC without a zone, null for what is none. What names no zone is in UTC; a day begins at midnight."""
    frame = pl.DataFrame({"raw": raw.cast(pl.String)}).with_columns(pl.col("raw").str.strip_chars().str.replace("Z$", "+00:00"))
    value = pl.col("raw")
    zoned = [value.str.strptime(pl.Datetime("us", "UTC"), f, strict=False).dt.replace_time_zone(None) for f in (() if formats else MOMENTS)]
    plain = [value.str.strptime(pl.Datetime("us"), f, strict=False) for f in (formats or PLAIN_MOMENTS)]
    days = [value.str.strptime(pl.Date, f, strict=False).cast(pl.Datetime("us")) for f in (() if formats else DATES)]
    return frame.select(pl.coalesce(*zoned, *plain, *days).alias("moment"))["moment"]


def _moment(frame: pl.DataFrame, field: SourceField) -> pl.DataFrame:
    made = frame.with_columns(moments(frame["raw"], field.formats).alias("moment"))
    text = pl.col("moment").dt.to_string("%Y-%m-%dT%H:%M:%SZ")
    return made.with_columns(text.alias(CLEAN), text.alias(KEY),
                             (pl.col("moment").is_not_null() & pl.col("moment").dt.year().is_between(1900, 2199)).alias(RIGHT))


def _address(frame: pl.DataFrame, field: SourceField) -> pl.DataFrame:
    """The key has the words that tell places apart, in their order: no kinds of ways, no signs, the sounds of names folded."""
    made = frame.with_columns(_tidied(pl.col("raw")).alias(CLEAN)).with_row_index("row")
    parts = (made.select("row", pl.col(CLEAN).str.replace_all(_MARKS, "").str.extract_all(r"\p{L}+|[0-9]+").alias("word")).explode("word")
             .filter(pl.col("word").is_not_null()))
    plain = parts.with_columns(by_distinct(parts["word"], _place_word).alias("word")).filter(pl.col("word") != "")
    keys = plain.group_by("row", maintain_order=True).agg(pl.col("word").str.join(" ").alias(KEY))
    made = made.join(keys, on="row", how="left", maintain_order="left").with_columns(pl.col(KEY).fill_null(""))
    return made.with_columns(((pl.col(KEY) != "") & (pl.col(CLEAN).str.len_chars() <= 500)).alias(RIGHT))


_WAY_WORDS = frozenset(_WAYS.split("|"))


def _place_word(word: str) -> str:
    if word.isascii() and word.isdigit():
        return word.lstrip("0") or "0"
    return "" if fold.latin(word) in _WAY_WORDS else fold.fold_word(word)


def _text(frame: pl.DataFrame, field: SourceField) -> pl.DataFrame:
    made = frame.with_columns(_tidied(pl.col("raw")).alias(CLEAN))
    made = made.with_columns(by_distinct(made[CLEAN], fold.latin).alias(KEY))
    return made.with_columns((~pl.col("raw").str.contains("\ufffd", literal=True)).alias(RIGHT))


def _code(frame: pl.DataFrame, field: SourceField) -> pl.DataFrame:
    clean = pl.col("raw").str.strip_chars()
    key = clean.str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]", "")
    return frame.with_columns(clean.alias(CLEAN), key.alias(KEY)).with_columns(
        ((pl.col(KEY) != "") & (pl.col(CLEAN).str.len_chars() <= 120) & ~pl.col(CLEAN).str.contains(r"[=|<>\ufffd]")).alias(RIGHT))


def _number(frame: pl.DataFrame, field: SourceField) -> pl.DataFrame:
    tight = pl.col("raw").str.replace_all(r"[\s\u00a0']", "")
    point = (pl.when(tight.str.contains(r"^[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+$")).then(tight.str.replace_all(".", "", literal=True))
             .when(tight.str.contains(r"^[+-]?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+$")).then(tight.str.replace_all(",", "", literal=True))
             .otherwise(tight).str.replace(",", ".", literal=True).str.strip_prefix("+"))
    return frame.with_columns(point.alias(CLEAN), point.alias(KEY)).with_columns(
        pl.col(CLEAN).str.contains(r"^-?[0-9]{1,18}(\.[0-9]{1,9})?([eE][-+]?[0-9]{1,2})?$").alias(RIGHT))


_FORMS: Mapping[Form, Callable[[pl.DataFrame, SourceField], pl.DataFrame]] = {
    "given_name": _name, "family_name": _name, "full_name": _name, "email": _email, "phone": _phone, "date": _date, "moment": _moment,
    "address": _address, "text": _text, "code": _code, "number": _number,
}
