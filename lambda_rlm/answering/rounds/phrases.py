"""Words by which a look at a question and its answer goes: nothing was found, the question is about all there is, units.

Owns the lists, of twelve languages (of units, ten). Refuses to understand: a word is in a list or it is not.
"""

from __future__ import annotations

import re
from typing import Final

from lambda_rlm.late_pattern import late_pattern

NOTHING: Final = frozenset(
    phrase
    for language in (
        "none, null, nil, n/a, nothing, nothing found, not found, no results, no result, no match, no matches, "
        "no answer, no data, not available, not available in the text, unknown, empty",
        "keine, nichts, nichts gefunden, nicht gefunden, kein ergebnis, keine ergebnisse, keine angabe, unbekannt",
        "aucun, aucune, rien, rien trouvé, introuvable, aucun résultat, non trouvé, inconnu",
        "ninguno, ninguna, nada, no encontrado, no se encontró, sin resultados, desconocido",
        "nessuno, nessuna, niente, non trovato, nessun risultato, sconosciuto",
        "nenhum, nenhuma, não encontrado, nada encontrado, sem resultados, desconhecido",
        "ничего, не найдено, ничего не найдено, нет данных, нет ответа, неизвестно",
        "无, 未找到, 没有找到, 找不到, 未知, 無, 見つかりません, 見つかりませんでした, なし, 該当なし, 不明",
        "없음, 찾을 수 없음, 찾을 수 없습니다, 결과 없음",
        "لا شيء, غير موجود, لم يتم العثور, لا يوجد, لا توجد نتائج",
        "कुछ नहीं, नहीं मिला, कोई परिणाम नहीं",
    )
    for phrase in language.split(", ")
)
"""Answers, in small letters and without marks at their ends, that say that there is none."""

ABOUT_ALL: Final = late_pattern(
    r"\b(?:all|every|each|overall|entire|whole|average|mean|median|percentile|how often|how many times|in total|altogether"
    r"|how many (?:of|different|distinct)|most (?:common|frequent|often))\b"
    r"|\b(?:alle[nrs]?|jede[mnrs]?|sämtliche|insgesamt|gesamte[mnrs]?|durchschnitt\w*|mittelwert|wie oft|am häufigsten|häufigste[nrs]?)\b"
    r"|\b(?:tous|toutes|chaque|au total|l'ensemble|moyenne|médiane|combien de fois|plus souvent|plus fréquente?s?)\b"
    r"|\b(?:todos|todas|cada|en total|promedio|mediana|cuántas veces|con más frecuencia|más frecuentes?)\b"
    r"|\b(?:tutti|tutte|ogni|in totale|complessiv\w+|in media|la media|quante volte|più frequent[ei]|più spesso)\b"
    r"|\b(?:no total|média|quantas vezes|mais frequentes?|mais comuns?)\b"
    r"|\b(?:все|всех|всем|каждый|каждая|каждого|каждой|всего|в среднем|средн\w+|медиан\w+|сколько раз|чаще всего)\b"
    r"|所有|全部|每个|每一|总共|一共|平均|中位数|多少次|最常"
    r"|すべて|全て|それぞれ|合計|中央値|何回|最も多"
    r"|모든|모두|각각|총|평균|중앙값|몇 번|가장 많"
    r"|(?<!\w)(?:كل|جميع|متوسط|إجمالي|كم مرة)(?!\w)"
    r"|सभी|प्रत्येक|कुल|औसत|कितनी बार",
    re.IGNORECASE,
)
"""A question with one of these is about all of the inputs, not about a place in them."""

UNITS: Final = tuple(
    tuple(names.split(", "))
    for names in (
        "ms, msec, msecs, millisecond, milliseconds, millisekunden, millisecondes, milisegundos, "
        "millisecondi, миллисекундах, мс, 毫秒, ミリ秒, 밀리초",
        "s, sec, secs, second, seconds, sekunden, secondes, segundos, secondi, секундах, секунд, 秒, 초",
        "min, mins, minute, minutes, minuten, minutos, minuti, минутах, минут, 分钟, 分, 분",
        "h, hr, hrs, hour, hours, stunden, heures, horas, ore, часах, часов, 小时, 時間, 시간",
        "day, days, tage, tagen, jours, días, giorni, dias, днях, дней, дня, день, 天, 日, 일",
        "km, kilometer, kilometers, kilometre, kilometres, kilometern, kilomètres, kilómetros, chilometri, "
        "quilômetros, километрах, км, 公里, キロ, 킬로미터",
        "km², km2, km^2, sq km, sq. km, square km, square kilometers, square kilometres, quadratkilometer, "
        "quadratkilometern, km carrés, kilomètres carrés, kilómetros cuadrados, km cuadrados, chilometri "
        "quadrati, quilômetros quadrados, квадратных километрах, кв. км, 平方公里, 平方キロ",
        "m, meter, meters, metre, metres, metern, mètres, metros, metri, метрах, м, 米, メートル, 미터",
        "kg, kilogram, kilograms, kilogramm, kilogrammes, kilogramos, chilogrammi, quilogramas, килограммах, "
        "кг, 公斤, 千克, キログラム, 킬로그램",
        "%, percent, per cent, prozent, pour cent, por ciento, per cento, por cento, процентах, 百分比, パーセント, 퍼센트",
        "$, usd, us$, dollar, dollars, dólares, dollari, долларах, 美元, ドル, 달러",
        "€, eur, euro, euros, евро, 欧元, ユーロ, 유로",
        "mb, megabyte, megabytes, мегабайтах, мб, 兆字节, メガバイト",
        "gb, gigabyte, gigabytes, гигабайтах, гб, ギガバイト",
    )
)
"""Units that a question may ask for, each by its names."""
