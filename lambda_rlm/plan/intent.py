"""What a question asks for: something to be calculated, something to be understood by reading, or neither for sure.

Owns the classes of words by which that is told, in English, German, French, Spanish and Chinese. Promises that no model is
asked, that accents and case make no difference, and that over rows and lines a word of calculation counts more than one of
reading, since nobody calculates well by reading. Knows no examples: what a word class does not hold is left open.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

from lambda_rlm.plan.input_kind import InputKind

Asks = Literal["computes", "reads", "open"]

_NUMBER: Final = (
    r"(?:\d+|one|two|three|four|five|six|ten|zwei|drei|vier|funf|zehn|deux|trois|quatre|cinq|dix|dos|tres|cuatro|cinco|diez)"
)

_LENGTH_OF_ANSWER: Final = re.compile(
    r"\b(?:in|within|at most|no more than|up to|max(?:imum|imal)?|less than|under|about|approximately|hochstens|maximal|etwa"
    r"|en|au plus|environ|como mucho|como maximo|unas?)?\s*(?:the\s)?"
    rf"(?:{_NUMBER}|a few|ein paar|wenigen|quelques|pocas|unas)\s+(?:\w+\s)?"
    r"(?:sentences?|words?|lines?|paragraphs?|bullets?|points?|pages?|satzen?|worte[rn]?|zeilen|absatzen?|stichpunkten?"
    r"|phrases?|mots|lignes|paragraphes|frases?|oraciones|palabras|lineas|parrafos|puntos)\b"
    r"(?!\s+(?:contain|mention|have|has|are|start|end))"
    r"(?:\s+(?:au plus|au maximum|at most|hochstens|como mucho|or (?:less|fewer))\b)?"
)
"""How long the answer is to be, which says nothing of what it is about."""

_CALCULATES: Final = (
    # English
    r"how (?:many times|often|frequently)|how many of (?:the|these|those|them|our|my)"
    r"|how many (?:\w+ )?(?:words?|lines?|sentences?|paragraphs?|characters|letters|chapters?|pages|times)"
    r"|how many (?:\w+ )?(?:rows?|records?|entries|files?|functions?|classes|methods)|count(?:s|ed)?\b(?! on)"
    r"|(?:the|a|total|and|per|^)\s?number of (?!the\b|my\b|his\b|her\b)|totals?\b|sum\b|sums of|add(?:s|ed)? up"
    r"|altogether|all together|averages?"
    r"|mean (?!that)(?:\w+ )?(?:of|per|value|time|price|length|age|number|duration|distance)|median|percentiles?"
    r"|quantiles?|quartiles?|standard deviation|variance|percent(?:age)?|proportion|ratio of|distribution|histogram"
    r"|correlat\w+|frequenc(?:y|ies)|ranking|rank(?:ed)? (?:by|the)|rank\b|sort(?:ed)? by|order(?:ed)? by"
    rf"|group(?:ed)? by|top[ -]{_NUMBER}|most (?:common|frequent|often)|least (?:common|frequent|often)|commonest"
    r"|distinct|duplicates?|per (?:year|quarter|month|week|day|hour|minute)"
    r"|(?:by|each|every|for each|for every) (?:year|quarter|month|week|weekday|day|hour)|revenue|turnover|calculate"
    r"|compute"
    # German
    r"|wie oft|wie haufig|wie ?viele? (?:von|der|dieser|unserer|davon|zeilen|worter|satze|zeichen|kapitel)\b"
    r"|wie ?viele? (?:eintrage|dateien|funktionen|klassen|seiten|mal)\b|anzahl|zahle?n? (?:die|alle|wie|der)|summe"
    r"|summier\w*|gesamt(?!eindruck|bild|werk|text)\w*|insgesamt|durchschnitt\w*|mittelwert\w*|median\w*|perzentil\w*"
    r"|quantil\w*|standardabweichung|prozent\w*|anteil\w*|verteilung|haufigkeit|haufigste[nrs]?|am haufigsten|sortier\w*"
    r"|gruppier\w*|rangliste|umsatz\w*|berechne\w*|rechne\w*"
    r"|(?:pro|je|jeden?|jedes) (?:jahr|quartal|monat|woche|tag|stunde|minute)|doppelte[nr]?|unterschiedliche[nr]? "
    # French
    r"|combien de fois"
    r"|combien (?:de|d') ?(?:ces|ses|mots|lignes|phrases|caracteres|chapitres|entrees|fichiers|fonctions|classes|pages|fois)\b"
    r"|(?:le|un|en|quel|par|plus grand|^)\s?nombre (?:de|d'|total|moyen)|total\w*|somme|additionne\w*"
    r"|compte[rz]? (?:les|le|combien|toutes|tous)|moyennes?\b|moyen d|mediane?|centile|quantile|ecart[ -]type"
    r"|pourcentage|proportion|repartition|frequence|classement|tri(?:e|er|ez|es) |group(?:e|er|es|ez) par"
    r"|chiffre d'affaires|calcul\w*|par (?:an|annee|trimestre|mois|semaine|jour|heure)\b|plus (?:frequente?s?|souvent)"
    r"|doublons?|distincte?s?"
    # Spanish
    r"|cuantas veces|con que frecuencia|cuant[oa]s de (?:los|las|est[oa]s)"
    r"|cuant[oa]s (?:palabras|lineas|frases|caracteres|capitulos|entradas|archivos|ficheros|funciones|clases|paginas|veces)\b"
    r"|(?:el|la|un|que|por|^)\s?(?:numero|cantidad) (?:de|total)|(?:^|\b(?:y|dime|por favor) )cuenta (?:las|los|cuant)"
    r"|sum[ae]r?\b|promedios?|media (?:de|del|por)|valor medio|mediana|percentil\w*|desviacion|porcentaje|proporcion"
    r"|distribucion|frecuencia|clasificacion por|orden(?:a|ados?|adas?|ar) por|agrup\w+ por|facturacion|calcula\w*"
    r"|por (?:ano|trimestre|mes|semana|dia|hora)\b|mas (?:frecuentes?|comunes|a menudo)|duplicad[oa]s|distint[oa]s "
    # Chinese
    r"|多少次|几次|多少[个条行字句章页]|总共|一共|合计|总[数额计和量]|总消费|总收入|总销|求和|加起来|加总|平均|均值|中位"
    r"|百分位|百分比|占比|比例|统计|计算|算一下|数量|人数|次数|频率|分布|排名|排序|排行|去重|重复"
    r"|每[个]?(?:年|季度|月|周|天|日|小时)|按.{1,6}(?:分组|汇总)|最常|前[一二三四五六七八九十\d]+[名个条]"
)
"""Words that over many items hardly stand but where something is to be calculated."""

_AMOUNTS: Final = (
    # English
    r"how (?:many|much|long|far|old|large|big|fast)|number of|most\b|least\b|fewest|more than|fewer than|less than"
    r"|never|none of|haven't|hasn't|do(?:es)?n't have|ha(?:s|ve) no\b|not a single|lacks?\b"
    r"|at least|at most|over \d|under \d|above|below|between|exceed\w*|highest|lowest|largest|smallest|biggest|longest"
    r"|shortest|earliest|latest|oldest|newest|cheapest|fastest|slowest|busiest|best|worst|maximum|minimum|differences?"
    r"|increase\w*|decrease\w*|gaps?|trend|compared? to|than\b|sales|never"
    # German
    r"|wie ?viele?|wie (?:lange?|weit|alt|gross|hoch|schnell)|meisten?|wenigsten?|mehr als|weniger als|mindestens"
    r"|nie(?:mals)?\b|keine?[nmrs]?\b|fehlt|fehlen"
    r"|hochstens|uber \d|unter \d|zwischen|hochste[nrs]?|niedrigste[nrs]?|grosste[nrs]?|kleinste[nrs]?|langste[nrs]?"
    r"|kurzeste[nrs]?|alteste[nrs]?|neueste[nrs]?|teuerste[nrs]?|billigste[nrs]?|schnellste[nrs]?|starkste[nrs]?"
    r"|beste[nrs]?|schlechteste[nrs]?|am \w+sten|maximum|minimum|differenz|unterschied"
    # French
    r"|combien|nombre|le plus|la plus|les plus|le moins|la moins|les moins|les mieux|plus de|moins de|au moins|au plus"
    r"|jamais|aucune?s?|n'ont (?:pas|aucun\w*)|n'a (?:pas|aucun\w*) de|manquent?\b"
    r"|entre|depasse\w*|meilleure?s?|pire|maximum|minimum|difference"
    # Spanish
    r"|cuant[oa]s?|cuanto tiempo|numero de|cantidad|mas\b|menos\b|mayor(?:es)?\b|menor(?:es)?\b|al menos|como minimo"
    r"|nunca|ningun\w*|no tienen?\b|faltan?\b"
    r"|entre\b|super[ae]n?\b|mejor(?:es)?|peor(?:es)?|maxim[oa]|minim[oa]|diferencia|total|medi[oa]\b"
    # Chinese
    r"|多少|几[个条次人年天章名项位封篇]|多[长久大高]|最[高低多少大小长短早晚贵好差新老快慢]|超过|少于|多于|低于|高于"
    r"|从未|从来没|缺少|没有任何|没有.{1,6}的"
    r"|至少|至多|之间|差[距额]|增[长加]|减少|比.{1,8}[多少高低]"
)
"""Words of amounts and comparisons, which ask for a calculation over many items and may ask for a fact in a text."""

_COUNTS: Final = (
    # English
    r"how (?:many times|often) .{0,60}(?:occur|appear|mention|used?\b|sa(?:y|id)|repeat|named?\b|come up|written)"
    r"|how many (?:\w+ )?(?:words?|lines?|sentences?|paragraphs?|characters|chapters?)|how many of (?:the|these|those)"
    r"|count (?:the|all|how|every|each)|calculate|compute|add(?:ing)? up|sort(?:ed)? |rank\b|most (?:common|frequent) (?:word|letter)"
    # German
    r"|wie (?:oft|haufig) .{0,60}(?:kommt|vor\b|steht|erwahn\w*|genannt|benutzt|sagt|wiederhol\w*)"
    r"|wie ?viele? (?:zeilen|worter|satze|zeichen|kapitel|absatze|mal)\b|zahle? (?:die|alle|wie|das)|berechne\w*|rechne\w*"
    r"|addiere\w*|summiere\w*|sortiere\w*|haufigste[nrs]? (?:wort|buchstabe)"
    # French
    r"|combien de (?:fois|mots|lignes|phrases|caracteres|chapitres|paragraphes)|compte[rz]? (?:les|le|la|combien|toutes|tous)"
    r"|calcul(?:e|er|ez)\b|additionne\w*|trie[rz]? |mots? les? plus (?:frequent|courant)s?"
    # Spanish
    r"|cuantas (?:veces|palabras|lineas|frases|letras|oraciones)|cuantos (?:caracteres|capitulos|parrafos)"
    r"|(?:^|\b(?:y|dime|por favor) )cuenta (?:las|los|cuant)|calcula\w*|suma (?:los|las|todo)|ordena\w* |palabras? mas (?:frecuente|comun)"
    # Chinese
    r"|多少[个]?[字词行句段章]|多少次|几次|数一数|统计|计算|算一下|加起来|排序"
)
"""Words of counting and ordering, which ask for a calculation even over a text that is read at once: an average that such a text
names is a fact."""

_GROUPS: Final = (
    # English
    r"by (?!the way)\w+|per \w+|for (?:each|every)|each\b|develop\w*|trend|expenses?|income|costs?|spending|profit\w*|sales|earn\w*"
    # German
    r"|(?:nach|pro|je|jeden?|jeder|jedes) \w+|entwick\w*|einnahmen|ausgaben|kosten|gewinn\w*|verkauf\w*|ertrag\w*"
    # French
    r"|(?:par|pour chaque|chaque) \w+|evolution|depenses?|recettes?|couts?|ventes?|benefices?"
    # Spanish
    r"|(?:por|para cada|cada) \w+|evolucion|gastos?|ingresos?|costes?|costos?|ventas?|ganancias?"
    # Chinese
    r"|按|每|各|趋势|走势|变化|支出|收入|花费|费用|金额|销售|销量|利润|相差|之差"
)
"""Words of grouping, of change and of money, which over rows ask for sums."""

_READS: Final = (
    # English
    r"summar\w+|overview|outline|tl;?dr|gist|explain\w*|translat\w+|paraphrase|rewrite|rephrase|describe|interpret\w*"
    r"|why\b|opinion|argument|tone\b|mood|convincing|meaning|what does .{0,60} (?:say|mean)|what (?:is|are) .{0,60} about"
    r"|what (?:is|'s) (?:going )?(?:wrong|happening)|what do you (?:think|make)|think\w*|feels?\b|considers?|believes?"
    r"|in your own words|proofread|simplif\w+|(?:row|line|entry|record) (?:number )?\d+"
    r"|into (?:english|german|french|spanish|chinese|plain)|in plain (?:english|language|words)"
    # German
    r"|zusammenfass\w*|fass\w* .{0,60}zusammen|uberblick|erklar\w*|erlauter\w*|ubersetz\w*|umschreib\w*|formulier\w*"
    r"|beschreib\w*|interpretier\w*|warum|weshalb|wieso|worum geht|meinung|stimmung|bedeutet|was sagt|was steht|denkt"
    r"|glaubt|halt .{0,60} fur|(?:zeile|eintrag) \d+|auf (?:englisch|deutsch|franzosisch|spanisch|chinesisch)"
    r"|ins (?:englische|deutsche|franzosische|spanische|chinesische)"
    # French
    r"|resum\w+|synthese|apercu|expliqu\w*|tradui\w*|traduction|reformul\w*|decri\w*|interpret\w*|pourquoi"
    r"|de quoi (?:parle|s'agit|il s'agit|est-il)|avis\b|opinion|signifie|que dit|que (?:pense|veut)\w*|pense-t|croit"
    r"|considere|(?:ligne|entree) \d+|en (?:anglais|allemand|francais|espagnol|chinois)"
    # Spanish
    r"|resum\w+|sintesis|vision general|explic\w+|traduc\w+|traduz\w+|reformul\w*|reescrib\w*|describ\w*|interpret\w*"
    r"|por que\b|de que (?:trata|habla|va)|opinion|opina|significa|que dice|piensa|cree\b|considera"
    r"|(?:fila|linea|entrada) \d+|al (?:ingles|aleman|frances|espanol|chino)"
    # Chinese
    r"|总结|概括|概述|摘要|概要|大意|解释|说明一下|讲解|翻译|译成|改写|描述|为什么|为何|讲了什么|说了什么|什么意思|含义"
    r"|观点|看法|认为|语气|第\s*[\d一二三四五六七八九十]+\s*[行条]"
)
"""Words of understanding and rewording, and of one entry that is named by its number."""


def _words(pattern: str) -> re.Pattern[str]:
    """The classes as one expression: a word begins where it begins, but in Chinese, which has no spaces."""
    return re.compile("|".join(part if _is_chinese(part) else rf"(?<![a-z0-9])(?:{part})" for part in _alternatives(pattern)))


def _alternatives(pattern: str) -> list[str]:
    """The outermost alternatives of an expression."""
    parts, depth, start = list[str](), 0, 0
    for at, sign in enumerate(pattern):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if sign == "|" and not depth:
            parts.append(pattern[start:at])
            start = at + 1
    return [*parts, pattern[start:]]


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


_LOOKED_AT: Final = 2_000
"""Characters of a question from its start, and as many from its end: what stands between may be a document."""

_BEGINNING: Final = 30
"""Characters within which a question says that it wants to be read to."""

_CALCULATION: Final = _words(_CALCULATES)
_AMOUNT: Final = _words(_AMOUNTS)
_COUNTING: Final = _words(_COUNTS)
_GROUPING: Final = _words(_GROUPS)
_READING: Final = _words(_READS)


def asks(query: str, kind: InputKind, *, is_short: bool) -> Asks:
    """What a question about inputs of this kind asks for. In a short text an amount is a fact that is read, and only counting is
    a calculation; over rows, lines and long inputs any amount is, but where the question is one of understanding. Over rows and lines that is said first:
    later in the question the same words may be what is looked for."""
    if len(query) > 2 * _LOOKED_AT:
        query = f"{query[:_LOOKED_AT]} \n {query[-_LOOKED_AT:]}"
    words = _LENGTH_OF_ANSWER.sub(" ", plain(query))
    reading = _READING.search(words)
    if kind in ("rows", "lines"):
        if any(form.search(words) for form in (_CALCULATION, _AMOUNT, _GROUPING)):
            return "computes"
        return "reads" if reading is not None and reading.start() < _BEGINNING else "open"
    if reading is not None:
        return "reads"
    forms = (_COUNTING,) if is_short else (_COUNTING, _CALCULATION, _AMOUNT)
    return "computes" if any(form.search(words) for form in forms) else "open"


def plain(text: str) -> str:
    """A text in small letters without accents, its quotation marks and spaces of one kind."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return " ".join("".join(sign for sign in decomposed if not unicodedata.combining(sign)).split())
