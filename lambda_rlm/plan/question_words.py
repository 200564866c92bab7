"""Words that tell what a question asks for, one language below the other.

Owns the words. Promises that a language is one entry of `LANGUAGES`, which knows nothing of the others. Words are regular
expressions, two spaces or a line end between them, in small letters and without accents, as `intent.plain` leaves a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class QuestionWords(NamedTuple):
    """The words of one language.

    `calculates`: over many items they hardly appear but where something is to be calculated. `amounts`: words of amounts and
    comparisons, which ask for a calculation over many items, and may ask for a fact in a text. `counts`: words of counting and
    ordering, which ask for a calculation even over a text that is read at once; an average that such a text names is a fact.
    `groups`: words of grouping, of change and of money, which over rows ask for sums. `reads`: words of understanding and
    rewording, and of one entry that is named by its number. With `has_spaces` a word begins where no letter or digit is before
    it.
    """

    calculates: str
    amounts: str
    counts: str
    groups: str
    reads: str
    has_spaces: bool = True


LANGUAGES: Final[Mapping[str, QuestionWords]] = {
    "English": QuestionWords(
        calculates=r"""
            how (?:many times|often|frequently)  how many of (?:the|these|those|them|our|my)
            how many (?:\w+ )?(?:words?|lines?|sentences?|paragraphs?|characters|letters|chapters?|pages|times)
            how many (?:\w+ )?(?:rows?|records?|entries|files?|functions?|classes|methods)  count(?:s|ed)?\b(?! on)
            (?:the|a|total|and|per|^)\s?number of (?!the\b|my\b|his\b|her\b)  totals?\b  sum\b  sums of  add(?:s|ed)? up
            altogether  all together  averages?
            mean (?!that)(?:\w+ )?(?:of|per|value|time|price|length|age|number|duration|distance)  median  percentiles?
            quantiles?  quartiles?  standard deviation  variance  percent(?:age)?  proportion  ratio of  distribution
            histogram  correlat\w+  frequenc(?:y|ies)  ranking  rank(?:ed)? (?:by|the)  rank\b  sort(?:ed)? by
            order(?:ed)? by  group(?:ed)? by  top[ -](?:\d+|one|two|three|four|five|six|ten)  most (?:common|frequent|often)
            least (?:common|frequent|often)  commonest  distinct  duplicates?
            per (?:year|quarter|month|week|day|hour|minute)
            (?:by|each|every|for each|for every) (?:year|quarter|month|week|weekday|day|hour)  revenue  turnover  calculate
            compute
        """,
        amounts=r"""
            how (?:many|much|long|far|old|large|big|fast)  number of  most\b  least\b  fewest  more than  fewer than
            less than  never  none of  haven't  hasn't  do(?:es)?n't have  ha(?:s|ve) no\b  not a single  lacks?\b  at least
            at most  over \d  under \d  above  below  between  exceed\w*  highest  lowest  largest  smallest  biggest
            longest  shortest  earliest  latest  oldest  newest  cheapest  fastest  slowest  busiest  best  worst  maximum
            minimum  differences?  increase\w*  decrease\w*  gaps?  trend  compared? to  than\b  sales  never
        """,
        counts=r"""
            how (?:many times|often) .{0,60}(?:occur|appear|mention|used?\b|sa(?:y|id)|repeat|named?\b|come up|writ(?:e|es|ten|ing)\b)
            how many (?:\w+ )?(?:words?|lines?|sentences?|paragraphs?|characters|chapters?|files?|functions?|classes|methods)
            how many of (?:the|these|those)
            count (?:the|all|how|every|each)  calculate  compute  add(?:ing)? up  sort(?:ed)?\s  rank\b
            most (?:common|frequent) (?:word|letter)
        """,
        groups=r"""
            by (?!the way)\w+  per \w+  for (?:each|every)  each\b  develop\w*  trend  expenses?  income  costs?  spending
            profit\w*  sales  earn\w*
        """,
        reads=r"""
            summar\w+  overview  outline  tl;?dr  gist  explain\w*  translat\w+  paraphrase  rewrite  rephrase  describe
            interpret\w*  why\b  opinion  argument  tone\b  mood  convincing  meaning  what does .{0,60} (?:say|mean)
            what (?:is|are) .{0,60} about  what (?:is|'s) (?:going )?(?:wrong|happening)  what do you (?:think|make)
            think\w*  feels?\b  considers?  believes?  in your own words  proofread  simplif\w+
            (?:row|line|entry|record) (?:number )?\d+  into (?:english|german|french|spanish|chinese|plain)
            in plain (?:english|language|words)
        """,
    ),
    "German": QuestionWords(
        calculates=r"""
            wie oft  wie haufig  wie ?viele? (?:von|der|dieser|unserer|davon|zeilen|worter|satze|zeichen|kapitel)\b
            wie ?viele? (?:eintrage|dateien|funktionen|klassen|seiten|mal)\b  anzahl  zahle?n? (?:die|alle|wie|der)  summe
            summier\w*  gesamt(?!eindruck|bild|werk|text)\w*  insgesamt  durchschnitt\w*  mittelwert\w*  median\w*
            perzentil\w*  quantil\w*  standardabweichung  prozent\w*  anteil\w*  verteilung  haufigkeit  haufigste[nrs]?
            am haufigsten  sortier\w*  gruppier\w*  rangliste  umsatz\w*  berechne\w*  rechne\w*
            (?:pro|je|jeden?|jedes) (?:jahr|quartal|monat|woche|tag|stunde|minute)  doppelte[nr]?  unterschiedliche[nr]?\s
            top[ -](?:zwei|drei|vier|funf|zehn)
        """,
        amounts=r"""
            wie ?viele?  wie (?:lange?|weit|alt|gross|hoch|schnell)  meisten?  wenigsten?  mehr als  weniger als  mindestens
            nie(?:mals)?\b  keine?[nmrs]?\b  fehlt  fehlen  hochstens  uber \d  unter \d  zwischen  hochste[nrs]?
            niedrigste[nrs]?  grosste[nrs]?  kleinste[nrs]?  langste[nrs]?  kurzeste[nrs]?  alteste[nrs]?  neueste[nrs]?
            teuerste[nrs]?  billigste[nrs]?  schnellste[nrs]?  starkste[nrs]?  beste[nrs]?  schlechteste[nrs]?  am \w+sten
            maximum  minimum  differenz  unterschied
        """,
        counts=r"""
            wie (?:oft|haufig) .{0,60}(?:kommt|vor\b|steht|erwahn\w*|genannt|benutzt|sagt|wiederhol\w*)
            wie ?viele? (?:zeilen|worter|satze|zeichen|kapitel|absatze|mal|dateien|funktionen|klassen)\b
            zahle? (?:die|alle|wie|das)  berechne\w*  rechne\w*  addiere\w*  summiere\w*  sortiere\w*  haufigste[nrs]? (?:wort|buchstabe)
        """,
        groups=r"""
            (?:nach|pro|je|jeden?|jeder|jedes) \w+  entwick\w*  einnahmen  ausgaben  kosten  gewinn\w*  verkauf\w*
            ertrag\w*
        """,
        reads=r"""
            zusammenfass\w*  fass\w* .{0,60}zusammen  uberblick  erklar\w*  erlauter\w*  ubersetz\w*  umschreib\w*
            formulier\w*  beschreib\w*  interpretier\w*  warum  weshalb  wieso  worum geht  meinung  stimmung  bedeutet
            was sagt  was steht  denkt  glaubt  halt .{0,60} fur  (?:zeile|eintrag) \d+
            auf (?:englisch|deutsch|franzosisch|spanisch|chinesisch)
            ins (?:englische|deutsche|franzosische|spanische|chinesische)
        """,
    ),
    "French": QuestionWords(
        calculates=r"""
            combien de fois
            combien (?:de|d') ?(?:ces|ses|mots|lignes|phrases|caracteres|chapitres|entrees|fichiers|fonctions|classes|pages|fois)\b
            (?:le|un|en|quel|par|plus grand|^)\s?nombre (?:de|d'|total|moyen)  total\w*  somme  additionne\w*
            compte[rz]? (?:les|le|combien|toutes|tous)  moyennes?\b  moyen d  mediane?  centile  quantile  ecart[ -]type
            pourcentage  proportion  repartition  frequence  classement  tri(?:e|er|ez|es)\s  group(?:e|er|es|ez) par
            chiffre d'affaires  calcul\w*  par (?:an|annee|trimestre|mois|semaine|jour|heure)\b
            plus (?:frequente?s?|souvent)  doublons?  distincte?s?  top[ -](?:deux|trois|quatre|cinq|dix)
        """,
        amounts=r"""
            combien  nombre  le plus  la plus  les plus  le moins  la moins  les moins  les mieux  plus de  moins de
            au moins  au plus  jamais  aucune?s?  n'ont (?:pas|aucun\w*)  n'a (?:pas|aucun\w*) de  manquent?\b  entre
            depasse\w*  meilleure?s?  pire  maximum  minimum  difference
        """,
        counts=r"""
            combien de (?:fois|mots|lignes|phrases|caracteres|chapitres|paragraphes|fichiers|fonctions|classes)
            compte[rz]? (?:les|le|la|combien|toutes|tous)  calcul(?:e|er|ez)\b  additionne\w*  trie[rz]?\s
            mots? les? plus (?:frequent|courant)s?
        """,
        groups=r"""
            (?:par|pour chaque|chaque) \w+  evolution  depenses?  recettes?  couts?  ventes?  benefices?
        """,
        reads=r"""
            resum\w+  synthese  apercu  expliqu\w*  tradui\w*  traduction  reformul\w*  decri\w*  interpret\w*  pourquoi
            de quoi (?:parle|s'agit|il s'agit|est-il)  avis\b  opinion  signifie  que dit  que (?:pense|veut)\w*  pense-t
            croit  considere  (?:ligne|entree) \d+  en (?:anglais|allemand|francais|espagnol|chinois)
        """,
    ),
    "Spanish": QuestionWords(
        calculates=r"""
            cuantas veces  con que frecuencia  cuant[oa]s de (?:los|las|est[oa]s)
            cuant[oa]s (?:palabras|lineas|frases|caracteres|capitulos|entradas|archivos|ficheros|funciones|clases|paginas|veces)\b
            (?:el|la|un|que|por|^)\s?(?:numero|cantidad) (?:de|total)  (?:^|\b(?:y|dime|por favor) )cuenta (?:las|los|cuant)
            sum[ae]r?\b  promedios?  media (?:de|del|por)  valor medio  mediana  percentil\w*  desviacion  porcentaje
            proporcion  distribucion  frecuencia  clasificacion por  orden(?:a|ados?|adas?|ar) por  agrup\w+ por
            facturacion  calcula\w*  por (?:ano|trimestre|mes|semana|dia|hora)\b  mas (?:frecuentes?|comunes|a menudo)
            duplicad[oa]s  distint[oa]s\s  top[ -](?:dos|tres|cuatro|cinco|diez)
        """,
        amounts=r"""
            cuant[oa]s?  cuanto tiempo  numero de  cantidad  mas\b  menos\b  mayor(?:es)?\b  menor(?:es)?\b  al menos
            como minimo  nunca  ningun\w*  no tienen?\b  faltan?\b  entre\b  super[ae]n?\b  mejor(?:es)?  peor(?:es)?
            maxim[oa]  minim[oa]  diferencia  total  medi[oa]\b
        """,
        counts=r"""
            cuantas (?:veces|palabras|lineas|frases|letras|oraciones|funciones|clases)
            cuantos (?:caracteres|capitulos|parrafos|archivos|ficheros)
            (?:^|\b(?:y|dime|por favor) )cuenta (?:las|los|cuant)  calcula\w*  suma (?:los|las|todo)  ordena\w*\s
            palabras? mas (?:frecuente|comun)
        """,
        groups=r"""
            (?:por|para cada|cada) \w+  evolucion  gastos?  ingresos?  costes?  costos?  ventas?  ganancias?
        """,
        reads=r"""
            resum\w+  sintesis  vision general  explic\w+  traduc\w+  traduz\w+  reformul\w*  reescrib\w*  describ\w*
            interpret\w*  por que\b  de que (?:trata|habla|va)  opinion  opina  significa  que dice  piensa  cree\b
            considera  (?:fila|linea|entrada) \d+  al (?:ingles|aleman|frances|espanol|chino)
        """,
    ),
    "Chinese": QuestionWords(
        calculates=r"""
            多少次  几次  多少[个条行字句章页]  总共  一共  合计  总[数额计和量]  总消费  总收入  总销  求和  加起来  加总  平均  均值  中位  百分位  百分比  占比  比例  统计  计算  算一下
            数量  人数  次数  频率  分布  排名  排序  排行  去重  重复  每[个]?(?:年|季度|月|周|天|日|小时)  按.{1,6}(?:分组|汇总)  最常  前[一二三四五六七八九十\d]+[名个条]
        """,
        amounts=r"""
            多少  几[个条次人年天章名项位封篇]  多[长久大高]  最[高低多少大小长短早晚贵好差新老快慢]  超过  少于  多于  低于  高于  从未  从来没  缺少  没有任何  没有.{1,6}的  至少  至多  之间
            差[距额]  增[长加]  减少  比.{1,8}[多少高低]
        """,
        counts=r"""
            多少[个]?[字词行句段章]  多少次  几次  数一数  统计  计算  算一下  加起来  排序
        """,
        groups=r"""
            按  每  各  趋势  走势  变化  支出  收入  花费  费用  金额  销售  销量  利润  相差  之差
        """,
        reads=r"""
            总结  概括  概述  摘要  概要  大意  解释  说明一下  讲解  翻译  译成  改写  描述  为什么  为何  讲了什么  说了什么  什么意思  含义  观点  看法  认为  语气
            第\s*[\d一二三四五六七八九十]+\s*[行条]
        """,
        has_spaces=False,
    ),
}
