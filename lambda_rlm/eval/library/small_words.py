"""Words that are everywhere in a language, and so say nothing of where in a text something is.

Owns the words, by the language in which people ask: articles, pronouns, prepositions, auxiliaries, question words. Promises
that a word is small only in a query of its language, which is the one of which the query has the most small words; where
several fit, only what is small in all of them is; a single letter alone is not. So `war` is small beside `wo`, and not beside
`where`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from functools import cache
from typing import Final

from lambda_rlm.folding import marked
from lambda_rlm.late_pattern import late_pattern

LANGUAGES: Final[Mapping[str, str]] = {
    "English": """
        a an and are as at be been by did do does for from had has have he her his how in into is it its of on or she
        that the their them they this to was were what when where which who whom whose why with
    """,
    "German": """
        als am an auf aus bei das dem den der des die durch ein eine einem einen einer eines er es für hat hatte
        hatten haben ihr ihre ihrem ihren im in ist mit nach nicht oder sein seine seinen sich sie sind über und unter
        vom von wann war waren warum was welche welchem welchen welcher welches wem wen wer werden weshalb wessen wie
        wieso wieviel wird wo woher wohin wurde wurden zu zum zur
    """,
    "French": """
        a à au aux avait avec ce combien comment dans de des du elle elles en est et été était fut il ils la le les
        leur leurs ne on ont ou où par pas pour pourquoi quand que quel quelle quelles quels qui quoi sa sans se ses
        son sont sous sur un une y
    """,
    "Spanish": """
        a al como cómo con cuál cual cuáles cuándo cuando cuánta cuántas cuánto cuántos de del dónde donde el en era
        es están está fue fueron ha había han la las le lo los no o para por que qué quien quién quienes quiénes se
        sin sobre son su sus un una unas unos y
    """,
    "Portuguese": """
        a à ao aos as com como da das de do dos e é em era está estão foi na nas no nos não o onde os ou para por
        porque quais qual quando quanta quantas quanto quantos que quê quem se sem seu sua são tem têm um uma
    """,
    "Italian": """
        a al alla che chi come con cosa da dal dalla dei del della delle dello di dove e è era fu gli ha hanno i il in
        la le lo nei nel nella non o per perché quale quali quando quante quanti quanto senza si sono su sua sul sulla
        suo un una uno
    """,
    "Dutch": """
        aan bij de door een en er had hebben heeft het hij hoe hoeveel in is met naar niet of op te ten ter uit van
        voor waar waarom wanneer waren was wat welk welke werd wie worden wordt ze zij zijn
    """,
    "Scandinavian": """
        af av blev de den det en er et ett eller för for fra från ha hade hadde har havde hur hva hvad hvem hvilke
        hvilken hvilket hvor hvordan hvorfor hvornår i ikke inte med när når og och om på som til till vad var varför
        vart vem vilka vilken vilket är
    """,
    "Polish": """
        a był była było byli co czego czemu dla dlaczego do dokąd gdzie i ich ile jak jaka jaki jakie jego jej jest
        kiedy kogo komu kto która które której którego który na nie o od oraz po przez przy są się skąd ta ten to w we
        z za ze
    """,
    "Czech": """
        a byl byla bylo byli co čeho do i jak jaká jaké jaký je jsou k kam kde kdo kdy ke koho kolik komu která které
        který na o od odkud po pro proč při se si ta ten to v ve z za ze
    """,
    "Russian": """
        а был была были было в во где для до ее её его есть за зачем и из или их к какая какие какое какой как ко
        когда кого кому которая который кто куда ли на не о об он она они от откуда по почему при с сколько со у чего
        чем чему что это
    """,
    "Ukrainian": """
        або була були було був в від вона вони він де для до є за з зі і із її їх й його коли кого куди на не о об по
        при скільки та у хто це чи чого чому що як яка яке який які звідки
    """,
    "Greek": """
        από για γιατί γιατι δεν είναι ένα ένας έχει ή η ήταν θα και με μια να ο οι που πού ποια ποιο ποιοι ποιον ποιος
        πόσα πόσο πόσοι ποτε πότε πως πώς σε στα στη στην στο στον τα της την τι το τον του τους των
    """,
    "Turkish": """
        bir bu da de hangi için ile kaç kim kimi kimin mı mi mu mü nasıl ne neden nerede nereden nereye neyi niçin o
        şu var ve veya
    """,
    "Arabic": """
        أو أي أين إلى الذي التي الى او اي اين عن على في كان كانت كم كيف لا لماذا ما ماذا متى مع من هذا هذه هل هو هي و
    """,
    "Persian": """
        آن از است این با به بود چرا چگونه چند چه در را شد که کجا کدام کی می و یا
    """,
    "Hebrew": """
        איזה איך איפה אל את היא היה הייתה היכן הוא זה זו כמה לא לאן למה מדוע מה מי מתי על עם של
    """,
    "Hindi": """
        इस उस एक और कब कहां कहाँ का कितना कितनी कितने किस किसका किसने की के कैसे को कौन क्या क्यों था थी थे नहीं ने पर
        में यह या वह से है हैं
    """,
    "Vietnamese": """
        ai bao các cho có của được đâu đến gì hay khi không là mấy một nào nhiêu những ở sao thế trên trong từ và với
    """,
    "Indonesian": """
        adalah apa atau bagaimana berapa dan dari dengan di ini itu kapan ke kenapa mana mengapa pada siapa tidak
        untuk yang
    """,
}
"""Words in small letters, parted by white space; also as they are typed without accents, unless that is another word."""

ELIDED: Final = late_pattern(
    r"(?<![^\W_])(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|(?:d|n|s)?all|dell|nell|sull|un)['\u2019](?=[^\W_])"
    r"|(?<=[^\W_])['\u2019]s(?![^\W_])",
    re.IGNORECASE,
)
"""What an apostrophe joins to a word: `l'île`, `the ship's`."""

QUESTIONS: Final = late_pattern(
    "什么时候|什麼時候|为什么|為什麼|什么|什麼|哪里|哪裡|哪儿|哪个|哪個|怎么样|怎麼樣|怎么|怎麼|多少|"
    "どこ|いつ(?!も)|だれ|なぜ|どのような|どんな|でしたか|ましたか|ですか|ますか|"
    "ที่ไหน|เมื่อไหร่|เมื่อไร|เมื่อใด|เท่าไหร่|เท่าไร|อะไร|ทำไม|อย่างไร|ใคร(?![\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])|"
    "ຢູ່ໃສ|ເມື່ອໃດ|ແມ່ນຫຍັງ|នៅឯណា|នៅទីណា|នៅណា|អ្នកណា|នៅពេលណា|ဘယ်မှာ|ဘယ်သူ|ဘာလဲ"
)
"""Question words of scripts without spaces, whose signs are part of no longer word."""


def small_words(words: Set[str]) -> Set[str]:
    """Those of the words of a query, in small letters, that say nothing in its language."""
    shared = [words & small for small in _languages()]
    most = max(map(len, shared))
    small = frozenset.intersection(*(frozenset(small) for small in shared if len(small) == most))
    return small if most > 1 else frozenset(word for word in small if len(word) > 1)


@cache
def _languages() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(marked(words).split()) for words in LANGUAGES.values())
