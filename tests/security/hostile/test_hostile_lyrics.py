"""Captions and lyrics built to be expensive: their cost is bounded, in work and in time."""

import signal
from collections import Counter

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from audiomusic.devtools.adversarial_inputs import (
    CAPTION_CHARS,
    GREEDY_CAPTIONS,
    GREEDY_LYRICS,
    LYRICS_CHARS,
    ODD_TEXTS,
)
from audiomusic.engines.base import MAX_DURATION_S, SongRequest
from audiomusic.engines.estimate import reserved_duration_s
from audiomusic.engines.file_metadata import TrackTags, read_tags, write_tags
from audiomusic.engines.languages import guess_language
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.lyrics import MAX_LINES, parse_lyrics
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score import Syllable
from audiomusic.engines.studio.voice import speech, syllabify
from audiomusic.engines.taxonomy import tags_of
from jobs.search.normalize import normalize_texts, tokens
from jobs.specs.build import clean_title, title_from
from jobs.specs.spelling import has_words

CPU_LIMIT_S = 60  # each test takes a hundredth of it; backtracking takes forever
MOST_SYLLABLES_A_SECOND = 16  # the shortest is 60 ms
MOST_NOTES_A_SECOND = 40


@pytest.fixture(autouse=True)
def cpu_limit():
    """Limit processor time rather than wall time: a busy machine does not fail a test."""

    def give_up(number, frame):
        raise TimeoutError(f"more than {CPU_LIMIT_S} s of processor time")

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT_S)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


def plan_of(lyrics="", caption="pop", kind="song", duration_s=20.0):
    """Plan a short song, whose lyrics are still read to the end. `duration_s` None: as long as they need."""
    write = not lyrics
    return make_plan(
        SongRequest(
            kind=kind,
            caption=caption,
            lyrics=lyrics,
            write_lyrics=write,
            seeds=(1,),
            duration_s=duration_s,
            max_duration_s=reserved_duration_s(kind, lyrics, write),
        ),
        1,
    )


def by_letters(texts, language):
    """Return many syllables for every line, without calling the voice."""
    return [[Syllable("la", 1, True)] * min(40, len(text)) for text in texts]


def assert_bounded(plan, score):
    assert 0 < plan.duration_s <= MAX_DURATION_S
    lead = [line for line in score.vocals if line.role == "lead"]
    assert sum(len(line.onsets) for line in lead) <= MOST_SYLLABLES_A_SECOND * plan.duration_s
    assert len(score.vocals) <= 4 * MAX_LINES  # lead, double, harmony, ad-lib
    assert sum(len(track.notes) for track in score.tracks) <= MOST_NOTES_A_SECOND * plan.duration_s


@pytest.mark.parametrize("name", GREEDY_LYRICS)
def test_greedy_lyrics_become_a_song(name):
    text = GREEDY_LYRICS[name]
    assert len(text) <= LYRICS_CHARS
    assert sum(len(section.lines) for section in parse_lyrics(text)) <= MAX_LINES
    plan = plan_of(text, kind="rap" if len(name) % 2 else "song")
    assert_bounded(plan, compose(plan, 1, by_letters))


@pytest.mark.parametrize("name", ["single letters", "tags with ad-libs", "vowels of every kind"])
def test_a_song_as_long_as_its_greedy_lyrics_want_is_bounded(name):
    plan = plan_of(GREEDY_LYRICS[name], duration_s=None)
    assert plan.duration_s > MAX_DURATION_S / 2
    assert_bounded(plan, compose(plan, 1, by_letters))


@pytest.mark.parametrize("name", GREEDY_CAPTIONS)
def test_greedy_captions_become_a_song(name):
    assert len(GREEDY_CAPTIONS[name]) <= CAPTION_CHARS
    plan = plan_of(caption=GREEDY_CAPTIONS[name])
    assert_bounded(plan, compose(plan, 1, by_letters))


@pytest.mark.parametrize("name", GREEDY_LYRICS)
def test_the_web_server_reads_greedy_texts_quickly(name):
    """Covers all processing of a request's texts before the response."""
    text = GREEDY_LYRICS[name]
    has_words(text)
    tags_of(text[:CAPTION_CHARS], text, None)
    guess_language(text, text[:CAPTION_CHARS])
    words = tokens(normalize_texts(text[:200], text[:CAPTION_CHARS], text))
    assert len(words) <= 2 * (len(text) + CAPTION_CHARS + 200) * 18  # ﷺ normalizes to eighteen letters
    assert len(title_from(text[:CAPTION_CHARS])) <= 60
    assert len(clean_title(text)) <= 200


@pytest.mark.parametrize(
    "name",
    ["phonemes for the speaker", "speech markup", "a script a letter", "long numbers", "zalgo",
     "one letter under ten thousand marks", "kanji and kana", "rare Chinese"],
)  # fmt: skip
def test_the_voice_pronounces_greedy_lines_within_its_limits(name, monkeypatch):
    asked = Counter()
    ask = speech.POOL.ask

    def count(request):
        asked[request.get("text")] += 1
        assert len(request.get("text", "")) <= speech.TEXT_LIMIT * 4
        return ask(request)

    monkeypatch.setattr(speech.POOL, "ask", count)
    lines = {line for section in parse_lyrics(GREEDY_LYRICS[name]) for line in section.lines}
    for syllables in syllabify(sorted(lines)[:6], "en"):
        assert len(syllables) <= speech.TEXT_LIMIT
    assert asked.total() <= 6 * 24 + 1  # a line has at most 24 parts, and the languages are queried once


def test_commands_of_the_speaker_are_never_spoken():
    for name in ("phonemes for the speaker", "speech markup", "control characters"):
        said = speech.speak(ODD_TEXTS[name], "en").text
        assert not set(said) & set('[]<>/="@\x00\x07\x1b')


@given(st.lists(st.sampled_from([*GREEDY_LYRICS.values(), *ODD_TEXTS.values()]), max_size=4), st.randoms())
@settings(max_examples=15, deadline=None)
def test_pieces_of_hostile_texts_in_any_order_become_a_song(texts, draw):
    pieces = [text[(start := draw.randrange(len(text))) : start + draw.randrange(200)] for text in texts * 8]
    draw.shuffle(pieces)
    plan = plan_of("\n".join(pieces)[:LYRICS_CHARS], caption="".join(pieces)[:CAPTION_CHARS] or "pop")
    assert_bounded(plan, compose(plan, 1, by_letters))


def test_lines_of_blanks_are_read_once():
    """Each of these lines once made the parser try every way to split its blanks."""
    blanks = " " * 9000
    for line in (f"[{blanks}x", f"{{x{blanks}x", f"a{blanks}:", f"[x{blanks}]{blanks}x", f"({blanks}"):
        parse_lyrics(line)
    assert [s.kind for s in parse_lyrics(f"[{' ' * 30}chorus{' ' * 30}]\nla")] == ["chorus"]


@pytest.mark.parametrize("suffix", ["flac", "mp3", "wav", "ogg"])
def test_a_file_takes_hostile_texts_as_its_tags(suffix, tmp_path):
    """Title, caption and lyrics are written as text and read back as text."""
    path = tmp_path / f"take.{suffix}"
    sf.write(path, np.zeros((480, 2), np.float32), 48_000)
    for text in (*ODD_TEXTS.values(), *GREEDY_LYRICS.values()):
        write_tags(path, TrackTags(title=clean_title(text), caption=text[:CAPTION_CHARS], lyrics=text))
        assert bool(read_tags(path).lyrics) == bool(clean_title(text))  # control characters are left out
