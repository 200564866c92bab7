"""Small texts in many languages, and a model that answers from what it is shown of them alone.

Owns `LANGUAGES`, and `Reader`: it knows the sentences of a language, and says of a question what the sentences in the prompt say;
where the right one is not shown and one that is like it is, it gives that one's answer, which is wrong.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from typing import Any

from lambda_rlm.completion import Completion, CompletionRequest, ModelProfile, StopReason, Usage
from lambda_rlm.llm.scripted import ScriptedModel

_MARKER = re.compile(r"\n?</?data [0-9a-f]+>\n?")
_ITEM = re.compile(r"^\[+(\d+)\]+ (.*?)(?=^\[+\d+\]+ |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language: `fillers` say nothing of the `question`, of which `fact` holds the `answer` and `decoy` a `wrong` one; `typed` is
    the question as it is typed in haste. Items are `good` or `bad`, by name; `born` says who was born where."""

    fillers: tuple[str, ...]
    fact: str
    answer: str
    decoy: str
    wrong: str
    question: str
    typed: str
    good: str
    bad: str
    items: tuple[str, str]
    """One of each, with a place for a number."""
    born: str
    people: tuple[tuple[str, str], ...]
    sort: str
    count: str
    table: str

    def book(self, paragraphs: int = 240) -> str:
        """A long text with the fact near its end, and what is like it in more places than are read at once."""
        drawn = random.Random(7)
        pages = [" ".join(drawn.choices(self.fillers, k=4)) for _ in range(paragraphs)]
        pages = [f"{page} {self.decoy}" if at % 4 == 0 else page for at, page in enumerate(pages)]
        pages.insert(paragraphs * 5 // 6, self.fact)
        return "\n\n".join(pages)

    def reviews(self) -> list[tuple[str, str]]:
        """Each item with its label."""
        return [(self.items[n % 3 == 0].format(n + 1), (self.good, self.bad)[n % 3 == 0]) for n in range(8)]

    def register(self) -> str:
        """A text that says who was born where, among other things."""
        lines = [self.born.format(who=who, where=where) for who, where in self.people]
        return "\n".join(line for pair in zip(self.fillers, lines, strict=False) for line in pair)


def spaced(text: str) -> str:
    return " ".join(text.split())


class Reader(ScriptedModel):
    """Reads the prompts of the strategies, and replies by what they show."""

    def __init__(self, language: Spoken, profile: ModelProfile) -> None:
        super().__init__([], profile)
        self._language = language

    async def complete(self, request: CompletionRequest) -> Completion:
        prompt = _MARKER.sub("\n", request.messages[-1].content)
        self.prompts.append(prompt)
        text = self._reply(prompt)
        return Completion(text, Usage(self.count_tokens(request.messages), 8, cost=0.0), StopReason.STOP, self.profile.name)

    def _reply(self, prompt: str) -> str:
        language = self._language
        if prompt.startswith("Answer the question from"):
            return self._said(prompt)
        if prompt.startswith("Copy the one sentence"):
            return json.dumps(next((one for one in (language.fact, language.decoy) if spaced(one) in spaced(prompt)), None))
        if prompt.startswith("Which labels"):
            return json.dumps({"labels": [language.good, language.bad], "meaning": "-"})
        if prompt.startswith("Say what has to be counted"):
            return json.dumps(_counting(language.good, language.bad))
        if prompt.startswith("Give each item its label"):
            found = _ITEM.findall(prompt.partition("\nItems:\n")[2])
            return json.dumps({number: self._label(text) for number, text in found}, ensure_ascii=False)
        if prompt.startswith("Which columns"):
            return json.dumps({"columns": ["who", "where"], "order": None, "most": None})
        if prompt.startswith("List what is asked"):
            return json.dumps({"reply": self._rows(prompt)}, ensure_ascii=False)
        raise AssertionError(f"no strategy asks this: {prompt[:200]!r}")

    def _said(self, prompt: str) -> str:
        language, shown = self._language, spaced(prompt)
        if spaced(language.fact) in shown:
            return language.answer
        return language.wrong if spaced(language.decoy) in shown else "not found"

    def _label(self, text: str) -> str:
        """A label as models write it: in other casing, with a full stop."""
        good, bad = (re.escape(item).replace(r"\{\}", r"\d+") for item in self._language.items)
        if re.search(good, text):
            return self._language.good.upper() + "."
        assert re.search(bad, text), text
        return f"**{self._language.bad}**"

    def _rows(self, prompt: str) -> list[dict[str, Any]]:
        """A row for each that stands in the prompt, quoted with the signs that a keyboard has."""
        rows = [(who, where, self._language.born.format(who=who, where=where)) for who, where in self._language.people]
        return [{"quote": on_keyboard(said), "values": [who, where]} for who, where, said in rows if said in prompt]


def on_keyboard(text: str) -> str:
    return re.sub("[“”„«»]", '"', re.sub("[‘’]", "'", re.sub("[—–]", "-", text)))


def _counting(good: str, bad: str) -> dict[str, Any]:
    condition = {"field": "label", "test": "is", "values": [good]}
    what = {"labels": [good, bad], "meaning": "-", "where": [], "first": [condition], "second": [], "ask": "count", "by": None}
    return what | {"test": "at least", "number": 0, "form": "", "words": [], "dates": None}


LANGUAGES = {
    "English": Spoken(
        ("The market opens early.", "Rain fell on the hills.", "The boats came home at noon.", "Nobody sang that day.", "The bread was warm."),
        "Marta hid the key under the blue bucket.", "under the blue bucket",
        "The gardener hid the ladder behind the barn.", "behind the barn",
        "Where did Marta hide the key?", "where did marta hide the key",
        "good", "bad", ("Room {} was lovely.", "Room {} was dirty."),
        "“{who} was born in {where}” — so it is written.", (("Ann", "Rye"), ("Bob", "Ely"), ("Eve", "Bath")),
        "Is each line good or bad?", "How many lines are good?", "Who was born where?",
    ),
    "German": Spoken(
        ("Der Markt öffnet früh.", "Auf den Hügeln fiel Regen.", "Die Boote kamen mittags heim.", "Niemand sang an diesem Tag.", "Das Brot war noch warm."),
        "Die Müllerin versteckte den Schlüssel unter dem blauen Eimer.", "unter dem blauen Eimer",
        "Der Gärtner versteckte die Leiter hinter der Scheune.", "hinter der Scheune",
        "Wo hat die Müllerin den Schlüssel versteckt?", "wo hat die Muellerin den Schluessel versteckt",
        "gut", "schlecht", ("Zimmer {} war schön.", "Zimmer {} war schmutzig."),
        "„{who} wurde in {where} geboren“ – so steht es da.", (("Jörg", "Köln"), ("Anke", "Gießen"), ("Uwe", "Fürth")),
        "Ist jede Zeile gut oder schlecht?", "Wie viele Zeilen sind gut?", "Wer wurde wo geboren?",
    ),
    "French": Spoken(
        ("Le marché ouvre tôt.", "La pluie tombait sur les collines.", "Les bateaux sont rentrés à midi.", "Personne ne chantait.", "Le pain était chaud."),
        "Hélène a caché la clé sous le seau bleu.", "sous le seau bleu",
        "Le jardinier a caché l’échelle derrière la grange.", "derrière la grange",
        "Où Hélène a-t-elle caché la clé ?", "ou helene a-t-elle cache la cle",
        "bon", "mauvais", ("La chambre {} était belle.", "La chambre {} était sale."),
        "« {who} est né à {where} », c’est écrit.", (("Zoé", "Nîmes"), ("Léo", "Sète"), ("Anaïs", "Évian")),
        "Chaque ligne est-elle bon ou mauvais ?", "Combien de lignes sont bon ?", "Qui est né où ?",
    ),
    "Spanish": Spoken(
        ("El mercado abre temprano.", "La lluvia caía en las colinas.", "Los barcos volvieron al mediodía.", "Nadie cantaba ese día.", "El pan estaba caliente."),
        "María escondió la llave bajo el cubo azul.", "bajo el cubo azul",
        "El jardinero escondió la escalera tras el granero.", "tras el granero",
        "¿Dónde escondió María la llave?", "donde escondio maria la llave",
        "bueno", "malo", ("La habitación {} era bonita.", "La habitación {} estaba sucia."),
        "«{who} nació en {where}»: así está escrito.", (("Íñigo", "León"), ("Begoña", "Cádiz"), ("Ana", "Logroño")),
        "¿Cada línea es bueno o malo?", "¿Cuántas líneas son bueno?", "¿Quién nació dónde?",
    ),
    "Portuguese": Spoken(
        ("O mercado abre cedo.", "A chuva caía nas colinas.", "Os barcos voltaram ao meio-dia.", "Ninguém cantava nesse dia.", "O pão estava quente."),
        "João escondeu a chave do portão sob o balde azul.", "sob o balde azul",
        "O jardineiro escondeu a escada atrás do celeiro.", "atrás do celeiro",
        "Onde João escondeu a chave do portão?", "onde joao escondeu a chave do portao",
        "bom", "mau", ("O quarto {} era bonito.", "O quarto {} estava sujo."),
        "“{who} nasceu em {where}” — assim está escrito.", (("Inês", "Évora"), ("Conceição", "Guimarães"), ("Rui", "Faro")),
        "Cada linha é bom ou mau?", "Quantas linhas são bom?", "Quem nasceu onde?",
    ),
    "Polish": Spoken(
        ("Targ otwiera się wcześnie.", "Na wzgórza padał deszcz.", "Łodzie wróciły w południe.", "Nikt tego dnia nie śpiewał.", "Chleb był ciepły."),
        "Małgorzata schowała klucz pod niebieskim wiadrem.", "pod niebieskim wiadrem",
        "Ogrodnik schował drabinę za stodołą.", "za stodołą",
        "Gdzie Małgorzata schowała klucz?", "gdzie malgorzata schowala klucz",
        "dobry", "zły", ("Pokój {} był ładny.", "Pokój {} był brudny."),
        "„{who} urodził się w {where}” – tak napisano.", (("Paweł", "Łodzi"), ("Józef", "Gdańsku"), ("Michał", "Toruniu")),
        "Czy każda linia jest dobry czy zły?", "Ile linii jest dobry?", "Kto gdzie się urodził?",
    ),
    "Russian": Spoken(
        ("Рынок открывается рано.", "На холмы падал дождь.", "Лодки вернулись в полдень.", "В тот день никто не пел.", "Хлеб был тёплым."),
        "Алёна спрятала ключ под синим ведром.", "под синим ведром",
        "Садовник спрятал лестницу за сараем.", "за сараем",
        "Где Алёна спрятала ключ?", "где алена спрятала ключ",
        "хороший", "плохой", ("Номер {} был чистым.", "Номер {} был грязным."),
        "«{who} родился в {where}» — так написано.", (("Пётр", "Твери"), ("Семён", "Орле"), ("Фёдор", "Омске")),
        "Каждая строка хороший или плохой?", "Сколько строк хороший?", "Кто где родился?",
    ),
    "Greek": Spoken(
        ("Η αγορά ανοίγει νωρίς.", "Έβρεχε στους λόφους.", "Οι βάρκες γύρισαν το μεσημέρι.", "Κανείς δεν τραγουδούσε.", "Το ψωμί ήταν ζεστό."),
        "Η Ελένη έκρυψε το κλειδί κάτω από τον γαλάζιο κουβά.", "κάτω από τον γαλάζιο κουβά",
        "Ο κηπουρός έκρυψε τη σκάλα πίσω από τον αχυρώνα.", "πίσω από τον αχυρώνα",
        "Πού έκρυψε η Ελένη το κλειδί;", "που εκρυψε η ελενη το κλειδι",
        "καλό", "κακό", ("Το δωμάτιο {} ήταν ωραίο.", "Το δωμάτιο {} ήταν βρώμικο."),
        "«{who} γεννήθηκε στο {where}» — έτσι γράφει.", (("Νίκος", "Βόλο"), ("Γιώργος", "Ρέθυμνο"), ("Άννα", "Κιλκίς")),
        "Κάθε γραμμή είναι καλό ή κακό;", "Πόσες γραμμές είναι καλό;", "Ποιος γεννήθηκε πού;",
    ),
    "Turkish": Spoken(
        ("Pazar erken açılır.", "Tepelere yağmur yağdı.", "Tekneler öğlen döndü.", "O gün kimse şarkı söylemedi.", "Ekmek sıcaktı."),
        "Işıl anahtarı mavi kovanın altına sakladı.", "mavi kovanın altına",
        "Bahçıvan merdiveni ahırın arkasına sakladı.", "ahırın arkasına",
        "Işıl anahtarı nereye sakladı?", "ISIL ANAHTARI NEREYE SAKLADI",
        "iyi", "kötü", ("{} numaralı oda güzeldi.", "{} numaralı oda kirliydi."),
        "“{who}, {where} doğumludur” — böyle yazıyor.", (("İpek", "İzmir"), ("Çağrı", "Muğla"), ("Işık", "Ağrı")),
        "Her satır iyi mi kötü mü?", "Kaç satır iyi?", "Kim nerede doğdu?",
    ),
    "Arabic": Spoken(
        ("يفتح السوق باكرا.", "هطل المطر على التلال.", "عادت القوارب ظهرا.", "لم يغن أحد ذلك اليوم.", "كان الخبز ساخنا."),
        "أَخْفَتْ آمنة المِفْتاح تحت الدلو الأزرق.", "تحت الدلو الأزرق",
        "أخفى البستاني السلم وراء الحظيرة.", "وراء الحظيرة",
        "أين أخفت آمنة المفتاح؟", "اين اخفت امنه المفتاح",
        "جيد", "سيئ", ("الغرفة {} كانت جميلة.", "الغرفة {} كانت قذرة."),
        "«{who} من مواليد {where}» هكذا كتب.", (("أحمد", "طنطا"), ("إيمان", "صيدا"), ("آدم", "إربد")),
        "هل كل سطر جيد أم سيئ؟", "كم عدد الأسطر جيد؟", "من ولد أين؟",
    ),
    "Hebrew": Spoken(
        ("השוק נפתח מוקדם.", "גשם ירד על הגבעות.", "הסירות חזרו בצהריים.", "איש לא שר באותו יום.", "הלחם היה חם."),
        "רִבְקָה הִחְבִּיאָה את המַּפְתֵּחַ מתחת לדלי הכחול.", "מתחת לדלי הכחול",
        "הגנן החביא את הסולם מאחורי האסם.", "מאחורי האסם",
        "איפה החביאה רבקה את המפתח?", "איפה החביאה רבקה את המפתח",
        "טוב", "רע", ("חדר {} היה יפה.", "חדר {} היה מלוכלך."),
        "״{who} נולד ב{where}״ – כך כתוב.", (("דוד", "צפת"), ("יוסף", "עכו"), ("משה", "לוד")),
        "האם כל שורה טוב או רע?", "כמה שורות הן טוב?", "מי נולד איפה?",
    ),
    "Hindi": Spoken(
        ("बाज़ार जल्दी खुलता है।", "पहाड़ियों पर बारिश हुई।", "नावें दोपहर में लौटीं।", "उस दिन किसी ने गाना नहीं गाया।", "रोटी गरम थी।"),
        "फ़ातिमा ने चाबी नीली बाल्टी के नीचे छिपाई।", "नीली बाल्टी के नीचे",
        "माली ने सीढ़ी खलिहान के पीछे रखी।", "खलिहान के पीछे",
        "फ़ातिमा ने चाबी कहाँ छिपाई?", "फातिमा ने चाबी कहां छिपाई",
        "अच्छा", "बुरा", ("कमरा {} सुंदर था।", "कमरा {} गंदा था।"),
        "“{who} का जन्म {where} में हुआ” — यही लिखा है।", (("राम", "पुणे"), ("मीना", "पटना"), ("फ़राज़", "मेरठ")),
        "हर पंक्ति अच्छा है या बुरा?", "कितनी पंक्तियाँ अच्छा हैं?", "कौन कहाँ जन्मा?",
    ),
    "Thai": Spoken(
        ("ตลาดเปิดแต่เช้า", "ฝนตกบนเนินเขา", "เรือกลับมาตอนเที่ยง", "วันนั้นไม่มีใครร้องเพลง", "ขนมปังยังอุ่นอยู่"),
        "มานีซ่อนกุญแจไว้ใต้ถังสีฟ้า", "ใต้ถังสีฟ้า",
        "คนสวนซ่อนบันไดไว้หลังโรงนา", "หลังโรงนา",
        "มานีซ่อนกุญแจไว้ที่ไหน", "กุญแจของมานีซ่อนไว้ที่ไหนครับ",
        "ดี", "แย่", ("ห้อง {} สวยมาก", "ห้อง {} สกปรก"),
        "“{who}เกิดที่{where}” ว่าไว้อย่างนั้น", (("สมชาย", "น่าน"), ("มะลิ", "ตรัง"), ("ปิติ", "เลย")),
        "แต่ละบรรทัดดีหรือแย่", "มีกี่บรรทัดที่ดี", "ใครเกิดที่ไหน",
    ),
    "Chinese": Spoken(
        ("集市一早就开门。", "山坡上下了雨。", "船队中午回港。", "那天没有人唱歌。", "面包还热着。"),
        "李梅把钥匙藏在蓝色水桶下面。", "蓝色水桶下面",
        "园丁把梯子藏在谷仓后面。", "谷仓后面",
        "李梅把钥匙藏在哪里？", "李梅　的钥匙藏在哪儿",
        "好", "差", ("第{}间房很漂亮。", "第{}间房很脏。"),
        "“{who}生于{where}”——书上这样写。", (("王勇", "苏州"), ("赵敏", "开封"), ("孙丽", "大理")),
        "每一行是好还是差？", "有多少行是好？", "谁生于哪里？",
    ),
    "Japanese": Spoken(
        ("市場は朝早く開く。", "丘に雨が降った。", "船は昼に戻った。", "その日は誰も歌わなかった。", "パンはまだ温かい。"),
        "マリは鍵を青いバケツの下に隠した。", "青いバケツの下",
        "庭師は梯子を納屋の裏に隠した。", "納屋の裏",
        "マリは鍵をどこに隠しましたか？", "ﾏﾘﾊ鍵ｦﾄﾞｺﾆ隠ｼﾀ?",
        "良い", "悪い", ("{}号室はきれいだった。", "{}号室は汚かった。"),
        "「{who}は{where}で生まれた」――とある。", (("健", "津"), ("花子", "奈良"), ("次郎", "松江")),
        "各行は良いか悪いか？", "良い行はいくつ？", "誰がどこで生まれた？",
    ),
    "Korean": Spoken(
        ("시장은 일찍 연다.", "언덕에 비가 내렸다.", "배들은 정오에 돌아왔다.", "그날은 아무도 노래하지 않았다.", "빵은 아직 따뜻했다."),
        "지수는 열쇠를 파란 양동이 밑에 숨겼다.", "파란 양동이 밑",
        "정원사는 사다리를 헛간 뒤에 숨겼다.", "헛간 뒤",
        "지수가 열쇠를 어디에 숨겼나요?", "지수 열쇠 어디",
        "좋음", "나쁨", ("{}호실은 예뻤다.", "{}호실은 더러웠다."),
        "“{who}은 {where}에서 태어났다”라고 적혀 있다.", (("민준", "여수"), ("서연", "속초"), ("하은", "경주")),
        "각 줄은 좋음인가 나쁨인가?", "좋음은 몇 줄인가?", "누가 어디에서 태어났나?",
    ),
    "Vietnamese": Spoken(
        ("Chợ mở cửa sớm.", "Mưa rơi trên đồi.", "Thuyền về bến lúc trưa.", "Hôm đó không ai hát.", "Bánh mì còn nóng."),
        "Thủy giấu chìa khóa dưới chiếc xô xanh.", "dưới chiếc xô xanh",
        "Người làm vườn giấu cái thang sau nhà kho.", "sau nhà kho",
        "Thủy giấu chìa khóa ở đâu?", "thuy giau chia khoa o dau",
        "tốt", "xấu", ("Phòng {} rất đẹp.", "Phòng {} rất bẩn."),
        "“{who} sinh ở {where}” — sách viết thế.", (("Đức", "Huế"), ("Ngọc", "Đà Lạt"), ("Hòa", "Hội An")),
        "Mỗi dòng là tốt hay xấu?", "Có bao nhiêu dòng tốt?", "Ai sinh ở đâu?",
    ),
}  # fmt: skip
