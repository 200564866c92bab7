"""Short texts in many languages, and the encodings in which files of each are met."""

from __future__ import annotations

from typing import Final

_WESTERN: Final = ("cp1252", "iso8859_15", "cp850", "mac_roman")
_CENTRAL: Final = ("cp1250", "iso8859_2", "cp852")
_CYRILLIC: Final = ("cp1251", "koi8_r", "cp866", "iso8859_5")

TEXTS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "French": (
        "L'été dernier, la mairie a décidé de fermer le marché couvert. Les commerçants, très déçus, ont écrit une lettre à la "
        "préfète. Après deux réunions, on a trouvé une solution : le marché reste ouvert jusqu'à midi, même les jours fériés. "
        "Où iront les étals ? Peut-être près de la gare, là où les élèves prennent le car. Ça coûtera moins cher, paraît-il.",
        _WESTERN,
    ),
    "German": (
        "Die Prüfung der Räume fällt auf nächsten Dienstag. Bitte schließen Sie die Fenster und räumen Sie die Schränke aus. "
        "Für Gäste gibt es Plätze im Hof; größere Geräte bleiben über Nacht draußen. Wer früher gehen möchte, gibt die "
        "Schlüssel im Büro ab. Die Kosten übernimmt die Behörde, außer für Schäden an Türen und Wänden.",
        _WESTERN,
    ),
    "Spanish": (
        "La reunión será el miércoles próximo en el salón pequeño. Según el señor Núñez, habrá café y también agua. El año "
        "pasado llegaron más de cien niños; aquí no cabían. ¿Quién traerá las sillas? Las traerá mi compañera, que además "
        "tocará el piano. Después, los músicos cenarán en un jardín junto al río.",
        _WESTERN,
    ),
    "Portuguese": (
        "A reunião será na próxima terça-feira, às dez horas. Não há lugar para todos, então cada família envia só uma pessoa. "
        "O relatório já está pronto e mostra a situação dos prédios, das ruas e dos jardins. Haverá também uma votação sobre "
        "a construção da praça; a decisão é de vocês. À noite, os irmãos farão pão e música.",
        _WESTERN,
    ),
    "Italian": (
        "La riunione è giovedì prossimo, perché lunedì la sala non è libera. Chi può, porti una sedia in più: così ci sarà "
        "posto per tutti. L'attività della società è già cominciata e la città ne è felice. Non c'è più tempo, però la "
        "qualità resta alta. Metà del lavoro si farà là, l'altra metà qui, finché non verrà l'estate.",
        _WESTERN,
    ),
    "Swedish": (
        "Mötet är på tisdag och börjar klockan åtta. Vi får kaffe och smörgås, och för den som vill finns även te. Förra "
        "året kom många fler än väntat, så i år flyttar vi till den större salen på övervåningen. Ta gärna med egna stolar, "
        "för där är det ont om plats. Efter mötet går vi en sväng runt sjön om vädret är bra.",
        _WESTERN,
    ),
    "Danish": (
        "Mødet er på tirsdag og begynder klokken otte. Vi får kaffe og brød, og den som ønsker det kan også få te. I år er "
        "der færre pladser, så husk at melde jer i god tid. Børnene må gerne være med; de får lov at køre på den lille vej "
        "bag huset. Efter mødet går vi en tur langs åen, hvis vejret er godt.",
        _WESTERN,
    ),
    "Finnish": (
        "Kokous pidetään ensi viikolla, mutta päivä ei ole vielä selvillä. Tänä vuonna väkeä tulee enemmän kuin ennen, joten "
        "siirrymme isompaan saliin. Pöydät ovat yläkerrassa ja tuolit käytävän päässä. Syömme lounaan yhdessä, ja sen jälkeen "
        "lähdemme kävelylle järven ympäri, jos sää on hyvä.",
        _WESTERN,
    ),
    "Polish": (
        "Zebranie odbędzie się w środę o dziesiątej w dużej sali na piętrze. Proszę przynieść własne krzesła, bo miejsc jest "
        "mało. Wójt powiedział, że droga będzie gotowa już w październiku, ale mieszkańcy nie bardzo w to wierzą. Później "
        "pójdziemy nad rzekę; dzieci też mogą iść. Kto chce coś zjeść, niech zgłosi się do kuchni.",
        _CENTRAL,
    ),
    "Czech": (
        "Schůze se koná příští středu v malém sále. Přineste si vlastní židle, protože míst je málo. Starosta říká, že silnice "
        "bude hotová už v říjnu, ale lidé tomu příliš nevěří. Večer půjdeme k řece a děti mohou jít s námi. Kdo má hlad, ať "
        "se přihlásí v kuchyni; jídla je dost pro všechny.",
        _CENTRAL,
    ),
    "Hungarian": (
        "Az ülés jövő szerdán lesz a kis teremben. Kérjük, mindenki hozzon széket, mert kevés a hely. A polgármester szerint az "
        "út már októberben elkészül, de az emberek ezt nem nagyon hiszik. Este lemegyünk a folyóhoz, és a gyerekek is velünk "
        "jöhetnek. Aki éhes, szóljon a konyhán: főztünk bőven, és gyümölcs is van a hűtőben.",
        _CENTRAL,
    ),
    "Romanian": (
        "Şedinţa are loc miercuri în sala mică. Vă rugăm să aduceţi scaune, pentru că nu sunt destule locuri. Primarul spune că "
        "drumul va fi gata până în octombrie, dar oamenii nu prea cred. Seara mergem la râu şi pot veni şi copiii. Cine vrea "
        "să mănânce ceva să se ducă la bucătărie; mâncare este pentru toţi.",
        _CENTRAL,
    ),
    "Croatian": (
        "Sastanak će biti u srijedu u maloj dvorani. Donesite vlastite stolice, jer mjesta nema puno. Načelnik kaže da će cesta "
        "biti gotova već u listopadu, ali ljudi u to baš ne vjeruju. Navečer idemo na rijeku, a mogu doći i djeca. Tko želi "
        "nešto pojesti, neka se javi u kuhinji; još ima kruha i voća za sve.",
        _CENTRAL,
    ),
    "Turkish": (
        "Toplantı gelecek çarşamba küçük salonda yapılacak. Yer az olduğu için herkes kendi sandalyesini getirsin. Başkan, yolun "
        "ekim ayında biteceğini söylüyor, ama köylüler buna pek inanmıyor. Akşam ırmağa ineceğiz, çocuklar da gelebilir. Aç "
        "olan mutfağa uğrasın; yemek herkese yeter. Yağmur yağarsa içeride kalırız.",
        ("cp1254", "iso8859_9", "cp857"),
    ),
    "Lithuanian": (
        "Susirinkimas vyks kitą trečiadienį mažojoje salėje. Prašome atsinešti savo kėdes, nes vietų nedaug. Meras sako, kad "
        "kelias bus baigtas jau spalį, bet žmonės tuo netiki. Vakare eisime prie upės, galės ateiti ir vaikai. Kas nori "
        "pavalgyti, tegul užsuka į virtuvę; maisto užteks visiems, dar yra šviežių obuolių.",
        ("cp1257", "iso8859_13", "cp775"),
    ),
    "Latvian": (
        "Sapulce notiks nākamajā trešdienā mazajā zālē. Lūdzu, paņemiet līdzi savus krēslus, jo vietu ir maz. Mērs saka, ka "
        "ceļš būs gatavs jau oktobrī, bet cilvēki tam īsti netic. Vakarā iesim uz upi, un arī bērni var nākt līdzi. Kas grib "
        "paēst, lai ienāk virtuvē; ēdiena pietiks visiem, un vēl ir svaigi āboli.",
        ("cp1257", "iso8859_13", "cp775"),
    ),
    "Russian": (
        "Собрание пройдёт в следующую среду в малом зале. Просим взять с собой стулья: мест мало. Глава посёлка говорит, что "
        "дорогу закончат уже в октябре, но люди этому не очень верят. Вечером пойдём к реке, дети тоже могут прийти. Кто "
        "голоден, пусть зайдёт на кухню: еды хватит всем.",
        _CYRILLIC,
    ),
    "Ukrainian": (
        "Збори відбудуться наступної середи в малій залі. Просимо взяти з собою стільці, бо місць мало. Голова каже, що дорогу "
        "закінчать уже в жовтні, але люди цьому не дуже вірять. Увечері підемо до річки, діти теж можуть прийти. Хто голодний, "
        "хай зайде на кухню: їжі вистачить усім.",
        ("cp1251", "koi8_u", "iso8859_5"),
    ),
    "Bulgarian": (
        "Събранието ще бъде следващата сряда в малката зала. Молим да донесете столове, защото местата са малко. Кметът казва, "
        "че пътят ще бъде готов още през октомври, но хората не вярват много. Вечерта ще слезем до реката, децата също могат "
        "да дойдат. Който е гладен, да мине през кухнята.",
        ("cp1251", "iso8859_5"),
    ),
    "Greek": (
        "Η συνάντηση θα γίνει την επόμενη Τετάρτη στη μικρή αίθουσα. Παρακαλούμε φέρτε καρέκλες, γιατί οι θέσεις είναι λίγες. Ο "
        "δήμαρχος λέει ότι ο δρόμος θα είναι έτοιμος τον Οκτώβριο, αλλά ο κόσμος δεν το πιστεύει. Το βράδυ θα κατεβούμε στο "
        "ποτάμι και τα παιδιά μπορούν να έρθουν μαζί μας.",
        ("cp1253", "iso8859_7", "cp737"),
    ),
    "Hebrew": (
        "הפגישה תתקיים ביום רביעי הבא באולם הקטן. נא להביא כיסאות, כי אין די מקום. ראש העיר אומר שהכביש יהיה מוכן כבר באוקטובר, "
        "אבל האנשים לא כל כך מאמינים. בערב נרד לנהר וגם הילדים יכולים לבוא. מי שרעב, שיבוא למטבח; יש אוכל לכולם.",
        ("cp1255",),
    ),
    "Arabic": (
        "سيعقد الاجتماع يوم الأربعاء القادم في القاعة الصغيرة. نرجو إحضار الكراسي لأن المكان ضيق. يقول رئيس البلدية إن الطريق "
        "سيكون جاهزا في أكتوبر، لكن الناس لا يصدقون ذلك. في المساء سننزل إلى النهر ويمكن للأطفال أن يأتوا معنا.",
        ("cp1256", "iso8859_6"),
    ),
    "Thai": (
        "การประชุมจะมีขึ้นในวันพุธหน้าที่ห้องเล็ก กรุณานำเก้าอี้มาด้วยเพราะที่นั่งมีน้อย นายกเทศมนตรีบอกว่าถนนจะเสร็จในเดือนตุลาคม แต่ชาวบ้านไม่ค่อยเชื่อ "
        "ตอนเย็นเราจะไปที่แม่น้ำ เด็กๆ มาด้วยได้ ใครหิวให้ไปที่ครัว อาหารมีพอสำหรับทุกคน",
        ("cp874",),
    ),
    "Japanese": (
        "会議は来週の水曜日に小さい部屋で開かれます。席が少ないので、いすを持ってきてください。町長は道路が十月に完成すると言っていますが、住民はあまり信じていません。"
        "夕方には川へ行きます。子供たちも一緒に来てかまいません。おなかがすいた人は台所へどうぞ。スープとパンがあります。",
        ("cp932", "euc_jp", "iso2022_jp", "utf_16_le"),
    ),
    "Chinese": (
        "会议将在下星期三在小会议室举行。座位不多，请大家自己带椅子。镇长说道路在十月就能修好，但是居民们不太相信。晚上我们去河边，孩子们也可以一起来。"
        "如果有人饿了，请到厨房去，那里的饭菜够所有的人吃。天气好的时候我们还要去山上看一看。",
        ("gb18030", "utf_16_le", "utf_16_be"),
    ),
    "Traditional Chinese": (
        "會議將在下星期三在小會議室舉行。座位不多，請大家自己帶椅子。鎮長說道路在十月就能修好，但是居民們不太相信。晚上我們去河邊，孩子們也可以一起來。"
        "如果有人餓了，請到廚房去，那裡的飯菜夠所有的人吃。天氣好的時候我們還要去山上看一看。",
        ("big5",),
    ),
    "Korean": (
        "회의는 다음 주 수요일에 작은 방에서 열립니다. 자리가 적으니 의자를 가지고 오십시오. 시장은 도로가 시월에 완성된다고 말하지만 주민들은 별로 믿지 않습니다. "
        "저녁에는 강가로 갑니다. 아이들도 함께 올 수 있습니다. 배가 고픈 사람은 부엌으로 가십시오. 음식은 모두에게 충분합니다.",
        ("cp949", "utf_16_le"),
    ),
}


def of_length(text: str, length: int, number: int) -> str:
    """A part of a text that begins at a word; a longer text is the same sentences in another order."""
    end = "。" if "。" in text else ". " if ". " in text else "\n"
    sentences = [f"{one.rstrip('.')}{end}" for one in text.split(end) if one]
    turned = sentences[number % len(sentences) :] + sentences[: number % len(sentences)]
    whole = "".join(turned) + "\n"
    return (whole * (length // len(whole) + 1))[:length]
