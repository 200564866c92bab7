"""Words beside a number that make it another: multiples, percents, what denies it, and what makes it a bound.

Owns the closed lists by language, and `is_spoiled`. Promises bounded work: words are looked for in a stretch beside a number.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

NARROW: Final = "\u00a0\u2009\u202f"
"""Spaces that do not part words."""

MULTIPLES: Final = (
    rf"[ {NARROW}-]?(?:hundred|thousand|million|billion|trillion|dozen|lakh|crore|k\b|m\b|bn\b|mn\b|mio|mrd|"
    r"tsd|tausend|milliarde|hundert|dutzend|duizend|honderd|miljard|tusen|tusind|hundre|milliard|"
    r"milli[oóa]n|milh|mil\b|cientos|millares|mila\b|mille\b|milliers|centaine|cento\b|mld|miljo|miljar|"
    r"mii\b|mie\b|milioa|milion|"
    r"ezer|millió|milliárd|száz|tuhat|tuhan|sata\b|sataa|tysi|tisíc|tisic|sto\b|stot|"
    r"тыс|млн|млрд|миллион|миллиард|тисяч|мільйон|мільярд|сотен|сотн|хиляд|милион|хиљад|bin\b|yüz\b|milyon|milyar|"
    r"χιλιάδ|εκατομμύρ|εκατοντάδ|ألف|آلاف|مئة|مائة|مليون|مليار|هزار|میلیون|میلیارد|אלף|אלפי|מאות|מיליון|מיליארד|"
    r"हज़ार|हजार|लाख|करोड़|सौ\b|হাজার|লাখ|লক্ষ|কোটি|ஆயிரம்|லட்சம்|కోటి|లక్ష|만|억|조\b|천|백\b|"
    r"พัน|หมื่น|แสน|ล้าน|ร้อย|nghìn|ngàn|trăm\b|triệu|tỷ|ribu|juta|ratus|miliar|tys|elfu|mia\b|milioni|laki|libo|"
    r"‰|per ?mille?|e ?[-+−]?\d)"
)
MULTIPLES_BEFORE: Final = r"(?:\b(?:elfu|mia|laki|milioni|bilioni)) ?$"
"""Where the multiple comes first, as in Swahili."""
PERCENTS: Final = (
    rf"[ {NARROW}-]?(?:[%٪％]|per ?cent|pct\b|prozent|pro ?cent|pour ?cent|por ?cien|percento|процент|відсот|"
    r"на сто|τοις εκατό|パーセント|"
    r"퍼센트|프로\b|เปอร์เซ็นต์|प्रतिशत|फीसदी|بالمئة|بالمائة|في المئة|درصد|אחוז|phần trăm|persen)"
)
PERCENTS_BEFORE: Final = r"(?:[%٪％]|百分之|ร้อยละ|yüzde) ?$"

_DENIALS: Final = (
    "not|none|null|cannot|never|neither|nor|without|unknown|unclear|unsure|wrong|"
    "nicht|kein|keine|keinen|keiner|weder|unklar|unbekannt|niet|geen|ikke|inte|ingen|ekki|"
    "pas|aucun|aucune|jamais|sans|inconnu|tampoco|ningún|ninguno|ninguna|nunca|nenhum|nenhuma|não|nao|non|"
    "nessun|nessuno|nessuna|"
    "nu|nici|nie|ani|není|není|nejsou|nem|nincs|sem|ei|eivät|"
    "не|нет|ни|нету|немає|нема|няма|није|δεν|όχι|değil|yok|hayır|"
    "لا|ليس|ليست|لم|لن|غير|لیس|نیست|نه|نیستند|לא|אין|אינו|אינה|नहीं|मत|"
    "không|chưa|chẳng|tidak|bukan|belum|tak|hindi|wala|si|sio|hapana|hakuna|siyo|haipo"
)
_DENIALS_UNSPACED: Final = "不|没|沒|無|无|非|未|ない|ません|なし|ではな|じゃな|않|아니|아닙|없|못|ไม่|มิใช่"
_BOUNDS: Final = (
    "at least|at most|less than|more than|fewer than|greater than|up to|no more than|no fewer than|no less than|over|under|"
    "above|below|exceeds|exceeding|almost|nearly|mindestens|höchstens|weniger als|mehr als|unter|über|"
    "bis zu|fast|minstens|hoogstens|meer dan|minder dan|minst|högst|mindst|"
    "au moins|au plus|moins de|plus de|jusqu'à|presque|al menos|por lo menos|como mucho|más de|menos de|hasta|casi|"
    "pelo menos|no máximo|mais de|até|quase|almeno|al massimo|più di|meno di|fino a|quasi|"
    "не менее|не более|более|менее|больше|меньше|свыше|до|почти|co najmniej|ponad|mniej niż|więcej niż|alespoň|více než|méně než|"
    "legalább|legfeljebb|több mint|kevesebb mint|vähintään|enintään|yli|alle|en az|en fazla|fazla|"
    "على الأقل|على الأكثر|أكثر من|أقل من|حداقل|حداکثر|بیش از|کمتر از|לפחות|לכל היותר|יותר מ|פחות מ|"
    "ít nhất|nhiều nhất|hơn|dưới|trên|setidaknya|lebih dari|kurang dari|angalau|zaidi ya|"
    "至少|最多|不到|超过|超過|多于|少于|大于|小于|少なくとも|적어도|อย่างน้อย|มากกว่า|น้อยกว่า|ไม่เกิน|"
    "कम से कम|से अधिक"
)
_BOUNDS_AFTER: Final = (
    "or more|or less|or fewer|or higher|or lower|at least|at most|oder mehr|oder weniger|ou plus|ou moins|o más|o menos|"
    "ou mais|o più|или более|или менее|以上|以下|以内|未満|余り|이상|이하|미만|초과|से अधिक|से कम|vagy több|tai enemmän"
)
_MINUSES: Final = (
    "minus|negative|negativ|negativo|négatif|moins|menos|meno|минус|мінус|eksi|miinus|mínusz|mínus|ujemn\\w*|"
    "πλην|سالب|ناقص|منفی|מינוס|ऋण|माइनस|âm|trừ|hasi|マイナス|負|负|零下|氷点下|마이너스|영하|ลบ|ติดลบ"
)


@cache
def cased(source: str) -> re.Pattern[str]:
    """A pattern of words in any casing, made when a number is first looked for."""
    return re.compile(source, re.IGNORECASE)


def _words(listed: str) -> str:
    return rf"(?<!\w)(?:{listed})(?!\w)"


@cache
def _spoiling() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    unspaced = "|".join(word for word in _BOUNDS.split("|") if word > "\u0e00")
    minuses = "|".join(word for word in _MINUSES.split("|") if word > "\u0e00")
    gap = r"[ $€£¥₹]*"
    return (
        re.compile(rf"{_words(_DENIALS)}|n['’]t\b|{_DENIALS_UNSPACED}|\bno (?=\d)", re.IGNORECASE),
        re.compile(rf"(?:(?<!\w)(?:{_BOUNDS}|{_MINUSES})|{unspaced}|{minuses}){gap}$", re.IGNORECASE),
        re.compile(rf"[^\w\n]{{0,2}}\w{{0,3}}? ?(?:{_BOUNDS_AFTER})", re.IGNORECASE),
    )


def is_spoiled(text: str, start: int, end: int, around: int) -> bool:
    """A word makes the number in `text[start:end]` none, a bound, or the negative of what is written; words further than
    `around` characters away, and those of other lines, do not."""
    first = max(text.rfind("\n", 0, start) + 1, start - around)
    last = text.find("\n", end)
    last = min(len(text) if last < 0 else last, end + around)
    denials, before, after = _spoiling()
    return (
        denials.search(text, first, last) is not None
        or before.search(text[first:start]) is not None
        or after.match(text, end, last) is not None
    )
