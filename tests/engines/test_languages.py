import tomllib

import pytest

from audiomusic.engines.languages import LANGUAGES_FILE, languages, read_languages
from audiomusic.engines.taxonomy import guess_language

#: A line or two of lyrics in each language that is detected.
LYRICS = {
    "en": "I love you and you know it\nRun with me into the night",
    "es": "Quiero bailar contigo toda la noche\nTu corazón es mi amor",
    "fr": "Je t'aime et tu le sais\nDans la nuit je pense à toi",
    "de": "Ich liebe dich und du weißt es\nWir tanzen durch die Nacht",
    "it": "Ti amo e tu lo sai\nNella notte penso a te, il mio cuore",
    "pt": "Eu te amo e você sabe\nNão vou embora sem você, meu amor",
    "nl": "Ik hou van jou en dat weet je\nWij dansen door de nacht",
    "sv": "Jag älskar dig och det vet du\nVi dansar genom natten",
    "da": "Jeg elsker dig og det ved du\nVi danser hele natten, hvad nu",
    "no": "Jeg elsker deg og det vet du\nVi danser hele natten, hva nå",
    "fi": "Minä rakastan sinua ja sinä tiedät sen\nYö on pitkä",
    "pl": "Kocham cię i ty to wiesz\nNoc jest długa, moje serce",
    "cs": "Miluji tě a ty to víš\nNoc je dlouhá, moje srdce už zpívá",
    "hu": "Szeretlek és te tudod ezt\nAz éjszaka hosszú, nem alszom",
    "ro": "Te iubesc și tu știi asta\nNoaptea e lungă, inima mea cântă pentru tine",
    "tr": "Seni seviyorum ve bunu biliyorsun\nBu gece çok uzun",
    "vi": "Anh yêu em và em biết điều đó\nĐêm nay thật dài",
    "id": "Aku cinta kamu dan kamu tahu itu\nMalam ini panjang, hati ini untukmu",
    "ru": "Я люблю тебя и ты это знаешь\nНочь длинная",
    "uk": "Я кохаю тебе і ти це знаєш\nНіч довга, моє серце співає",
    "bg": "Обичам те и ти го знаеш\nНощта е дълга, сърцето ми пее за теб",
    "el": "Σ' αγαπώ και το ξέρεις",
    "he": "אני אוהב אותך",
    "ar": "أنا أحبك وأنت تعرف\nفي الليل قلبي معك يا حبيبي",
    "fa": "من تو را دوست دارم و این را می دانی\nشب است و دل من",
    "ur": "میں تم سے محبت کرتا ہوں\nیہ رات ہے اور دل کی بات",
    "hi": "मैं तुमसे प्यार करता हूँ",
    "bn": "আমি তোমাকে ভালোবাসি",
    "ta": "நான் உன்னை காதலிக்கிறேன்",
    "te": "నేను నిన్ను ప్రేమిస్తున్నాను",
    "th": "ฉันรักเธอ",
    "ja": "君を愛してる\n夜の街で",
    "zh": "我爱你\n月亮代表我的心",
    "ko": "사랑해 너를 baby\n밤하늘의 별처럼",
}


@pytest.mark.parametrize("code", LYRICS)
def test_lyrics_tell_their_language(code):
    assert guess_language(LYRICS[code]) == code
    assert guess_language(f"[Verse]\n{LYRICS[code]}\n[Chorus: loud]".upper()) == code


def test_every_language_has_lyrics_here():
    assert set(tomllib.loads(LANGUAGES_FILE.read_text(encoding="utf-8"))["languages"]) == set(LYRICS)


def test_decomposed_letters_tell_as_composed_ones():
    assert guess_language("Miluji te\u030c a ty to vi\u0301s\u030c, moje srdce") == "cs"


@pytest.mark.parametrize(
    "lyrics",
    ["", "[verse]\n[chorus]", "la la la", "hello", "yeah yeah oh oh", "12345 !?", "\x00\ud800", "🎵🎵",
     "Ninakupenda sana mpenzi wangu usiku na mchana"],
)  # fmt: skip
def test_what_is_not_sure_is_not_told(lyrics):
    assert guess_language(lyrics) is None


@pytest.mark.parametrize(
    ("caption", "code"),
    [
        ("a song in Spanish", "es"),
        ("german lyrics, dark", "de"),
        ("french female vocals", "fr"),
        ("auf Deutsch gesungen", "de"),
        ("chanson en français", "fr"),
        ("на русском языке", "ru"),
        ("language: Polish", "pl"),
        ("中文", "zh"),
        ("一首中文歌曲", "zh"),
        ("日本語の歌", "ja"),
        ("한국어 노래", "ko"),
        ("sung in Mandarin", "zh"),
        ("in Spanish, not in German", "es"),
        ("spanish guitar", None),
        ("no german lyrics", None),
        ("a quiet evening in the garden", None),
        ("", None),
    ],
)
def test_captions_that_name_a_language(caption, code):
    assert guess_language("", caption) == code


def test_lyrics_that_are_sure_overrule_the_caption():
    assert guess_language(LYRICS["en"], "in Spanish") == "en"
    assert guess_language("la la la na na na", "in Spanish") == "es"


def test_a_caption_decides_between_neighbours():
    shared = "jeg og du er her med min natt"
    assert guess_language("jeg er her, du er her, det er alt for os", "in Danish") == "da"
    assert guess_language(shared, "in Norwegian") == "no"


def test_chinese_signs_among_kana_are_japanese():
    assert guess_language("東京都庁前広場の中") == "ja"
    assert guess_language("月亮代表我的心") == "zh"


def test_a_few_english_words_do_not_hide_the_script():
    assert guess_language("사랑해 너를 baby tonight 밤하늘의 별처럼") == "ko"


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "a" + "\u0316\u0300" * 10_000, "the " * 5000, "'" * 20_000, "é" * 20_000]
)
def test_hostile_text_has_an_answer(text):
    assert guess_language(text, text) in {None, "en", "fr", "it", "hu", "es", "pt", "cs"}


def test_a_language_of_no_known_script_is_refused():
    data = tomllib.loads(LANGUAGES_FILE.read_text(encoding="utf-8"))
    data["languages"]["xx"] = {"script": "runes", "names": ["runic"]}
    with pytest.raises(ValueError, match="language xx: script 'runes' wanted one of latin, kana"):
        read_languages(data)


def test_shared_words_weigh_less():
    assert languages().words["und"] == {"de": 1.0}
    assert languages().words["og"] == {"da": 0.5, "no": 0.5}
