"""What is read from a sentence: people, things, places, actions, occasion and mood."""

import pytest

from audiomusic.engines.studio.lyricist.reader import read_sentence


def texts(query, language="en"):
    return [(fact.kind, fact.text) for fact in read_sentence(query, language).facts]


@pytest.mark.parametrize(
    ("language", "query", "facts"),
    [
        ("en", "two goats on a roof", [("thing", "two goats"), ("place", "on a roof")]),
        (
            "en",
            "song for my aunt June, who sells maps",
            [("who", "my aunt June"), ("clause", "June sells maps")],
        ),
        ("en", "paper mill in Oulu", [("thing", "the paper mill"), ("place", "in Oulu")]),
        ("en", "a boy flying a kite", [("who", "a boy"), ("clause", "a boy is flying a kite")]),
        ("en", "my uncle ned", [("who", "my uncle Ned")]),
        ("en", "happy birthday uncle Ken", [("who", "uncle Ken")]),
        (
            "en",
            "Ken and Ana's wedding by the lake",
            [("who", "Ken and Ana"), ("thing", "the wedding"), ("place", "by the lake")],
        ),
        ("en", "Xanthe sells maps", [("clause", "Xanthe sells maps"), ("who", "Xanthe")]),
        ("en", "sing about a goat that gives up", [("thing", "a goat"), ("clause", "a goat gives up")]),
        ("en", "from Cork to Rome", [("route", "from Cork"), ("route", "to Rome")]),
        ("es", "dos cabras en un tejado", [("thing", "dos cabras"), ("place", "en un tejado")]),
        (
            "es",
            "para mi tía Julia, que vende mapas",
            [("who", "mi tía Julia"), ("clause", "Julia vende mapas")],
        ),
        ("pt", "duas cabras num telhado", [("thing", "duas cabras"), ("place", "num telhado")]),
        (
            "pt",
            "para a minha tia Júlia, que vende mapas",
            [("who", "a minha tia Júlia"), ("clause", "Júlia vende mapas")],
        ),
        ("pt", "samba do mar", [("thing", "o mar")]),
        ("it", "due capre su un tetto", [("thing", "due capre"), ("place", "su un tetto")]),
        (
            "it",
            "per mia sorella Mia, che vende mappe",
            [("who", "mia sorella Mia"), ("clause", "Mia vende mappe")],
        ),
        ("it", "una canzone sull'amicizia", [("thing", "l'amicizia")]),
        ("it", "mi manca il mare", [("clause", "mi manca il mare"), ("thing", "il mare")]),
        ("fr", "deux chèvres sur un toit", [("thing", "deux chèvres"), ("place", "sur un toit")]),
        ("fr", "nager dans le lac", [("infinitive", "nager"), ("place", "dans le lac")]),
        (
            "fr",
            "l'amitié entre une chèvre et un loup",
            [("thing", "l'amitié"), ("place", "entre une chèvre et un loup")],
        ),
        ("de", "zwei Ziegen auf einem Dach", [("thing", "zwei Ziegen"), ("place", "auf einem Dach")]),
        (
            "de",
            "ein Lied für meine Tante Julia, die Karten verkauft",
            [("who", "meine Tante Julia"), ("clause", "Julia verkauft Karten")],
        ),
        (
            "de",
            "mein Nachbar Kurt, der um sechs aufsteht",
            [("who", "mein Nachbar Kurt"), ("clause", "Kurt steht um sechs auf")],
        ),
    ],
)  # fmt: skip
def test_facts(language, query, facts):
    assert texts(query, language) == facts


@pytest.mark.parametrize(
    ("language", "query", "occasion", "mood"),
    [
        ("en", "a birthday song for Ken", "birthday", "bright"),
        ("en", "a sad birthday song for Ken", "birthday", "sad"),
        ("en", "lullaby for Ken", "lullaby", "calm"),
        ("en", "in memoriam for Ken", "memorial", "sad"),
        ("en", "we used to race on the beach", "", "past"),
        ("es", "canción de boda para Ana", "wedding", "bright"),
        ("fr", "berceuse pour Ana", "lullaby", "calm"),
        ("de", "Abschiedslied für Ana", "farewell", "plain"),
        ("de", "ein trauriges Lied über den Hafen", "", "sad"),
        ("en", "goats on a roof", "", "plain"),
    ],
)
def test_occasion_and_mood(language, query, occasion, mood):
    sentence = read_sentence(query, language)
    assert (sentence.occasion, sentence.mood) == (occasion, mood)


def test_what_says_how_the_song_sounds_is_no_subject():
    assert texts("a slow blues song about goats, female voice, 90 bpm") == [("thing", "goats")]


def test_a_pair_is_kept_as_a_pair():
    assert read_sentence("lullaby for Ken and his red kite", "en").pair == "Ken and his red kite"


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("un rap sobre el mar, sin batería", "es"),
        ("uma canção sobre o mar, sem bateria", "pt"),
        ("una canzone sul mare, voce femminile", "it"),
        ("ein Lied über das Meer, ohne Klavier", "de"),
    ],
)
def test_what_the_grammar_of_captions_reads_as_music_is_not_sung(query, language):
    assert len(read_sentence(query, language).facts) == 1


@pytest.mark.parametrize("music", ["jazz in 5/4", "120 bpm", "F# minor", "at 95.5 bpm in 7/8"])
def test_figures_and_keys_of_the_music_are_no_things(music):
    facts = read_sentence(f"a song for Ben and his two dogs, {music}", "en").facts
    assert [fact.text for fact in facts] == ["Ben", "his two dogs"]
