"""What is looked for inside texts, in patterns that Python, RE2 (DuckDB) and PostgreSQL read alike.

They are wide nets: the engine finds with them where something may stand and returns what stands around it; whether it is somebody's
is judged outside (`numbers`, `persons`). So it does not matter that one engine takes the longest match and the other the first.
"""

from __future__ import annotations

import re

from governance.domain.patterns import PATTERNS

EMAIL = PATTERNS["email"]

_RUN = "[0-9][ ()./-]{0,3}([0-9][ ()./-]{0,3}){5,}"  # what no phone, card or number of a document is without
_DOCUMENT = (
    "[Pp]asa?[ps]{1,2}ort|PASA?[PS]{1,2}ORT|[Пп]аспорт|ПАСПОРТ|[Rr]eisepass|REISEPASS|[Aa]usweis|AUSWEIS|[Vv]əsiqə|VƏSİQƏ|[Vv]esiqe"
    "|[Ss]eriya|SERİYA|[Сс]ери[яи]|СЕРИ[ЯИ]"
)
_NATIONAL = (
    "[Ff][Iİiı][Nn]|ФИН|[Фф]ин|[Pp][Iİ][Nn]|[Tt][Cc][Kk][Nn]|[Kk]imlik|KİMLİK|[Ss][Ss][Nn]|СНИЛС|[Сс]нилс|ИНН|[Ss]teuer|STEUER|[Ii][Dd][Nn][Rr]"
    "|NI [Nn]|NINO|NI [0-9A-Z]|[Nn]ational [Ii]ns|[Ss]ocial [Ss]ec"
)
_TOLD = f"({_DOCUMENT}|{_NATIONAL})[^0-9]{{0,24}}[0-9][0-9A-Z -]{{0,14}}"
# Where numbers may stand. Letters and digits, as the engines count them: every cell is asked.
WITH_NUMBERS = f"{_RUN}|({_DOCUMENT}|{_NATIONAL})[^0-9]{{0,24}}[0-9]|[0-9A-Fa-f]:[0-9A-Fa-f:]"
NUMBERS = "|".join(
    (
        _TOLD,
        f"({PATTERNS['iban']})",
        f"({PATTERNS['mac']})",
        f"({PATTERNS['ipv6']})",
        "[A-Z]{1,3}[ №-]{0,2}[0-9][0-9 ]{4,10}[0-9][A-D]?",
        "[+]?[(]?[0-9]([ ()./-]{0,3}[0-9]){5,}",
    )
)

_CAPITAL = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĻŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽƏȘȚЀ-ЯҐҒҚҢӨҮҰҺ"
_LETTER = "A-Za-zÀ-ÖØ-öø-ɏəṀ-ỿЀ-ӿ"
_SMALL = "a-zß-öø-ÿāăąćčďđēėęěğģīįıķĺļłńņňōőœŕřśşšţťūůűųźżžəșțа-яёґғқңөүұһ"
_WORD = f"[{_CAPITAL}][{_LETTER}'’-]+"
_INITIAL = f"[{_CAPITAL}][.][ ]?"
_PARTICLE = "((von|van|der|den|de|da|del|di|dos|das|du|ter|ten|af|av|ap|al|el|bin|ibn|ben|abu|la|le|zu|Ó|O|Ní|Nic)[ ]){0,3}"
# After these words somebody is called by name, in whatever case.
_CALLED = (
    "[Mm]üştəri|[Aa]lıcı|[Hh]örmətli|[Mm]üşteri|[Ss]ayın|[Cc]ustomer|[Cc]lient|[Bb]uyer|[Rr]ecipient|[Dd]ear|[Кк]лиент|[Пп]олучатель|[Пп]окупатель"
    "|[Зз]аказчик|[Kk]unde|[Kk]undin|[Ee]mpfänger|[Hh]err|[Ff]rau|[Aa]dı|[Ff]io|ФИО|[Nn]ame"
)
# Words with a capital beside one another, initials and particles too; and two small words after a form of address.
NAMES = (
    f"({_INITIAL}){{1,2}}{_WORD}|{_WORD}([ ,]{{1,2}}{_PARTICLE}({_WORD}|{_INITIAL})){{1,6}}"
    f"|({_CALLED})[ :-]{{1,3}}[{_SMALL}]{{3,}}[ ][{_SMALL}]{{3,}}"
)

_STREET = (
    "küçəsi|küç|kucesi|prospekti|pr|döngəsi|[Cc]addesi|[Cc]ad|[Ss]okak|[Ss]okağı|[Ss]ok|[Ss]k|[Mm]ah|[Mm]ahallesi|[Bb]ulvarı|ул|улица|пр-т|проспект|пер"
    "|переулок|бульвар|шоссе"
)
_ROAD = (
    "[Ss]treet|St|[Aa]venue|Ave|[Rr]oad|Rd|[Ll]ane|Ln|Drive|Dr|Blvd|Boulevard|Court|Ct|Crescent|Terrace|Way|Close|Place|Square|Gardens|Grove|Mews|Row"
    "|Parkway|Pkwy|Highway|Hwy|Circle|Trail"
)
_STREET_ENDS = (
    "[Ss]traße|[Ss]trasse|[Ss]tr[.]|[Ww]eg|[Pp]latz|[Aa]llee|[Gg]asse|[Dd]amm|[Uu]fer|[Pp]fad|[Ss]teig|[Cc]haussee|[Bb]rücke|-[Rr]ing|[Pp]romenade"
    "|[Gg]raben|[Zz]eile"
)
# Am Waldfriedhof 104, Platz der Republik 1: German streets that are called after what they lead to.
STANDS = (
    "friedhof|bahnhof|wald|see|berg|markt|tor|park|bach|feld|hang|rain|teich|hof|garten|gärten|kirche|mühle|schloss|anger|hafen|rathaus|stadion|turm"
    "|brunnen|ufer|brücke|wiese|wiesen|heide|holz|busch|eck|winkel|linden|eichen|buchen|kapelle|quelle|sportplatz|dorf|bogen|kanal|deich|weiher|burg|au"
)
_STANDS = re.sub(r"(?<![^|])(.)", lambda m: f"[{m[0].upper()}{m[0]}]", STANDS)
_LEADS_TO = (
    f"(Am|An der|An den|Im|In der|In den|Zum|Zur|Auf dem|Auf der|Unter den|Hinter der|Hinter dem)[ ][{_LETTER}-]*({_STANDS})"
    f"|([Pp]latz|[Ss]traße) (der|des)( [0-9]{{1,2}}[.])? [{_CAPITAL}][{_LETTER}-]+"
)
_NAMED = f"([{_LETTER}.'’-]+[ ])"
# A number of a house within a few words of a word for a street, on either side.
STREETS = (
    f"[0-9]{{1,5}}[A-Za-z]?[ ,]{{1,2}}{_NAMED}{{1,3}}({_STREET}|{_ROAD})"
    f"|({_STREET})[ .,:]{{1,3}}([{_LETTER}.'’-]+[ .,:]{{1,2}}){{0,3}}[0-9]{{1,4}}"
    f"|([Üü]nvan|[Аа]дрес|[Aa]dres|[Aa]nschrift)[{_LETTER}]{{0,5}}[: ]{{1,2}}{_NAMED}{{1,4}}[0-9]{{1,4}}"
    f"|[{_CAPITAL}][{_LETTER}-]*[ ]?({_STREET_ENDS})[ ][0-9]{{1,3}}"
    f"|({_LEADS_TO})[ ][0-9]{{1,3}}"
)

_GOODS = (
    "[Oo]rder|ORDER|[Oo]rd|[Ii]nvoice|INVOICE|[Tt]racking|[Tt]rack|SKU|[Ss]ku|[Rr]ef|[Aa]rticle|EAN|[Bb]arcode|[Ss]ifari[sş]|"
    "[Ss]ipari[sş]|[Zz]akaz|[Зз]аказ[а-я]*|[Сс]ч[её]т[а-я]*|[Ff]aktura|[Ff]atura|[Tt]akip|[Тт]рек|[Bb]estell[a-z]*|[Rr]echnung[a-z]*|"
    "[Ss]endung[a-z]*|[Aa]rtikul|[Аа]ртикул|[İIi]zləmə|[Qq]aimə|[Tt]ransaction|[Rr]eceipt|[Tt]icket|[Bb]atch|[Ss]erial"
)
# A number that is introduced as one of an order, invoice or parcel; and a day, which would grow together with a number behind it.
DULL = (
    f"({_GOODS})[^0-9+(A-Z]{{0,4}}(no|No|nr|Nr|id|ID|number|nömrə|№|N)?[^0-9+(A-Z]{{0,3}}[0-9][0-9A-Za-z/-]*"
    "|#[ ]?[0-9][0-9A-Za-z/-]*"
    "|[0-9]{1,2}[./][0-9]{1,2}[./](19|20)[0-9]{2}|(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}"
)
BLANK = " ; "  # what stands in its place: nothing may grow together over it

KEY = '"[A-Za-z_][A-Za-z0-9_-]{0,40}"[ ]?:'  # of an object in JSON
