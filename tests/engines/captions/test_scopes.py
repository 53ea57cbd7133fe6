"""The scope of "no" and "only"."""

import pytest

from audiomusic.engines.captions.reader import read_wishes
from tests.engines.captions.wishes import found


@pytest.mark.parametrize(
    "caption",
    [
        "funk, skip the drums",
        "omit percussion, chamber pop",
        "blues, do not add drums",
        "drumless shoegaze",
        "beat-free drone music",
        "Exclude: percussion. Soul.",
        "grunge -drums",
        "soul !!! NO DRUMS !!!",
        "all instruments except drums, disco",
        "samba (no percussion)",
        "drums: none, folk",
        "#nodrums #chill",
        "Soul ohne Trommeln",
        "kein Schlagzeug, Funk",
        "schlagzeuglose Kammermusik",
        "Swing, bitte keine Drums",
        "valse sans percussions",
        "pas de batterie, folk",
        "cumbia sin percusión",
        "nada de batería, tango",
        "fado sem bateria",
        "nenhuma percussão, jazz",
        "valzer senza batteria",
        "niente percussioni, folk",
        "打楽器なしのジャズ",
        "ドラムを使わないフォーク",
        "不要打击乐，爵士",
        "没有鼓的民谣",
        "드럼 없는 재즈",
        "джаз без ударных",
        "موسيقى هادئة بدون طبول",
        "I don't want any drums here",
        "jazz that doesn't have drums",
        "free of percussion",
        "no drums, piano or strings",
        "neither drums nor bass",
        "polka w/o drums",
        "nothing with drums",
        "not a single drum",
        "hold the drums, ska",
        "keep the drums out of it",
        "percussion should be absent",
        "ohne jegliche Percussion",
        "que no haya batería",
        "なにもかも、ドラムもベースも不要",
        "música sem batida",
        "无鼓点",
        "jazz, no horns or drums",
        "polka with no drums whatsoever",
        "grunge with no percussion at all, please",
        "keep the drums away, ska",
        "Ska, lass das Schlagzeug weg",
    ],
)
def test_drums_refused(caption):
    assert None in found(caption, "drums", "refuse"), read_wishes(caption)
    assert not found(caption, "drums")


@pytest.mark.parametrize(
    ("caption", "kept"),
    [
        ("soul, not only drums but horns", "brass_section"),
        ("surf, never without a saxophone", "saxophone"),
        ("no holds barred trumpet", "trumpet"),
        ("nobody plays the accordion like this", "accordion"),
        ("nicht ohne Cello", "cello"),
        ("no piano, but a violin", "violin"),
        ("no organ; use a flute", "flute"),
        ("ohne Klavier, dafür mit Harmonika", "harmonica"),
        ("sin piano, pero con acordeón", "accordion"),
        ("no drums and gentle piano", "piano"),
        ("サックスだけでなくピアノも", "piano"),
        ("不仅有钢琴", "piano"),
    ],
)
def test_what_a_refusal_does_not_reach(caption, kept):
    wanted = {name for value in found(caption, "instrument") for name in value}
    assert kept in wanted and kept not in {n for v in found(caption, "instrument", "refuse") for n in v}


@pytest.mark.parametrize(
    ("caption", "refused", "wanted"),
    [
        ("ska with accordion instead of horns", "trumpet", "accordion"),
        ("pop, rather than piano use a marimba", "piano", "marimba"),
        ("Tango mit Geige statt Akkordeon", "accordion", "violin"),
        ("valse avec clarinette au lieu de flûte", "flute", "clarinet"),
        ("bolero con trompeta en lugar de violín", "violin", "trumpet"),
        ("samba com flauta em vez de saxofone", "saxophone", "flute"),
        ("valzer con pianoforte invece di organo", "organ", "piano"),
        ("ピアノの代わりにオルガン", "piano", "organ"),
        ("用小提琴代替长笛", "flute", "violin"),
    ],
)
def test_one_in_the_place_of_another(caption, refused, wanted):
    assert refused in {name for value in found(caption, "instrument", "refuse") for name in value}
    assert wanted in {name for value in found(caption, "instrument") for name in value}


@pytest.mark.parametrize(
    "caption",
    [
        "blues, no organ, piano or banjo",
        "except organ, banjo and piano, blues",
        "avoid organ and piano and banjo",
        "exclude: organ, piano, banjo. Blues",
        "ohne Orgel, Klavier oder Banjo",
        "sans orgue ni piano ni banjo",
        "sin órgano ni piano ni banjo",
        "オルガンとピアノとバンジョーなし",
        "no organ, no piano and no banjo",
    ],
)
def test_lists_are_refused_whole(caption):
    refused = {name for value in found(caption, "instrument", "refuse") for name in value}
    assert {"organ", "piano", "banjo"} <= refused


@pytest.mark.parametrize(
    ("caption", "band"),
    [
        ("harmonica only, slow", {"harmonica"}),
        ("only a marimba", {"marimba"}),
        ("just organ and cello", {"organ", "cello"}),
        ("solo accordion", {"accordion"}),
        ("one flute alone", {"flute"}),
        ("unaccompanied violin", {"violin"}),
        ("banjo and accordion, nothing else", {"banjo", "accordion"}),
        ("nothing but piano", {"piano"}),
        ("vibraphone, no other instruments", {"vibraphone"}),
        ("organ, trumpet and flute only", {"organ", "trumpet", "flute"}),
        ("nur Klavier", {"piano"}),
        ("ausschließlich Orgel", {"organ"}),
        ("Cello allein", {"cello"}),
        ("Akkordeon, sonst nichts", {"accordion"}),
        ("flûte seule", {"flute"}),
        ("uniquement du piano", {"piano"}),
        ("rien que du violon", {"violin"}),
        ("solamente violonchelo", {"cello"}),
        ("acordeón, nada más", {"accordion"}),
        ("apenas violino", {"violin"}),
        ("soltanto fisarmonica", {"accordion"}),
        ("flauto, nient'altro", {"flute"}),
        ("フルートのみ", {"flute"}),
        ("オルガンだけ", {"organ"}),
        ("只有大提琴", {"cello"}),
        ("小提琴独奏", {"violin"}),
        ("첼로만", {"cello"}),
        ("no instruments except a banjo", {"banjo"}),
        ("除了大提琴不要其他乐器", {"cello"}),
        ("just one instrument: the flute", {"flute"}),
        ("静かなチェロソロ", {"cello"}),
        ("I only want to hear an organ", {"organ"}),
        ("только скрипка", {"violin"}),
        ("just an organ, slow", {"organ"}),
        ("flute and organ, that is all", {"flute", "organ"}),
        ("ヴァイオリン独奏の曲", {"violin"}),
    ],
)
def test_exclusives(caption, band):
    only = {name for value in found(caption, "instrument", "only") for name in value}
    assert only == band, read_wishes(caption)
    assert not found(caption, "instrument")


@pytest.mark.parametrize(
    "caption",
    [
        "just a feeling",
        "only you, soul",
        "the only one, with piano",
        "not only piano",
        "just a feeling of piano",
        "it is just a piano ballad",
    ],
)
def test_only_is_not_always_an_exclusive(caption):
    assert not [wish for wish in read_wishes(caption).wishes if wish.polarity == "only"]


@pytest.mark.parametrize(
    ("caption", "refused"),
    [
        ("without a male voice", ("male",)),
        ("no female singer", ("female",)),
        ("keine Frauenstimme", ("female",)),
        ("no choir", ("choir",)),
        ("pas de voix d'homme", ("male",)),
        ("sin voz de mujer", ("female",)),
    ],
)
def test_voices_refused(caption, refused):
    assert found(caption, "voice", "refuse") == [refused]


@pytest.mark.parametrize(
    "caption", ["no drums in the first half", "drums only halfway through", "Bass nur in der Mitte"]
)
def test_a_wish_for_a_part_of_the_song_is_told(caption):
    reading = read_wishes(caption)
    assert len(reading.settled) == 1 and "part of the song" in reading.settled[0][1]


def test_the_subject_of_the_words_is_no_wish_for_the_band():
    reading = read_wishes("a country song about a man and his piano, slow")
    assert [wish.value for wish in reading.wishes if wish.aspect in ("instrument", "voice")] == []
    assert found("a ballad about my drummer, with cello", "instrument") == [("cello",)]


@pytest.mark.parametrize("shown", ["tambourine", "cymbals", "snare"])
def test_pieces_of_the_kit_are_refused_alone(shown):
    refused = found(f"funk, no {shown}", "drums", "refuse")
    assert refused and None not in refused


def test_a_soloist_of_a_band_is_not_alone():
    assert found("swing band with a solo clarinet", "instrument") == [("clarinet",)]


def test_only_a_singer_says_who_sings():
    assert found("only female vocals, soul", "voice") == [("female",)]
    assert found("only vocals", "voice", "only") == [("any",)]


@pytest.mark.parametrize("caption", ["senza assolo di tromba", "no trumpet solo", "kein Trompetensolo"])
def test_the_refusal_of_a_solo_refuses_no_instrument(caption):
    assert found(caption, "form", "refuse") == ["solo:trumpet"]
    assert found(caption, "instrument", "refuse") == []


@pytest.mark.parametrize(
    ("caption", "refused"),
    [
        ("rock, I wish you didn't use an organ", "organ"),
        ("bitte auf die Orgel verzichten", "organ"),
        ("cumbia, prescinde del piano", "piano"),
        ("folk, togli il violino", "violin"),
        ("jazz, enlève la flûte", "flute"),
        ("samba, dispensa o piano", "piano"),
    ],
)
def test_verbs_that_take_a_player_out(caption, refused):
    found = [wish for wish in read_wishes(caption).wishes if wish.polarity == "refuse"]
    assert [refused in wish.value for wish in found] == [True]
