"""What languages are made of: their letters beyond ASCII, the most frequent first, and short words that they often use.

Owns the tables. They are small: they tell languages apart that one encoding or another makes of the same bytes, no more.
"""

from __future__ import annotations

import math
import unicodedata
from functools import cache
from typing import Final

from lambda_rlm.data_class import dataclass

_LATIN: Final[dict[str, tuple[str, str]]] = {
    "English": ("éèïñç", "the and of to in is that for with was on are not this from by have it be as"),
    "names of several": ("éöüäáíóñçèåøãëêàôúâîïæìòùõß", ""),
    "French": (
        "éàèêçôîùûœâëïü",
        "le la les des et est une dans que qui pour pas sur du au avec plus par ce sont il en un à été où",
    ),
    "German": ("üäöß", "der die und das ist nicht mit den von ein eine zu im auf für dem des sich auch werden wird über"),
    "Spanish": ("óíáéñúü", "el la los las que en de un una por con para del se no su es al como más está"),
    "Portuguese": ("ãçáéíõóêâúàôü", "que não de da do em um uma para com os as dos das no na por se mais são é ao"),
    "Italian": ("èàùòìéî", "il la di che e non un una per del della con sono gli nel alla le da si più è dei"),
    "Dutch": ("ëéïèöüó", "de het een en van is niet dat op te met voor zijn aan er maar ook om bij"),
    "Swedish": ("äåöé", "och att det som en på är av för med den inte till har ett om i var från"),
    "Danish": ("øåæé", "og at det som en på er af for med den ikke til har et om i var fra de"),
    "Norwegian": ("øåæéòô", "og at det som en på er av for med den ikke til har et om i var fra de"),
    "Finnish": ("äöå", "ja on ei se että oli hän joka kun mutta ovat niin myös kuin olla sen tai"),
    "Icelandic": ("íáðéöóþýæú", "og að er sem til við var ekki það með fyrir um af en þar hann frá"),
    "Catalan": ("àéèíóòçúïü·", "el la de que en els les un una per amb no del és al com més va són"),
    "Estonian": ("äõüöšž", "ja on ei et see oli ka mis kui ta aga oma siis või seda ning"),
    "Polish": ("łąęóżśćńź", "nie na się jest do że to co jak za po od przez dla przy ale tak są już był"),
    "Czech": ("íáěéýčřšžůúóťďň", "se na je že to do za ve po při od pro jako ale jsou by byl aby nebo kde"),
    "Slovak": ("áíýéčžšúťľôóäňďŕĺ", "sa na je že to do za vo po pri od pre ako ale sú by bol aby alebo kde"),
    "Hungarian": ("áéöóőíüúű", "az egy és nem hogy is meg van volt csak ez de már mint vagy még el ki"),
    "Romanian": ("ăîâşţșț", "și şi de la nu în este care cu din pe pentru sau ca mai un au fost prin"),
    "Croatian": ("čšžćđ", "je se na da za od su ne to ili kao bi iz koji što ali do nije po"),
    "Slovenian": ("čšž", "je in na da za se so pa ne ki od kot bi po tudi ali še pri"),
    "Turkish": ("ıüşçöğâîû", "ve bir bu için ile da de çok daha gibi olan ne kadar en sonra var olarak"),
    "Lithuanian": ("ėšąžįųčūę", "ir kad yra tai su iš bet kaip į per ar nuo buvo apie prie jau tik"),
    "Latvian": ("āīēšūņļžčķģ", "un ir ar no ka par uz kas bet tas kā pie vai lai nav šis līdz tika"),
    "Albanian": ("ëç", "dhe të në për me një nga që është si do nuk ka janë më"),
    "Vietnamese": ("đưạảấếộđăâôơêáàãéèíìóòúùýạ\u0300\u0301\u0303\u0309\u0323", "của và các là có trong cho không được một với"),
}
_OTHER: Final[dict[str, tuple[str, str]]] = {
    "Russian": ("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "и в не на что с по как это он из но за для от было"),
    "Ukrainian": ("оанивітерслкдумпязьбгчйхцїжєюшщґф", "і в не на що з до як це та за для від було"),
    "Bulgarian": ("аоиетнрсвлкдпмъзугяцбчщшхжйюфьѝ", "и на да не се за от са по като че с е"),
    "Serbian": ("аоиенрсјтувкдмлпгзбчшхцњћжђљфџ", "и је у да се на су за од не као"),
    "Belarusian": ("анідерослткывуямпзьцбгйюшчхёжэўф", "і ў не на што з як гэта па"),
    "Greek": ("αοιετσνηυρπκμλςωγίδόάθχέφύήβώξζψϊϋΐΰ", "και το να του η της με που την από για είναι"),
    "Hebrew": ("יוהלאמרתבשנעחקדפכםצטגזסןךףץ", "של את על לא הוא גם כי עם"),
    "Arabic": ("اليمنوترهبعسدفحكقةجشصىخطضغءذزثأإآظئؤ", "في من على أن إلى عن هذا التي"),
    "Persian": ("اینردوهمتبسشکگخپزعقچفحجآلصطژضثذغظءئ", "و در به از که این را با است"),
    "Thai": ("านรอกเงมยลวดทสตะปบคหแจพชขใไโผซธศถณฉ่้ีัิ์ืุูำ็ึฐษญฏฎ", ""),
}
_HIRAGANA: Final = "のいるしたてとはになをがでれあすっかもりうこらさんまつきくおどえだよせそちみけめわやほろねばゃひぶゆむげへょふゅじずぞべごびざぐぬぎぼぜづぱぽぢぴぷ"
_KATAKANA: Final = "ーンスルトイアラリクシタドロッマジレコプテカナサニバメフキデパミオウチャュモィェブグボツダネソホペワポベビケムハノセエヤギズゲガユゴザヨヒァォピヴ"
_KANJI: Final = "日人年一国大本中会生出者行事社自時分月上場部業後前地方政市対手間長動合今見新東入回高内学的名家明"
_HANZI: Final = (
    "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成"
    "事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知请会议楼点前名"
)
_TRADITIONAL: Final = (
    "的一是不了人我在有他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小麼心多天而能好都然沒日於起還發成"
    "事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知請會議樓點前名"
)
_HANGUL: Final = (
    "이다는의에을가고하지로도한기사은서리어아시인대를나자해일라그들전부과있게정주것제수만여장국보상성면구원조스동년연신안세중화적와용오위"
    "공니경유소치미트으문모습합층점식당발되없였했"
)
_OF_NO_LEVEL: Final = -14.0
"""A sign of thousands that its standard counts among the rare ones. What bytes of another encoding give are such."""
_RARE: Final = -7.5
"""A letter of the same script that the language does not use."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownLanguage:
    """How likely each letter beyond ASCII is (natural logarithms), and the words. `script` is what unlisted letters of the
    language are called in Unicode, with their likelihood `unlisted`."""

    name: str
    letters: dict[str, float]
    words: frozenset[str]
    script: str
    unlisted: float = _RARE


@cache
def languages() -> tuple[KnownLanguage, ...]:
    """All of them; made when first asked for."""
    found = [
        KnownLanguage(name, _falling(letters), frozenset(words.split()), "LATIN") for name, (letters, words) in _LATIN.items()
    ]
    for name, (letters, words) in _OTHER.items():
        script = unicodedata.name(letters[0]).split()[0]
        found.append(KnownLanguage(name, _even(letters, 1.0), frozenset(words.split()), script))
    kana = _even(_HIRAGANA, 0.55) | _even(_KATAKANA, 0.15)
    japanese = _flat(_of_first_level("euc_jp", 0xB0, 0xCF), 0.12) | _flat(_KANJI, 0.12) | kana
    chinese = _flat(_of_first_level("gb2312", 0xB0, 0xD7), 0.35) | _flat(_HANZI, 0.55)
    traditional = _flat(_of_first_level("big5", 0xA4, 0xC6), 0.35) | _flat(_TRADITIONAL, 0.55)
    korean = _flat(_of_first_level("euc_kr", 0xB0, 0xC8), 0.25) | _flat(_HANGUL, 0.7)
    found.append(KnownLanguage("Japanese", japanese, frozenset(), "CJK", _OF_NO_LEVEL))
    found.append(KnownLanguage("Chinese", chinese, frozenset(), "CJK", _OF_NO_LEVEL))
    found.append(KnownLanguage("Traditional Chinese", traditional, frozenset(), "CJK", _OF_NO_LEVEL))
    found.append(KnownLanguage("Korean", korean, frozenset(), "HANGUL", _OF_NO_LEVEL))
    return tuple(found)


def _of_first_level(encoding: str, first: int, last: int) -> str:
    """The signs that a standard counts among the usual ones: those that begin with some bytes."""
    rows = [bytes([lead, trail]) for lead in range(first, last + 1) for trail in range(0x40, 0xFF)]
    return "".join([row.decode(encoding, "ignore") for row in rows if len(row.decode(encoding, "ignore")) == 1])


def _falling(letters: str) -> dict[str, float]:
    """Letters of which the first are far more frequent than the last."""
    weights = [1 / (rank + 1.5) for rank in range(len(letters))]
    return {letter: math.log(weight / sum(weights)) for letter, weight in zip(letters, weights, strict=True)}


def _even(letters: str, mass: float) -> dict[str, float]:
    """Letters whose frequency falls evenly, as that of an alphabet does."""
    size = len(letters)
    return {letter: math.log(mass * 2 * (size - rank) / (size * (size + 1))) for rank, letter in enumerate(letters)}


def _flat(letters: str, mass: float) -> dict[str, float]:
    return dict.fromkeys(letters, math.log(mass / len(set(letters))))
