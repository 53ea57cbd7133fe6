import copy
import tomllib
import unicodedata
from pathlib import Path

import pytest

from audiomusic.engines import phrase_matcher
from audiomusic.engines.phrase_matcher import MAX_CHARS, Phrasebook, fold, tokens_of
from audiomusic.engines.taxonomy import (
    KINDS,
    MAX_TAGS,
    WORDS_FILE,
    Tags,
    families,
    genre_named,
    named,
    read_vocabulary,
    tags_of,
    vocabulary,
)

PRESETS_FILE = Path(__file__).parents[2] / "presets/data/genre_presets.toml"
FAMILIES = (
    "Modern Pop", "Rock", "Hip Hop", "Jazz", "Classical", "Electronic", "Country", "Folk", "Blues",
    "Reggae", "Latin", "R&B", "Metal",
)  # fmt: skip


#: Presets of genres that belong to one of the families but are composed in their own style.
STYLED = (
    "Funk", "Disco", "Gospel", "Bossa Nova", "Drum and Bass", "K-Pop", "Afrobeat", "Reggaeton", "Synthwave",
    "Cinematic",
)  # fmt: skip


@pytest.mark.parametrize("name", (*FAMILIES, *STYLED))
def test_each_preset_genre_finds_itself(name):
    assert genre_named(name).name == name
    assert tags_of(f"a {name.lower()} song").genres == (name,)
    assert tags_of("", genre=name).genres == (name,)


def test_families_and_styles_are_the_presets_genres():
    assert set(families()) == set(FAMILIES)
    presets = tomllib.loads(PRESETS_FILE.read_text(encoding="utf-8"))["preset"]
    assert {row["parameters"]["genre"] for row in presets if "genre" in row.get("parameters", {})} == set(
        FAMILIES + STYLED
    )
    assert all(genre_named(name).style == name and genre_named(name).family != name for name in STYLED)
    assert genre_named("lofi").family == "Hip Hop"
    assert genre_named("Techno").style == "Electronic"
    assert genre_named("chillhop").style == "Lo-fi"


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_names_its_value(kind):
    tables = {
        "genre": vocabulary().genres,
        "emotion": vocabulary().emotions,
        "occasion": vocabulary().occasions,
    }
    for value in tables[kind].values():
        for word in (value.name, *value.words):
            assert named(kind, word) == value.name


def test_every_word_is_found_as_written_unless_it_is_silent():
    for genre in vocabulary().genres.values():
        for word in (*genre.words, *([] if genre.silent else [genre.name])):
            assert tags_of(word).genres == (genre.name,), word


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lofi", "Lo-fi"), ("lo-fi", "Lo-fi"), ("LO FI", "Lo-fi"), ("Lo-Fi", "Lo-fi"),
        ("ローファイ", "Lo-fi"), ("rnb", "R&B"), ("R&B", "R&B"), ("r & b", "R&B"),
        ("r and b", "R&B"), ("R'n'B", "R&B"), ("hiphop", "Hip Hop"), ("hip-hop", "Hip Hop"),
        ("嘻哈", "Hip Hop"), ("힙합", "Hip Hop"), ("рэп", "Hip Hop"), ("dnb", "Drum and Bass"),
        ("drum & bass", "Drum and Bass"), ("drum 'n' bass", "Drum and Bass"), ("Ｊａｚｚ", "Jazz"),
        ("rock ’n’ roll", "Rock and Roll"), ("forro", "Sertanejo"), ("Forró", "Sertanejo"),
        ("kpop", "K-Pop"), ("bossanova", "Bossa Nova"), ("八", None), ("", None),
        ("jazz hands", None),
    ],
)  # fmt: skip
def test_spellings(text, name):
    genre = genre_named(text)
    assert (genre.name if genre else None) == name


def test_the_name_that_is_too_common_is_a_name_all_the_same():
    assert named("occasion", "driving") == "Driving"
    assert tags_of("a song about the world, driving drums").occasions == ()
    assert tags_of("music for driving").occasions == ("Driving",)


@pytest.mark.parametrize(
    ("caption", "tags"),
    [
        ("jazz fusion", Tags(genres=("Jazz Fusion",))),
        ("lo-fi hip hop for a rainy evening", Tags(genres=("Lo-fi",), occasions=("Rainy Day",))),
        ("sad piano, then happy", Tags(emotions=("Sad", "Happy"))),
        ("SAD Techno for the GYM", Tags(("Techno",), ("Sad",), ("Workout",))),
        ("bedrock, sadistic, partying", Tags(occasions=("Party",))),
        ("a song about my house", Tags()),
        ("grand piano and warm pads", Tags()),
        ("epic orchestral trailer music", Tags(("Cinematic",), ("Epic",), ("Trailer",))),
        ("non-stop techno", Tags(("Techno",))),
        ("#lofi #chill", Tags(("Lo-fi",), ("Chill",))),
        ("drum_and_bass", Tags(("Drum and Bass",))),
        ("lo, fi", Tags()),
        ("música romántica para boda", Tags((), ("Romantic",), ("Wedding",))),
        ("MUSICA ROMANTICA PARA BODA", Tags((), ("Romantic",), ("Wedding",))),
        ("traurige Ballade", Tags(("Ballad",), ("Sad",))),
        ("грустный рок", Tags(("Rock",), ("Sad",))),
        ("रोमांटिक गाना शादी", Tags((), ("Romantic",), ("Wedding",))),
        ("一首悲伤的摇滚歌曲", Tags(("Rock",), ("Sad",))),
        ("適合婚禮的浪漫爵士樂", Tags(("Jazz",), ("Romantic",), ("Wedding",))),
        ("切ないロックバラード", Tags(("Rock", "Pop Ballad"), ("Melancholic",))),
        ("슬픈재즈", Tags(("Jazz",), ("Sad",))),
        ("เพลงเศร้า", Tags((), ("Sad",))),
    ],
)
def test_captions(caption, tags):
    assert tags_of(caption) == tags


@pytest.mark.parametrize(
    ("caption", "tags"),
    [
        ("no rock", Tags()),
        ("not sad", Tags()),
        ("happy song without jazz", Tags((), ("Happy",))),
        ("jazz without drums", Tags(("Jazz",))),
        ("not a very sad song", Tags()),
        ("isn't sad, isn’t angry", Tags()),
        ("no rock or metal, just jazz", Tags(("Jazz",))),
        ("no drums or jazz", Tags()),
        ("neither rock nor pop/jazz", Tags()),
        ("no rock and metal", Tags()),
        ("no jazz and happy", Tags((), ("Happy",))),
        ("no drums and happy", Tags((), ("Happy",))),
        ("no vocals, happy lofi", Tags(("Lo-fi",), ("Happy",))),
        ("no vocals happy lofi", Tags(("Lo-fi",), ("Happy",))),
        ("no metal but punk", Tags(("Punk",))),
        ("anything but country", Tags()),
        ("not only sad but epic", Tags((), ("Sad", "Epic"))),
        ("rock, no rock guitars", Tags(("Rock",))),
        ("sin reggaetón, con salsa", Tags(("Salsa",))),
        ("ohne Rock, nicht traurig, fröhlich", Tags((), ("Joyful",))),
        ("без рока и джаза, без рок", Tags()),
        ("不要摇滚，要爵士", Tags(("Jazz",))),
        ("没有鼓的爵士", Tags(("Jazz",))),
        ("不安", Tags((), ("Anxious",))),
        ("悲しくないロック、ジャズなし", Tags(("Rock",))),
        ("재즈 없이 힙합", Tags(("Hip Hop",))),
    ],
)
def test_what_is_refused(caption, tags):
    assert tags_of(caption) == tags


def test_the_preset_comes_first_and_is_not_doubled():
    assert tags_of("bluesy rock, warm", genre="Rock").genres == ("Rock", "Blues")
    assert tags_of("trap", genre="Custom").genres == ("Trap",)


def test_lyrics_tell_emotions_and_occasions_only_when_they_insist():
    assert tags_of("", "[verse]\nI am lonely") == Tags()
    assert tags_of("", "So lonely tonight\nSo lonely at Christmas\nChristmas time") == Tags(
        (), ("Lonely",), ("Christmas",)
    )


def test_lyrics_never_tell_a_genre_nor_what_their_words_say_otherwise():
    assert tags_of("", "rock rock rock\njazz jazz\nat night at night\nthe dark the dark") == Tags()


def test_what_stands_in_brackets_is_not_sung():
    assert tags_of("", "[sad verse]\nla\n[sad chorus]\nla") == Tags()


def test_a_caption_overrules_its_lyrics():
    lyrics = "sad sad sad\nhappy happy\nlonely"
    assert tags_of("not sad", lyrics).emotions == ("Happy",)
    assert tags_of("happy", lyrics).emotions == ("Happy", "Sad")
    assert tags_of("", "not sad, never sad, no more sad songs") == Tags()


def test_tags_are_bounded_and_in_order():
    caption = "techno, sad, funk, rock, jazz, metal, blues, happy, epic, calm, dark, angry"
    assert tags_of(caption).genres == ("Techno", "Funk", "Rock", "Jazz", "Metal")
    assert tags_of(caption).emotions == ("Sad", "Happy", "Epic", "Calm", "Dark")
    assert len(tags_of(caption).emotions) == MAX_TAGS
    assert tags_of(caption) == tags_of(caption)


HOSTILE = [
    "drum and " * 1200, "no " * 3300, "do not not " * 900, "[" * 10_000, "a" * 10_000, "不要" * 5000,
    "a" + "\u05b0\u0591" * 5000, "\ufdfa" * 10_000, "\u0f71\u0f74" * 5000, "\x00\ud800\U0001f3b5" * 3000,
    "hip " * 2500, "-" * 10_000, "\n" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_read_in_linear_time(text, monkeypatch):
    reads = 0

    class Counted(list):
        def __getitem__(self, index):
            nonlocal reads
            reads += 1
            return super().__getitem__(index)

    tokens = tokens_of(text)
    monkeypatch.setattr("audiomusic.engines.taxonomy.tokens_of", lambda text: Counted(tokens_of(text)))
    tags_of(text)
    # Each position is read at most twice: as a word, and as what follows one.
    assert reads <= len(tokens) * (2 * vocabulary().book.depth + 2)


@pytest.mark.parametrize("text", HOSTILE)
def test_long_runs_of_accents_are_never_sorted(text, monkeypatch):
    sorted_runs = []

    class Spy:
        combining = staticmethod(unicodedata.combining)

        @staticmethod
        def normalize(form, text):
            marks = [unicodedata.combining(char) for char in text]
            sorted_runs.append(sum(one > two > 0 for one, two in zip(marks, marks[1:], strict=False)))
            return unicodedata.normalize(form, text)

    monkeypatch.setattr(phrase_matcher, "unicodedata", Spy)
    fold(text)
    assert max(sorted_runs, default=0) <= 1


def test_what_lies_beyond_the_limit_is_not_read():
    assert len(fold("\ufdfa" * 50_000)) <= MAX_CHARS
    assert tags_of(" " * MAX_CHARS + "rock") == Tags()


def test_the_longest_phrase_wins_also_where_a_longer_one_breaks_off():
    book = Phrasebook()
    for phrase in ("drum", "drum and bass", "and"):
        book.add(phrase, phrase_matcher.Meaning("genre", phrase))
    assert book.longest(["drum", "and", "bass"], 0) == (3, (("genre", "drum and bass"),))
    assert book.longest(["drum", "and", "base"], 0) == (1, (("genre", "drum"),))
    assert book.longest(["bass"], 0) == (0, ())


# --- the file ---


@pytest.fixture(scope="module")
def data():
    return tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))


def test_there_is_a_vocabulary(data):
    assert len(data["genres"]) > 90
    assert len(data["emotions"]) >= 60
    assert len(data["occasions"]) >= 50


def test_single_signs_of_unspaced_scripts_are_no_words(data):
    """Without spaces between words, a single character would be found within other words."""
    for kind in ("genres", "emotions", "occasions"):
        for row in data[kind].values():
            assert all(len(tokens_of(word)) > 1 or len(word) > 1 for word in row["words"])


def test_dynamics_are_within_reason():
    for emotion in vocabulary().emotions.values():
        assert -0.5 <= emotion.energy <= 0.5
        assert 0.8 <= emotion.tempo <= 1.2
        assert emotion.mode in (None, "major", "minor")


def _with(data, kind, name, **row):
    changed = copy.deepcopy(data)
    changed[kind][name] = {"words": []} | row
    return changed


@pytest.mark.parametrize(
    ("kind", "row", "message"),
    [
        (
            "genres",
            {"family": "Rock", "words": ["LOFI"]},
            "'LOFI' is genre 'Lo-fi' and genre 'New': wanted one",
        ),
        ("genres", {"family": "Rock", "words": ["lo fi"]}, "'lo fi' is genre 'Lo-fi'"),
        ("genres", {"family": "Techno"}, "genre 'New': 'Techno' heads no family"),
        ("genres", {"family": "Skiffle"}, "genre 'New': 'Skiffle' heads no family"),
        ("genres", {"family": "Rock", "style": "Skiffle"}, "'New': style 'Skiffle' is no genre"),
        ("genres", {}, "the vocabulary cannot be read"),
        ("emotions", {"words": ["sad"]}, "'sad' is emotion 'Sad' and emotion 'New'"),
        ("emotions", {"words": ["without"]}, "'without' is emotion 'New' and refusing 'without'"),
        ("emotions", {"words": ["- -"]}, "emotion New: '- -' holds no word"),
        ("emotions", {"loudness": 1}, "the vocabulary cannot be read"),
        ("occasions", {"style": "Skiffle"}, "'New': style 'Skiffle' is no genre"),
    ],
)
def test_a_wrong_file_is_refused(data, kind, row, message):
    with pytest.raises(ValueError, match="^.*" + message.replace("(", r"\(")):
        read_vocabulary(_with(data, kind, "New", **row))


def test_one_word_may_be_of_two_kinds(data):
    found = read_vocabulary(_with(data, "emotions", "Clubby", words=["club"]))
    assert found.names[("emotion", "club")] == "Clubby"
    assert found.names[("occasion", "club")] == "Club"
