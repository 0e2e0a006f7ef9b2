"""Quotes and speakers in the languages that are read by templates, without capitals or with the verb last."""

import pytest

from pipeline.model import Actor
from tests.pipeline.extract.reading import quotes, read, tables

CODES = tables("templates")


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (
            "tr",
            "Belediye Başkanı Selin Arıkan, “Köprü kışın açık” dedi. Arıkan, onarımın mayısta biteceğini söyledi.",
            [("Selin Arıkan", "Köprü kışın açık"), ("Selin Arıkan", "onarımın mayısta biteceğini")],
        ),
        (
            "ar",
            "قالت العمدة ليلى منصور: «سيبقى الجسر مفتوحا طوال الشتاء». وأضافت منصور أن الإصلاح سينتهي في مايو.",
            [("ليلى منصور", "سيبقى الجسر مفتوحا طوال الشتاء"), ("ليلى منصور", "أن الإصلاح سينتهي في مايو")],
        ),
        (
            "hi",
            "महापौर सीमा रावत ने कहा, “पुल पूरी सर्दी खुला रहेगा।” उन्होंने बताया कि मरम्मत मई में होगी।",
            [("सीमा रावत", "पुल पूरी सर्दी खुला रहेगा।"), ("सीमा रावत", "मरम्मत मई में होगी")],
        ),
        (
            "zh",
            "南河市市长陈丽华说：“桥梁整个冬天都会开放。”陈丽华表示，维修将在五月完成。据气象局介绍，水位正在上升。",
            [("陈丽华", "桥梁整个冬天都会开放。"), ("陈丽华", "维修将在五月完成"), ("", "水位正在上升")],
        ),
        (
            "ja",
            "青木市の山田花子市長は「橋は冬の間も開けておく」と話した。山田市長は五月に工事を終えるとの見通しを示した。",
            [("山田花子", "橋は冬の間も開けておく"), ("山田花子", "五月に工事を終える")],
        ),
        (
            "ko",
            "윤서진 시장은 5일 “다리는 겨울 내내 열려 있다”고 말했다. 윤 시장은 공사가 5월에 끝난다고 설명했다.",
            [("윤서진", "다리는 겨울 내내 열려 있다"), ("윤서진", "공사가 5월에 끝난다고")],
        ),
    ],
)
def test_templates(code: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(quote.speaker_name, quote.content) for quote in quotes(text, code)] == expected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("tr", "Kulüp başkanı Selin Arıkan geldi. Arıkan, “Köprü açık” dedi. Başkan, onarımın biteceğini söyledi."),
        ("hi", "मंत्री सीमा रावत का दौरा हुआ। रावत ने कहा, “पुल खुला रहेगा।” मंत्री ने बताया कि मरम्मत मई में होगी।"),
    ],
)
def test_full_name_of_somebody_who_never_spoke_under_it(code: str, text: str) -> None:
    found = quotes(text, code)
    assert {quote.speaker_name for quote in found} <= {"Selin Arıkan", "सीमा रावत"}
    assert [quote.chain[0].rule for quote in found] == ["surname", "role"]


@pytest.mark.slow
@pytest.mark.parametrize("code", CODES)
def test_bad_input_to_templates(code: str) -> None:
    for text in ("", "「", "“" * 5000, "»«" * 3000, "\ud800«a»", "a" * 20_000, "说：“" * 2000, "は「" * 2000):
        document = read(text, language=code)
        assert all(text[q.start : q.end] == q.text for q in document.quotes)


def test_templates_find_tracked_actors_in_the_content() -> None:
    actor = Actor(id="q9", name="陈丽华")
    document = read("南河市市长王志强说：“我支持陈丽华的计划。”", [actor], "zh")
    assert [(quote.speaker_name, quote.about) for quote in document.quotes] == [("王志强", ("q9",))]


@pytest.mark.parametrize(
    ("code", "text", "names"),
    [
        # A surname that the text mentions first after its given name, without a title.
        ("tr", "Mimar Ece Su Yalın geldi. Yalın, “Kule sağlam” dedi.", ["Ece Su Yalın"]),
        ("ar", "يدير الورشة جميل الراوي منذ سنوات. وقال الراوي: «المبنى متين».", ["جميل الراوي"]),
        ("hi", "दुकान चलाने वाली लता मेहरा थक गईं। मेहरा ने कहा, “काम बहुत है।”", ["लता मेहरा"]),
        ("hi", "एक ट्रक चालक रुका। चालक ने कहा, “सड़क बंद है।”", [""]),
        # A surname with a title is no full name; adverbs after a name are no part of it.
        ("zh", "钟表匠乔玉兰今年退休。乔师傅说：“钟还在走。”", ["乔玉兰"]),
        ("zh", "制片人裴子安次日表示，“信已寄出”。", ["裴子安"]),
        ("zh", "闻人静说：“门开着。”", ["闻人静"]),
        ("hi", "गायिका लता मेहरा मुस्कुराकर कहती हैं, “गाना तैयार है।”", ["लता मेहरा"]),
        ("ar", "قالت المهندسة منى الراوي ضاحكة: «الجسر متين».", ["منى الراوي"]),
        # A name with an age, and a family name of two syllables.
        (
            "ko",
            "목수 남궁윤(51)은 “지붕은 튼튼하다”고 말했다. 남궁 씨는 “비가 와도 괜찮다”고 말했다.",
            ["남궁윤", "남궁윤"],
        ),
        # The only person named in full since is meant by a pronoun.
        ("zh", "市长王志刚说：“路已通。”局长陈丽萍表示同意。她说：“桥也通了。”", ["王志刚", "陈丽萍"]),
        # A report with more between the commas, or with a colon.
        ("tr", "Kaleci Mert Alkan, sosyal medyadan özür diledi: “Takımı yalnız bıraktım.”", ["Mert Alkan"]),
        ("ar", "انتقد المدرب سامي الراوي لاعبيه، قائلا: «كنا متعبين».", ["سامي الراوي"]),
        ("hi", "किसान लता मेहरा, जिनकी गाय लौट आई है, ने कहा, “मैं खुश हूँ।”", ["लता मेहरा"]),
    ],
)
def test_names_without_capitals(code: str, text: str, names: list[str]) -> None:
    assert [quote.speaker_name for quote in quotes(text, code)] == names


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        # Labels of an interview.
        (
            "zh",
            "记者：您为什么回来？\n\n林秀兰：因为家里有树。",
            [("", "您为什么回来？"), ("林秀兰", "因为家里有树。")],
        ),
        (
            "ko",
            "기자: 왜 돌아왔나요?\n\n문가람: 나무가 있으니까요.",
            [("", "왜 돌아왔나요?"), ("문가람", "나무가 있으니까요.")],
        ),
        (
            "ja",
            "庭師の森下さくらさん（70）を訪ねた。\n\n――始めたきっかけは。\n\n「父が倒れて、庭だけが残りました」",
            [("森下さくら", "父が倒れて、庭だけが残りました")],
        ),
        # A second report of the sentence, and words in marks within a clause.
        (
            "zh",
            "市长王志刚表示，桥已修好，并强调明年会再建一座桥。",
            [("王志刚", "桥已修好"), ("王志刚", "明年会再建一座桥")],
        ),
        ("ar", "غير أن المهندسة منى الراوي أكدت أن الجسر «متين جدا».", [("منى الراوي", "أن الجسر «متين جدا»")]),
        (
            "ar",
            "وقالت المهندسة منى الراوي إن الجسر متين، مشيرة إلى أن العمل انتهى.",
            [("منى الراوي", "إن الجسر متين"), ("منى الراوي", "أن العمل انتهى")],
        ),
        # Adverbs before the subject, a verb of two words, a participle, and a subject in the plural.
        ("tr", "Öte yandan Ece Yalın, “Kule sağlam” diye isyan ediyor.", [("Ece Yalın", "Kule sağlam")]),
        ("tr", "“Usta” diye çağrılmaktan hoşlanmıyor.", []),
        (
            "tr",
            "Mimar Ece Yalın, kulenin onarıldığını savunarak “Neden kapalı?” diye sordu.",
            [("Ece Yalın", "kulenin onarıldığını"), ("Ece Yalın", "Neden kapalı?")],
        ),
        ("tr", "Köy sakinleri kulenin sallandığını anlattı.", [("", "kulenin sallandığını")]),
        ("tr", "Belediye Başkanı Ece Yalın kulenin onarıldığını söyledi.", [("Ece Yalın", "kulenin onarıldığını")]),
        (
            "tr",
            "Mimar Ece Yalın kulenin “iki ay içinde” onarılacağını söyledi.",
            [("Ece Yalın", "kulenin “iki ay içinde” onarılacağını")],
        ),
        # The subject stands in the sentence before.
        (
            "ja",
            "長野健一知事は四日、橋を架けると表明した。「冬に間に合わせる」と述べた。",
            [("長野健一", "四日、橋を架ける"), ("長野健一", "冬に間に合わせる")],
        ),
        ("ja", "地元の長野健一町長は「遅すぎる」と反発。", [("長野健一", "遅すぎる")]),
        ("ja", "木工が専門の長野健一教授は「橋は丈夫だ」と指摘する。", [("長野健一", "橋は丈夫だ")]),
        ("ko", "“여긴 늘 조용해요.” 문가람 집배원의 말이다.", [("문가람", "여긴 늘 조용해요.")]),
        (
            "ko",
            "문가람 의원은 “다리가 낡았다”며 “새로 지어야 한다”고 따졌다.",
            [("문가람", "다리가 낡았다 새로 지어야 한다")],
        ),
        ("ko", "낡았다는 지적에 문가람 시장은 “튼튼하다”고 답했다.", [("문가람", "튼튼하다")]),
        # A phrase that only reports what somebody never said, or a proverb, is no report.
        ("zh", "俗话说，天下没有不散的筵席。", []),
    ],
)
def test_reports_without_their_subject_beside_them(code: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(quote.speaker_name, quote.content) for quote in quotes(text, code)] == expected


@pytest.mark.parametrize(
    ("code", "text", "names"),
    [
        # A noun that calls somebody by a trade ends in a character of a person, and a clause in "的".
        ("zh", "养鹅人林秀兰说：“鹅都好。”", ["林秀兰"]),
        ("zh", "种树的林秀兰说：“树都好。”林秀兰还说：“草也好。”", ["林秀兰", "林秀兰"]),
        ("zh", "农业局说：“树都好。”", [""]),
        # A foreign name with dots.
        ("zh", "发言人玛丽·乔伊斯说：“树都好。”", ["玛丽·乔伊斯"]),
        ("ja", "マリー・ジョイスさんは「庭がきれいだ」と話した。", ["マリー・ジョイス"]),
        # A title after a dot, a given name alone, and a long surname alone.
        ("ja", "市の長野健一・土木課長は「橋は丈夫だ」と語った。", ["長野健一"]),
        (
            "ja",
            "茶屋の森下ハルさんは「庭がきれいだ」と話した。ハルさんは「茶もうまい」と話した。",
            ["森下ハル", "森下ハル"],
        ),
        ("ko", "문가람 국토부 장관은 “길이 열렸다”고 말했다. 국토부 장관은 “비가 온다”고 했다.", ["문가람", ""]),
        # A role means the only person named with it, though another spoke last.
        (
            "ja",
            "長野健一市長は「橋を直す」と話した。森下花子教授は「遅い」と話した。市長は「急ぐ」と話した。",
            ["長野健一", "森下花子", "長野健一"],
        ),
        # A pronoun means whoever spoke last, even without a name, and whoever was named last if nobody spoke.
        ("zh", "局长王志刚和镇长陈丽萍到场。村民说：“水退了。”她说：“路通了。”", ["", ""]),
        ("zh", "局长王志刚在家，镇长陈丽萍已到场。她说：“路通了。”", ["陈丽萍"]),
        # Names of plain words, of a relative and with a title in two words.
        ("ar", "وأضاف سامي منصور: «المبنى متين».", ["سامي منصور"]),
        ("ar", "وأضافت وزارة الصحة: «المبنى متين».", [""]),
        ("ar", "تدير ابنته زكية الراوي الورشة. وقالت زكية: «المبنى متين».", ["زكية الراوي"]),
    ],
)
def test_names_beside_titles_and_trades(code: str, text: str, names: list[str]) -> None:
    assert [quote.speaker_name for quote in quotes(text, code)] == names


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        # A quotation that is a sentence goes on with the speaker of the report before.
        (
            "tr",
            "“Köprü kışın açık” diyor Selin Arıkan. “Karda bile kapanmaz.”",
            [("Selin Arıkan", "Köprü kışın açık"), ("Selin Arıkan", "Karda bile kapanmaz.")],
        ),
        # Its speaker stands before the colon, or in the sentence after it.
        (
            "tr",
            "Köprü açıldı. Gazetemize dert yanan Selin Arıkan: “Karda her gün kapanır.”",
            [("Selin Arıkan", "Karda her gün kapanır.")],
        ),
        (
            "ja",
            "「橋は冬の間も渡れるだろう」。町長の榎本澄子氏はほほ笑んだ。",
            [("榎本澄子", "橋は冬の間も渡れるだろう")],
        ),
        # The turns of an interview, without marks.
        (
            "hi",
            "सवाल: पुल कब खुलेगा?\n\nजवाब: अगले महीने, बारिश के बाद।",
            [("", "पुल कब खुलेगा?"), ("", "अगले महीने, बारिश के बाद।")],
        ),
        (
            "ar",
            "الصحيفة: متى يفتح الجسر؟\n\nليلى منصور: في الشهر المقبل بعد المطر.",
            [("", "متى يفتح الجسر؟"), ("ليلى منصور", "في الشهر المقبل بعد المطر.")],
        ),
    ],
)
def test_quotations_and_turns_without_a_report(code: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(quote.speaker_name, quote.content) for quote in quotes(text, code)] == expected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("tr", "Selin Arıkan geldi. “Sessiz Köprü” adlı bir sergi açıldı."),
        ("tr", "Selin Arıkan geldi. “Evet.” yazısı duvarda."),
        ("tr", "Adres: Köprü Caddesi 12\n\nTelefon: sabah saatlerinde arayın"),
        ("tr", "Not: Köprü açık mı?\n\nNot: Bugün de kapalı kalacak."),
        ("zh", "榎本来了。“听雨轩”是茶馆的名字。"),
    ],
)
def test_titles_and_lists_are_no_quotations(code: str, text: str) -> None:
    assert not quotes(text, code)


def test_name_far_from_a_quotation_is_not_its_speaker() -> None:
    text = "Selin Arıkan " + "çok uzun bir yoldan " * 12 + "geldi: “Karda her gün kapanır.”"
    (quote,) = quotes(text, "tr")
    assert [link.rule for link in quote.chain] == ["dropped"]


def test_second_word_before_the_verb_of_a_nominal_clause() -> None:
    (quote,) = quotes("Selin Arıkan, onarımın mayısta biteceğini de sözlerine ekledi.", "tr")
    assert (quote.speaker_name, quote.content) == ("Selin Arıkan", "onarımın mayısta biteceğini")


@pytest.mark.parametrize(
    ("code", "text", "speaker", "content"),
    [
        ("zh", "市长陈丽华说：“昨晚他问我：‘桥什么时候开？’我说五月。”", "昨晚他", "桥什么时候开？"),
        ("ja", "「父が『橋は閉めるな』と言いましてね」と市長の田中花子さんは話した。", "父", "橋は閉めるな"),
        ("ja", "「『橋はいつ開くの』と孫に聞かれました」と市長の田中花子さんは話した。", "孫", "橋はいつ開くの"),
        (
            "ko",
            "김민수 시장은 “우리 어머니가 ‘다리를 닫지 마라’고 하셨다”고 말했다.",
            "우리 어머니",
            "다리를 닫지 마라",
        ),
        ("tr", "Başkan Selin Arıkan, “Babam bana ‘Köprüyü kapatma’ dedi” diye anlattı.", "Babam", "Köprüyü kapatma"),
        ("ar", "قالت العمدة ليلى منصور: «سألني أحد الأولاد: متى يفتح الجسر؟ فضحكت».", "أحد الأولاد", "متى يفتح الجسر؟"),
    ],
)
def test_reports_within_speech(code: str, text: str, speaker: str, content: str) -> None:
    inner = [quote for quote in quotes(text, code) if quote.content == content]
    assert [(quote.speaker and quote.speaker.text, quote.speaker_name) for quote in inner] == [(speaker, "")]
    assert len(quotes(text, code)) == 2


def test_speaker_goes_on_after_another_s_words() -> None:
    text = "市长陈丽华说：“昨晚邻居问我：‘桥什么时候开？’我说五月。”她表示，维修已经完成。"
    assert [quote.speaker_name for quote in quotes(text, "zh")] == ["陈丽华", "", "陈丽华"]


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (
            "tr",
            "Vali: Köprü kışın açık kalacak\n\nVali Selin Arıkan dün konuştu.",
            ("Selin Arıkan", "Köprü kışın açık kalacak"),
        ),
        (
            "ar",
            "العمدة: سيبقى الجسر مفتوحا\n\nافتتحت العمدة ليلى المنصور الجسر.",
            ("ليلى المنصور", "سيبقى الجسر مفتوحا"),
        ),
        ("hi", "महापौर बोले- पुल खुला रहेगा\n\nमहापौर सीमा रावत ने पुल देखा।", ("सीमा रावत", "पुल खुला रहेगा")),
        ("ja", "橋の工事、市長「冬も開けておく」\n\n山田花子市長が橋を視察した。", ("山田花子", "冬も開けておく")),
        ("ko", '다리 공사 연기…윤서진 시장 "겨울에도 연다"\n\n공사는 5월에 끝난다.', ("윤서진", "겨울에도 연다")),
        ("zh", "市长陈丽华：桥梁整个冬天都会开放\n\n维修将在五月完成。", ("陈丽华", "桥梁整个冬天都会开放")),
    ],
)
def test_a_headline_quotes_whom_the_text_names_later(code: str, text: str, expected: tuple[str, str]) -> None:
    assert [(quote.speaker_name, quote.content) for quote in quotes(text, code)] == [expected]


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (
            "tr",
            "Vali Selin Arıkan, köprünün “çürüdüğünü” belirterek başkanın istifasını istedi.",
            ["köprünün “çürüdüğünü”", "başkanın istifasını"],
        ),
        ("tr", "Başkan, salonu boşaltacağı uyarısında bulundu.", ["salonu boşaltacağı"]),
        (
            "ar",
            "رأى الخبير المائي سامر الخطيب أن المشكلة في الأنابيب، داعياً إلى تحديث الشبكات.",
            ["أن المشكلة في الأنابيب", "إلى تحديث الشبكات"],
        ),
        (
            "ar",
            "ووصفت نجوى الخطيب، التي فقدت بيتها، الحكم بأنه «نصف عدل». وتابعت وهي تبكي: «كان البيت كل شيء».",
            ["«نصف عدل»", "كان البيت كل شيء"],
        ),
        ("hi", "सीमा रावत ने पुल की जांच कराने की मांग की।", ["पुल की जांच कराने"]),
        ("hi", "सीमा रावत ने खुद को निर्दोष बताया।", ["खुद को निर्दोष"]),
        ("hi", 'सीमा रावत ने कहा, "पुल खुला है।" उन्होंने यह भी बताया कि मरम्मत होगी।', ["पुल खुला है।", "मरम्मत होगी"]),
        ("ko", "한편 환경부는 시한을 늦출 계획이 없다는 입장을 내놨다.", ["시한을 늦출 계획이 없다"]),
        ("ja", "常連客の間では「まつかぜ問題」と呼ばれている。", []),
        ("zh", "李明的代理律师还提出，样品真实性存疑。", ["样品真实性存疑"]),
        ("tr", "Köy muhtarı Şaban Yüce patlamaların sürdüğünü hatırlattı.", ["patlamaların sürdüğünü"]),
        ("ar", "ودعا ناشطون إلى نشر قياسات الهواء.", ["إلى نشر قياسات الهواء"]),
        ("ar", "لكن التاجر منير الصالح حذر من أن الغبار سيفسد البضائع.", ["أن الغبار سيفسد البضائع"]),
        ("ar", "ووصفت المحامية رنا الديب الحكم بأنه «بداية لا نهاية».", ["«بداية لا نهاية»"]),
        ("ja", "店には「おさき」と書かれた看板が残る。", []),
        ("ja", "雪で立ち往生した事故で、バス会社は判断に誤りがあったと認めた。", ["判断に誤りがあった"]),
    ],
)
def test_what_is_a_report(code: str, text: str, expected: list[str]) -> None:
    assert [quote.text for quote in quotes(text, code)] == expected


@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        ("ja", "青木信用金庫は「再発を防ぐ」と述べた。", "青木信用金庫"),
        ("ja", "店を営む柴山勝さん（78）は待っている。「いつ閉めるのか」と柴山さんは話す。", "柴山勝"),
        ("hi", "गांव की रमा देवी पानी लाती हैं। “पानी नहीं आता”, वे बताती हैं।", "रमा देवी"),
        ("hi", "उसके वकील ने कहा कि दस्तावेज़ सही हैं।", ""),
        ("ar", "أعلن محامي الدفاع أنه سيطعن على الحكم.", ""),
        ("tr", "“Kim düşünecek?” diye soran müdür Nevzat Kılınç, sonra sustu.", "Nevzat Kılınç"),
        ("tr", "Muhtarı: Yol kapalı\n\nKöy muhtarı Şaban Yüce sustu.", "Şaban Yüce"),
        ("ja", "「もう峠を越えなくていい」と二児の母、田名部梓さんは喜ぶ。", "田名部梓"),
        ("ko", "표영주 부장판사가 왔다. 이어 표 부장판사는 “판결을 미룬다”고 말했다.", "표영주"),
    ],
)
def test_names_of_speakers(code: str, text: str, name: str) -> None:
    assert quotes(text, code)[-1].speaker_name == name


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("tr", "Veliler de yolun kapalı olduğundan yakındı.", [("Veliler", "yolun kapalı olduğundan")]),
        ("tr", "Odalar Birliği, kararı “geç kalmış” olarak niteledi.", [("Odalar Birliği", "geç kalmış")]),
        (
            "tr",
            "Oda başkanı Selin Arıkan, fiyatın düşük olduğu görüşünde.",
            [("Oda başkanı Selin Arıkan", "fiyatın düşük olduğu")],
        ),
        ("tr", "Söylentilere bakılırsa köprü satılıyormuş.", [("", "köprü satılıyormuş")]),
        ("tr", "Balıkçılar limanın kapandığını savunurken, vali sustu.", [("Balıkçılar", "limanın kapandığını")]),
        ("ar", "وشدد القائد سامر الخطيب على ضرورة إصلاح الجسر.", [("القائد سامر الخطيب", "ضرورة إصلاح الجسر")]),
        (
            "ar",
            "ونقلت وكالة محلية عن موظف في الميناء قوله إن السفينة تأخرت.",
            [("موظف في الميناء", "إن السفينة تأخرت")],
        ),
        ("ar", "ويقال إن الجسر سيباع.", [("", "إن الجسر سيباع")]),
        ("ar", "وكان المدير سامر الخطيب قد وعد بإصلاح الجسر.", [("المدير سامر الخطيب", "بإصلاح الجسر")]),
        ("hi", "उनके भाई का कहना था कि पुल बंद है।", [("उनके भाई", "पुल बंद है")]),
        ("hi", "उन्होंने लोगों को पुल से दूर रहने की सलाह दी।", [("उन्होंने", "पुल से दूर रहने")]),
        ("hi", "कहा जा रहा है कि पुल बिक जाएगा।", [("", "पुल बिक जाएगा")]),
        ("ja", "橋の不足は工夫で補えると山田市長は強調した。", [("山田市長", "橋の不足は工夫で補える")]),
        ("ja", "港組合のまとめでは、利用者は昨年の二倍に達した。", [("港組合", "利用者は昨年の二倍に達した")]),
        ("ja", "橋に傷が残っていたことが市への取材で分かった。", [("市", "橋に傷が残っていた")]),
        ("ja", "うわさでは橋は売られるそうだ。", [("", "橋は売られる")]),
        ("ko", "시 관계자는 다리가 곧 열릴 것으로 내다봤다.", [("시 관계자", "다리가 곧 열릴 것으로")]),
        ("ko", "주민들은 다리가 너무 늦게 열린다고 입을 모았다.", [("주민들", "다리가 너무 늦게 열린다고")]),
        ("ko", "다리는 1.5미터 높아진 것으로 전해졌다.", [("", "다리는 1.5미터 높아진 것으로")]),
        ("zh", "局長林美玲表示，橋樑整個冬天都會開放。", [("局長林美玲", "橋樑整個冬天都會開放")]),
        ("zh", "市长把这座桥称为“看不见的门”。", [("市长", "“看不见的门”")]),
        ("zh", "据说，这座桥要卖掉了。", [("", "这座桥要卖掉了")]),
    ],
)
def test_forms_of_reports(code: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(quote.speaker.text if quote.speaker else "", quote.content) for quote in quotes(text, code)] == expected


def test_clause_with_a_quotation_in_it_is_mixed() -> None:
    (quote,) = quotes("وقالت العمدة ليلى منصور إن الجسر «باب المدينة» في الشتاء.", "ar")
    assert (quote.kind, quote.content) == ("mixed", "إن الجسر «باب المدينة» في الشتاء")


def test_whom_a_report_names_does_not_speak_next() -> None:
    found = quotes(
        "وقالت العمدة ليلى منصور إن المدير سامر الخطيب استقال. وأضافت أن الجسر سيبقى مفتوحا.",
        "ar",
    )
    assert [quote.speaker_name for quote in found] == ["ليلى منصور", "ليلى منصور"]
