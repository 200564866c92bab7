"""The names of months and weekdays, as people and programs write them in many languages.

Owns `folded`, in which they are compared, `month_of` and `is_weekday`. Promises that a name which means two months in two
languages is none where nothing else tells them apart.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from lambda_rlm.folding import marked, unmarked

_SIGNS: Final = str.maketrans({"\u060c": ",", "\u3001": ",", "\u2044": "/", "\u3002": ".", "\u06d4": ".", "`": "'"})
"""Signs between the parts of a date in other scripts."""
_ANY: Final = (
    # One line for each month: English, Romance, Germanic, Slavic, Baltic, Uralic, other languages in Latin letters;
    # Greek; Cyrillic; Arabic and Hebrew letters; scripts of India; Thai.
    """january jan januar januari janvier janv enero ene janeiro gennaio genn gen ianuarie ian gener jän janner jänner leden ledna led
    januára januarja januara sausis sausio janvāris janvārī janvāra tammikuu tammikuuta tammi jaanuar január ocak oca
    ιανουάριος ιανουαρίου ιαν январь января янв яну януари січень січня січ студзень студзеня јануар јануара
    يناير جانفي كانون_الثاني ינואר בינואר ינו׳ ژانویه جنوری जनवरी জানুয়ারি มกราคม ม.ค urtarrila eanáir ionawr janúar""",
    """february feb februar februari février févr fév febrero febr fevereiro fev febbraio februarie febrer feber únor února úno
    februára februarja februara vasaris vasario februāris februārī februāra helmikuu helmikuuta helmi veebruar február şubat şub
    φεβρουάριος φεβρουαρίου φεβ февраль февраля фев февр февруари лютий лютого лют люты лютага фебруар фебруара
    فبراير فيفري شباط פברואר בפברואר فوریه فروری फ़रवरी फरवरी ফেব্রুয়ারি กุมภาพันธ์ ก.พ otsaila feabhra chwefror febrúar""",
    """march mar mars marzo março marco martie març maart mrt märz mrz marts mart marz marec marca března březen bře marta
    kovas kovo marts martā maaliskuu maaliskuuta maalis märts március márc maret mac machi
    μάρτιος μαρτίου μαρ μάρτ март марта мар березень березня бер сакавік сакавіка
    مارس آذار מרץ במרץ מרס مارچ मार्च মার্চ มีนาคม มี.ค martxoa márta mawrth""",
    """april apr avril avr abril abr aprile aprilie apríl apríla duben dubna dub aprila balandis balandžio aprīlis aprīlī aprīļa
    huhtikuu huhtikuuta huhti aprill április ápr nisan nis aprili
    απρίλιος απριλίου απρ апрель апреля апр април квітень квітня квіт красавік красавіка априла
    أبريل ابريل أفريل نيسان אפריל באפריל آوریل اپریل अप्रैल এপ্রিল เมษายน เม.ย apirila aibreán ebrill""",
    """may mai mayo maio maggio mag maig mei maj máj mája maja května květen kvě gegužė gegužės maijs maijā maija
    toukokuu toukokuuta touko május mayıs
    μάιος μαΐου μαι μάι май мая травень травня трав травня мај маја
    مايو ماي أيار מאי במאי مه مئی मई মে พฤษภาคม พ.ค maiatza bealtaine maí""",
    """june jun juni juin junio junho giugno giu iunie iun juny jún júna junij junija juna června červen čvn birželis birželio
    jūnijs jūnijā jūnija kesäkuu kesäkuuta kesä juuni június haziran haz
    ιούνιος ιουνίου ιουν ιούν июнь июня июн юни червень червня черв чэрвень чэрвеня јун јуна јуни
    يونيو يونيه جوان حزيران יוני ביוני ژوئن جون जून জুন มิถุนายน มิ.ย ekaina meitheamh mehefin júní""",
    """july jul juli juillet juil julio julho luglio lug iulie iul juliol júl júla julij julija jula července červenec čvc liepa
    liepos jūlijs jūlijā jūlija heinäkuu heinäkuuta heinä juuli július temmuz tem julai
    ιούλιος ιουλίου ιουλ ιούλ июль июля июл юли липень липня лип ліпень ліпеня јул јула јули
    يوليو يوليه جويلية تموز יולי ביולי ژوئیه جولائی जुलाई জুলাই กรกฎาคม ก.ค uztaila iúil gorffennaf júlí""",
    """august aug août aoû agosto ago agost augustus augusti srpen srpna srp augusta avgust avgusta rugpjūtis rugpjūčio augusts
    augustā elokuu elokuuta elo augusztus ağustos ağu agustus agt agu ogos agosti
    αύγουστος αυγούστου αυγ август августа авг серпень серпня серп жнівень жніўня аугуст
    أغسطس أوت آب אוגוסט באוגוסט اوت اگست अगस्त আগস্ট สิงหาคม ส.ค abuztua lúnasa awst ágúst""",
    """september sep sept septembre septiembre setiembre setembro set settembre sett septembrie setembre září zář septembra
    rugsėjis rugsėjo septembris septembrī septembra syyskuu syyskuuta syys szeptember szept eylül eyl septembar septemba
    σεπτέμβριος σεπτεμβρίου σεπ σεπτ сентябрь сентября сен сент септември вересень вересня вер верас верасень верасня септембар
    септембра سبتمبر أيلول ספטמבר בספטמבר سپتامبر ستمبر सितंबर सितम्बर সেপ্টেম্বর กันยายน ก.ย iraila medi""",
    """october oct octobre octubre outubro out ottobre ott octombrie oktober okt októbra október oktobra října říjen říj spalis spalio
    oktobris oktobrī oktobra lokakuu lokakuuta loka oktoober ekim eki oktobar oktoba
    οκτώβριος οκτωβρίου οκτ октябрь октября окт октомври жовтень жовтня жовт кастрычнік кастрычніка октобар октобра
    أكتوبر تشرين_الأول אוקטובר באוקטובר اکتبر اکتوبر अक्टूबर अक्तूबर অক্টোবর ตุลาคม ต.ค urria hydref""",
    """november nov novembre noviembre novembro noiembrie listopadu novembra lapkritis lapkričio novembris novembrī
    marraskuu marraskuuta marras kasım kas novembar novemba
    νοέμβριος νοεμβρίου νοε ноябрь ноября ноя нояб ноември листопад листопада лист лістапад лістапада новембар новембра
    نوفمبر تشرين_الثاني נובמבר בנובמבר نوامبر نومبر नवंबर नवम्बर নভেম্বর พฤศจิกายน พ.ย azaroa samhain tachwedd nóvember""",
    """december dec décembre déc diciembre dic dezembro dez dicembre decembrie desembre desember dezember prosinec prosince
    decembra gruodis gruodžio decembris decembrī joulukuu joulukuuta joulu detsember dets aralık ara desemba disember des
    δεκέμβριος δεκεμβρίου δεκ декабрь декабря дек декември грудень грудня груд снежань снежня децембар децембра
    ديسمبر كانون_الأول דצמבר בדצמבר دسامبر دسمبر दिसंबर दिसम्बर ডিসেম্বর ธันวาคม ธ.ค abendua nollaig rhagfyr""",
)
_POLISH: Final = (
    *("styczeń stycznia sty", "luty lutego lut", "marzec marca", "kwiecień kwietnia kwi", "maj maja", "czerwiec czerwca cze"),
    *("lipiec lipca lip", "sierpień sierpnia sie", "wrzesień września wrz", "październik października paź"),
    *("listopad listopada lis", "grudzień grudnia gru"),
)
"""After a day without a point, as Polish has it: `6 listopada` is November."""
_CROATIAN: Final = (
    *("siječanj siječnja sij", "veljača veljače velj", "ožujak ožujka ožu", "travanj travnja tra", "svibanj svibnja svi"),
    *("lipanj lipnja lip", "srpanj srpnja srp", "kolovoz kolovoza kol", "rujan rujna ruj", "listopad listopada lis"),
    *("studeni studenoga studenog stu", "prosinac prosinca pro"),
)
"""After a day with a point, as Croatian has it: `6. listopada` is October."""
_CZECH: Final = {11: "listopad lis", 12: "pro"}
"""What Czech shares with both of them."""
_ROMAN: Final = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")

_WEEKDAYS: Final = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim mar
lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom
segunda-feira terça-feira quarta-feira quinta-feira sexta-feira segunda terça quarta quinta sexta seg ter qua qui sex
lunedì martedì mercoledì giovedì venerdì sabato domenica gio luni marți miercuri joi vineri sâmbătă duminică
dilluns dimarts dimecres dijous divendres dissabte diumenge
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma di wo do vr za zo
måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag mån tis ons tors tor fre lör sön man tir lør søn
poniedziałek wtorek środa czwartek piątek sobota niedziela pon wt śr czw pt sob niedz nd
pondělí úterý středa čtvrtek pátek neděle po út st čt pá so ne pondelok utorok streda štvrtok piatok nedeľa
ponedjeljak utorak srijeda četvrtak petak subota nedjelja ponedeljek torek sreda četrtek petek nedelja
hétfő kedd szerda csütörtök péntek szombat vasárnap maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai
maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntaina ti ke to pe la su
esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev
pirmdiena otrdiena trešdiena ceturtdiena piektdiena sestdiena svētdiena
pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis sekmadienis
pazartesi salı çarşamba perşembe cuma cumartesi pazar senin selasa rabu kamis jumat sabtu minggu
thứ_hai thứ_ba thứ_tư thứ_năm thứ_sáu thứ_bảy chủ_nhật
δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή δευ τρι τετ πεμ παρ σαβ κυρ
понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье пн вт ср чт пт сб вс
понеділок вівторок середа середу четвер п'ятниця п'ятницю субота суботу неділя неділю нд понеделник сряда четвъртък петък събота неделя
الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد
सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार
วันจันทร์ วันอังคาร วันพุธ วันพฤหัสบดี วันศุกร์ วันเสาร์ วันอาทิตย์ วันจันทร์ที่ วันอังคารที่ วันพุธที่ วันพฤหัสบดีที่ วันศุกร์ที่ วันเสาร์ที่ วันอาทิตย์ที่
"""
_LINKS: Final = (
    "of de del della di d' the den le el al do da do' dnia dne mes année año ano gada m tahun bulan พ.ศ ค.ศ เดือน ปี שנת عام سنة"
)
"""Words between a day, a month and a year that say nothing of their own."""


def folded(text: str) -> str:
    """A text as it is searched (`lambda_rlm.folding`), with one form of the signs between numbers, and single spaces."""
    if not text.isascii():
        if len(unicodedata.normalize("NFKC", text)) > 2 * len(text):  # signs that stand for whole sentences
            return ""
        text = unmarked(marked(text.translate(_SIGNS))).translate(_SIGNS)
    return " ".join(text.lower().split())


def month_of(name: str, *, has_point: bool, has_sign: bool) -> int | None:
    """The number of the month that a folded name means; `has_point` after a day with a point, `has_sign` between signs, where
    Roman numbers are months."""
    words = [word for word in (word.rstrip(".") for word in name.split()) if word and word not in _links()]
    key = "_".join(words)
    if has_sign and key in _ROMAN:
        return _ROMAN.index(key) + 1
    found = _months(has_point).get(key, frozenset())
    return next(iter(found)) if len(found) == 1 else None


def is_weekday(name: str) -> bool:
    """A folded name is that of a weekday."""
    return name.rstrip(".").replace(" ", "_") in _weekdays()


@cache
def _months(has_point: bool) -> dict[str, frozenset[int]]:
    # Folded when a name is first looked up: importing stays cheap.
    table: dict[str, frozenset[int]] = {}
    own = _CROATIAN if has_point else _POLISH
    for number in range(1, 13):
        names = f"{_ANY[number - 1]} {own[number - 1]} {_CZECH.get(number, '') if has_point else ''}"
        for name in names.split():
            key = folded(name).rstrip(".")
            table[key] = table.get(key, frozenset()) | {number}
    return table


@cache
def _weekdays() -> frozenset[str]:
    return frozenset(folded(name) for name in _WEEKDAYS.split())


@cache
def _links() -> frozenset[str]:
    return frozenset(folded(word) for word in _LINKS.split())
