"""What may be around a label and says nothing else: "The answer is …", "Label: …", "这条评论是…的".

Owns `FRAMES`, the closed list by language, and the `patterns` made of it. Every frame affirms: what denies, doubts or compares
is in no language's list, and so what is not listed here is never read over. Texts are matched folded (see `folding`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.folding import folded


@dataclass(frozen=True, slots=True)
class Language:
    """The frames of one language, alternatives parted by `|`. `gap` is between its words."""

    fields: str
    """Names before a colon: "Answer: …"."""
    kinds: str = ""
    """What may come before such a name: "final answer"."""
    subjects: str = ""
    """What is said to be something, beside the fields: "this review"."""
    copulas: str = ""
    """How it is said: "is". A subject or field comes before."""
    openers: str = ""
    """What may come before on its own: "I would say", "it is"."""
    closers: str = ""
    """What may come after, with a space before where words have one: "olarak"."""
    endings: str = ""
    """What may come after, written together with the label: "です", "dır"."""
    attached: str = ""
    """What may come before, written together with the label: the article "ال"."""
    reasons: str = ""
    """Names of the reasons that follow an answer: "Explanation: …"."""
    gap: str = " "


_ENGLISH_THINGS: Final = (
    "review|text|comment|sentence|message|statement|item|passage|tweet|post|question|ticket|email|document|article|entry|line"
)
_CHINESE_THINGS: Final = "评论|评价|文本|内容|句子|消息|帖子|邮件|文章|问题|描述"

FRAMES: Final = (
    Language(
        fields="answer|label|class|category|classification|sentiment|result|output|verdict|rating|type|topic|"
        "choice|option|tone|"
        "reply|response|decision|judgment|judgement|stance|emotion|mood|polarity|priority|severity|status|"
        "language|intent|number|score|grade",
        kinds="the|my|your|its|final|correct|right|best|overall|chosen|selected|predicted|the final|the correct|"
        "the right|the best|"
        "the overall|the chosen|the predicted|the most fitting|my final|its overall|most fitting|assigned|the assigned",
        subjects="|".join(f"{start} {thing}" for start in ("the", "this") for thing in _ENGLISH_THINGS.split("|"))
        + "|it|this|that",
        copulas="is|would be|is clearly|would be classified as|conveys|expresses a|conveys a|is classified as|is labeled|is labelled|should be labeled|"
        "should be labelled|falls under|"
        "is labeled as|is labelled as|should be classified as|can be classified as|belongs to|expresses",
        openers="|".join(f"based on {start} {thing}" for start in ("the", "this") for thing in _ENGLISH_THINGS.split("|"))
        + "|overall|i think|i believe|in my opinion|here is|here's|here’s|sure!|certainly!|certainly|of course|of course!|"
        "i would say|i'd say|i’d say|i say|i choose|i pick|i select|i'd choose|i would choose|it's|it’s|"
        "that's|that’s|a|an|the|"
        "i'd go with|i would go with|i classify it as|i classify this as|i would classify this as|"
        "i would classify it as|sure|okay|ok",
        closers="review|comment|sentiment|statement|label|category|class|text|one|tone",
        reasons="reason|reasons|reasoning|explanation|rationale|justification|why|evidence|reason for this|because",
    ),
    Language(
        fields="antwort|kategorie|klasse|klassifikation|klassifizierung|stimmung|bewertung|ergebnis|einstufung|"
        "wahl|urteil|typ|thema|label",
        kinds="die|das|meine|mein|endgültige|richtige|die richtige|die endgültige|das richtige",
        subjects="der text|dieser text|die rezension|diese rezension|der kommentar|dieser kommentar|die aussage|"
        "diese aussage|"
        "die nachricht|der satz|dieser satz|das|es|er|sie|dies",
        copulas="ist|lautet|wäre|ist eindeutig|gehört zu|fällt unter",
        openers="ich würde sagen|ich wähle|ich sage|ein|eine|einer|das",
        closers="zu bewerten|einzustufen",
        reasons="begründung|grund|erklärung|warum",
    ),
    Language(
        fields="réponse|catégorie|classe|classification|étiquette|sentiment|résultat|verdict|choix|type|thème|avis|tonalité",
        kinds="la|le|ma|mon|bonne|finale|la bonne|le bon|ma",
        subjects="le texte|ce texte|l'avis|cet avis|le commentaire|ce commentaire|le message|ce message|"
        "la phrase|cette phrase|il|elle",
        copulas="est|serait|est clairement",
        openers="je dirais|je choisis|c'est|c’est|ce serait|une|le|la",
        reasons="raison|explication|justification|pourquoi",
    ),
    Language(
        fields="respuesta|categoría|clase|clasificación|etiqueta|sentimiento|resultado|veredicto|elección|opción|tipo|tema|"
        "resposta|categoria|classe|classificação|sentimento|veredito|escolha|rótulo|"
        "risposta|classificazione|etichetta|risultato|verdetto|scelta|opzione",
        kinds="la|el|mi|su|a|o|minha|il|lo|mia|la mia|final|correcta|la mejor|correta",
        subjects="el texto|este texto|la reseña|esta reseña|el comentario|este comentario|el mensaje|esta frase|"
        "o texto|este comentário|"
        "o comentário|esta avaliação|a avaliação|il testo|questo testo|il commento|questo commento|"
        "la recensione|questa recensione|"
        "la mía",
        copulas="es|sería|é|seria|sarebbe|è|claramente es",
        openers="yo diría|diría|eu diria|diria|direi|elijo|escolho|scelgo|es|é|è|una|uno|um|uma",
        reasons="razón|motivo|explicación|justificación|explicação|justificativa|razão|spiegazione|motivazione|porque|perché",
    ),
    Language(
        fields="antwoord|categorie|klasse|classificatie|resultaat|oordeel|keuze|svar|kategori|resultat|klass|"
        "etikett|vastaus|luokka|"
        "odpowiedź|kategoria|klasa|etykieta|wynik|odpověď|kategorie|válasz|kategória|răspuns|jawaban|kategori|"
        "câu trả lời|đáp án|nhãn|jibu|"
        "kết quả|phân loại",
        kinds="het|de|mijn|det|den|mitt|moja|má|az|a",
        subjects="de tekst|deze tekst|de recensie|deze recensie|texten|den här texten|teksten|to|tekst|"
        "ten tekst|opinia|ta opinia|"
        "teks ini|ulasan ini|komentar ini|đánh giá này|bình luận này|văn bản này",
        copulas="is|är|er|on|jest|to|je|adalah|là",
        openers="ik zou zeggen|het is|jag skulle säga|det är|det er|se on|to jest|jest|je to|ini adalah|teks ini|ulasan ini|komentar ini|kalimat ini|jibu ni|đó là|đây là",
        reasons="reden|uitleg|toelichting|förklaring|begrundelse|uzasadnienie|wyjaśnienie|powód|odůvodnění|"
        "alasan|penjelasan|lý do|giải thích",
    ),
    Language(
        fields="ответ|категория|класс|классификация|метка|тональность|настроение|результат|оценка|вердикт|выбор|тип|тема|"
        "відповідь|категорія|клас|мітка|тональність|отговор|одговор|категорија",
        kinds="мой|правильный|итоговый|окончательный|моя|моят",
        subjects="это|этот отзыв|отзыв|этот текст|текст|этот комментарий|комментарий|это сообщение|сообщение|"
        "цей відгук|відгук|це|"
        "този отзив|този текст",
        copulas="—|–|-|є|е|это|является",
        openers="это|я бы сказал|я бы сказала|я выбираю|це|я б сказав|това е|бих казал",
        closers="отзыв|комментарий",
        reasons="причина|объяснение|обоснование|пояснение|почему|пояснення|обґрунтування|обяснение",
    ),
    Language(
        fields="απάντηση|κατηγορία|ετικέτα|ταξινόμηση|αποτέλεσμα|συναίσθημα",
        kinds="η|το|τελική|η τελική|η σωστή",
        subjects="το κείμενο|αυτό το κείμενο|το σχόλιο|αυτό το σχόλιο|η κριτική|αυτή η κριτική|αυτό",
        copulas="είναι",
        openers="θα έλεγα|είναι|επιλέγω|ένα|μια",
        reasons="αιτιολόγηση|εξήγηση|λόγος",
    ),
    Language(
        fields="cevap|yanıt|etiket|kategori|sınıf|sınıflandırma|duygu|sonuç|karar|seçim",
        kinds="doğru|nihai|son",
        subjects="bu yorum|yorum|bu metin|metin|bu mesaj|mesaj|bu cümle|cümle|bu",
        copulas="şudur|şu",
        openers="bence|bu yorum|bu metin|yorum|metin",
        closers="olarak değerlendirilebilir|olarak sınıflandırılır|bir yorum|bir yorumdur|olur|derim",
        endings="dır|dir|dur|dür|tır|tir|tur|tür",
        reasons="gerekçe|neden|açıklama|sebep",
    ),
    Language(
        fields="الإجابة|الجواب|التصنيف|الفئة|التسمية|النتيجة|المشاعر|إجابة|تصنيف|פתרון|תשובה|התשובה|קטגוריה|"
        "סיווג|تווית|پاسخ|دسته|برچسب|جواب|نتیجه",
        kinds="النهائية",
        subjects="هذا التعليق|التعليق|هذه المراجعة|المراجعة|النص|هذا النص|هذا|هذه|الإجابة الصحيحة|این نظر|"
        "این متن|הטקסט|הביקורת",
        copulas="هي|هو|היא|הוא",
        openers="أقول|سأقول|هذا|هو|هي|إنه|إنها|זה|این|این نظر|این متن|این دیدگاه|הביקורת|הטקסט|هذا التعليق|هذه المراجعة",
        closers="است",
        attached="ال",
        reasons="السبب|التفسير|الشرح|سبب|הסבר|סיבה|دلیل|توضیح",
    ),
    Language(
        fields="उत्तर|जवाब|श्रेणी|वर्ग|लेबल|परिणाम|भावना|उत्तर है",
        kinds="मेरा|सही|अंतिम|इसका",
        subjects="",
        copulas="",
        openers="यह|यह समीक्षा|यह टिप्पणी|समीक्षा|टिप्पणी|यह पाठ|उत्तर|जवाब|मेरा उत्तर|सही उत्तर",
        closers="है|हैं|है।|समीक्षा है|टिप्पणी है",
        reasons="कारण|व्याख्या|स्पष्टीकरण",
    ),
    Language(
        fields="答案|回答|标签|標籤|类别|類別|分类|分類|情感|情绪|情緒|结果|結果|结论|判断|选项|選項|类型|情感倾向|评价",
        kinds="最终|正确|我的|最終|正確|我的最终|该评论的|这条评论的|该文本的",
        subjects="|".join(
            f"{start}{thing}"
            for start in ("这条", "这个", "这段", "该", "此", "本", "這條", "這個", "這篇", "这篇", "这句")
            for thing in _CHINESE_THINGS.split("|")
        )
        + "|评论|文本|内容|这|这句话|这段话|這條評論|這則評論|它",
        copulas="是|为|為|属于|應為|应为|应该是|可以归类为",
        openers="是|我认为是|我認為是|我会说|我选择|我選擇|属于|应为",
        closers="的|的评论|的評論|的评价|评价|評價|评论|評論|的情感|情感|情绪|类|的内容|内容|性的|性",
        reasons="理由|原因|解释|解釋|说明|說明|分析",
        gap="",
    ),
    Language(
        fields="答え|回答|解答|ラベル|分類|カテゴリ|カテゴリー|感情|結果|結論|判定|評価",
        kinds="最終|正しい|私の|最終的な",
        subjects="このレビュー|このコメント|この文章|この文|このテキスト|これ|レビュー|コメント|文章|テキスト|評価|感情|正解",
        copulas="は|が",
        openers="私は",
        closers="です|だ|である|になります|となります|に分類されます|的です|的な内容です|的な評価です|的なレビューです|な評価です|なレビューです|"
        "なコメントです|だと思います|と判断します|的|のレビューです|評価です|と言えます",
        reasons="理由|説明|根拠|解説",
        gap="",
    ),
    Language(
        fields="답변|답|정답|라벨|레이블|분류|카테고리|범주|감정|결과|결론|판단",
        kinds="최종|올바른|나의|제",
        subjects="이 리뷰|이 댓글|이 문장|이 텍스트|이 글|이것|리뷰|댓글|문장|텍스트",
        copulas="은|는|이|가",
        openers="저는",
        closers="입니다|이다|예요|이에요|이예요|적입니다|적이다|적|적인 리뷰입니다|적인 댓글입니다|적인 평가입니다|으로 분류됩니다|로 분류됩니다|"
        "이라고 생각합니다|라고 생각합니다|이라고 판단됩니다|라고 할 수 있습니다|이라고 할 수 있습니다",
        reasons="이유|설명|근거",
        gap="",
    ),
    Language(
        fields="คำตอบ|คำตอบคือ|ป้าย|ป้ายกำกับ|หมวดหมู่|ประเภท|ความรู้สึก|ผลลัพธ์|ຄຳຕອບ|ចម្លើយ|အဖြေ",
        kinds="",
        subjects="ความคิดเห็นนี้|รีวิวนี้|ข้อความนี้|บทวิจารณ์นี้|คำตอบสุดท้าย|คำตอบที่ถูกต้อง|นี่|ความเห็นนี้",
        copulas="คือ|เป็น|เป็นเชิง|เป็นความคิดเห็นเชิง|เป็นรีวิวเชิง|แสดงความรู้สึกเชิง",
        openers="คือ|เป็น|เป็นเชิง|เชิง|ผมคิดว่าเป็น|ฉันคิดว่าเป็น",
        closers="ครับ|ค่ะ|คะ|นะครับ|นะคะ",
        reasons="เหตุผล|คำอธิบาย|เพราะ",
        gap="",
    ),
)

_TAG: Final = r"</?(?:answer|label|output|result|category|class|sentiment|reply|response|choice|final_answer|final)>"
_STOP: Final = r"</s>|<\|[a-z_]{2,16}\|>|<end_of_turn>"
"""Marks by which models end a turn, where a server leaves them in."""
_TICKED: Final = r"\[[x✓✔]\]"
_LATEX: Final = r"\\boxed ?\{|\\(?:text|textbf|mathrm|mathbf) ?\{|\$+"
_OPTION: Final = (
    r"(?:option|choice|number|label|answer|no\.|nr\.|#|№|选项|選項|第|옵션|ตัวเลือก|opción|opção|вариант) ?(?=\d|[a-z]\b)"
)
_COUNTER: Final = r"(?<=\d)(?:个|個|项|項|番目|番|번째|번)"
_LIST_NUMBER: Final = r"(?:\d{1,2}[.)]|[a-z][.)]|\([a-z0-9]\)) "
_COLON: Final = r"[\s*_\"'`”’」』)\]]*(?:[:=→]|=>|->|[-–—](?= )|是[:]|为[:])"


def _any(phrases: str) -> str:
    return "|".join(re.escape(folded(phrase)) for phrase in sorted(phrases.split("|"), key=len, reverse=True) if phrase)


def _field_of(language: Language) -> str:
    kinds = f"(?:(?:{_any(language.kinds)}) ?)?" if language.kinds else ""
    return rf"{kinds}(?:{_any(language.fields)})"


def _statement_of(language: Language) -> str:
    """A subject with its copula."""
    subject = "|".join(part for part in (_any(language.subjects), _field_of(language)) if part)
    gap = " " if language.gap else " ?"
    of = (
        rf"(?: (?:of|for|in|expressed in) (?:{_any(language.subjects)}))?" if language.subjects.startswith("the review") else ""
    )
    return rf"(?:{subject}){of}{gap}(?:{_any(language.copulas)})"


@dataclass(frozen=True, slots=True)
class Patterns:
    """The frames of all languages, as they are looked for in a folded text."""

    field: re.Pattern[str]
    """The name of an answer with its colon."""
    reason: re.Pattern[str]
    """The name of a reason with its colon."""
    openings: tuple[re.Pattern[str], ...]
    """What may come before a label."""
    attached: tuple[re.Pattern[str], ...]
    """What may be written together with a label, before it."""
    closings: tuple[re.Pattern[str], ...]
    """What may come after a label."""
    endings: tuple[re.Pattern[str], ...]
    """What may be written together with a label, after it."""
    list_number: re.Pattern[str]
    """The place in a list that a label is given with, at the beginning of a reply."""


@cache
def patterns() -> Patterns:
    """The patterns, made when they are first needed: a reply that is a label as it is written needs none."""
    fields = [rf"(?:{_field_of(language)}){_COLON}" for language in FRAMES]
    statements = [_statement_of(language) for language in FRAMES if language.copulas]
    return Patterns(
        field=re.compile("|".join(fields)),
        reason=re.compile("|".join(rf"(?:{_any(language.reasons)}){_COLON}" for language in FRAMES if language.reasons)),
        openings=_compiled(
            [*fields, *statements, *(_any(language.openers) for language in FRAMES), _TAG, _TICKED, _LATEX, _OPTION]
        ),
        attached=_compiled([_any(language.attached) for language in FRAMES]),
        closings=_compiled([*(_any(language.closers) for language in FRAMES), _TAG, _STOP, _COUNTER]),
        endings=_compiled([_any(language.endings) for language in FRAMES]),
        list_number=re.compile(_LIST_NUMBER),
    )


def _compiled(sources: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(source) for source in sources if source)
