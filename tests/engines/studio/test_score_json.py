"""A real song's stored score, its MIDI file and its lyrics, compared with each other."""

import io
import json

import mido
import pytest

from audiomusic.engines.base import SongRequest, silent_monitor
from audiomusic.engines.general_midi import tables
from audiomusic.engines.midi import midi_file
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.lyric_timing import kept_lrc, vocal_parts
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score import INSTRUMENTS, KITS, PIECES, SungWord
from audiomusic.engines.studio.score_json import COLUMNS, said_role, score_outline
from audiomusic.engines.studio.voice import sing, syllabify
from tests.engines.studio.voice_scores import song_of
from tests.support.lrc_reader import parse_lrc

LYRICS = """[Verse]
The river runs beneath the bridge (beneath the bridge)
And carries all we said away
[Chorus]
Sing it to the sky (to the sky)
"""
LATE_S = 0.1  # laid-back timing of raps and second voices, and espeak's vowel onset
CONSONANTS_S = 0.45  # before a word's first vowel


@pytest.fixture(scope="module")
def song():
    """Return (score, clips) of a swinging song with ad-libs."""
    request = SongRequest(
        kind="song", caption="jazz", lyrics=LYRICS, seeds=(4,), duration_s=18.0, max_duration_s=18.0,
        genre="Jazz", timesignature="4/4",
    )  # fmt: skip
    score = compose(make_plan(request, 4), 4, syllabify)
    return score, sing(score, silent_monitor(), 2)


@pytest.fixture(scope="module")
def kept(song):
    """Return the outline as it is read from a file."""
    return json.loads(json.dumps(score_outline(*song)))


def rows(kept, name, values):
    return [dict(zip(kept["columns"][name], row, strict=True)) for row in values]


def test_it_says_what_it_is(kept, song):
    score, _ = song
    assert (kept["format"], kept["version"], kept["seed"]) == ("audiomusic-score", 1, 4)
    assert (kept["key"], kept["timesignature"], kept["duration_s"]) == (score.key.name, "4/4", 18.0)
    assert (kept["bpm"], kept["quarter_s"]) == (score.metre.bpm, score.metre.quarter_s)
    assert kept["swing"]["amount"] == score.swing > 0
    assert kept["columns"] == {name: list(columns) for name, columns in COLUMNS.items()}
    assert kept["singer"]


def test_every_note_is_there_where_it_is_played(kept, song):
    score, _ = song
    assert [track["instrument"] for track in kept["tracks"]] == [track.instrument for track in score.tracks]
    for told, track in zip(kept["tracks"], score.tracks, strict=True):
        for row, note in zip(rows(kept, "notes", told["notes"]), track.notes, strict=True):
            assert row["start_s"] == pytest.approx(score.performed_seconds(note.onset), abs=1e-4)
            assert (row["beat"], row["beats"]) == pytest.approx((note.onset, note.length), abs=1e-6)
            assert row["pitch"] == note.pitch
            assert row["start_s"] + row["length_s"] <= kept["duration_s"] + 1e-3
    hits = rows(kept, "hits", kept["drums"]["hits"])
    assert [hit["piece"] for hit in hits] == [hit.piece for hit in score.drums.hits]


def test_sections_and_chords_fill_the_piece(kept):
    sections, chords = kept["sections"], rows(kept, "chords", kept["chords"])
    for spans in (sections, chords):
        assert spans[0]["start_s"] == 0
        for before, after in zip(spans, spans[1:], strict=False):
            assert before["end_s"] == pytest.approx(after["start_s"], abs=1e-3)
    assert chords[-1]["end_s"] == pytest.approx(kept["duration_s"], abs=0.02)


def test_syllables_make_up_their_lines(kept):
    for line in kept["vocals"]:
        syllables = rows(kept, "syllables", line["syllables"])
        assert "".join(syllable["text"] for syllable in syllables) == line["text"].replace(" ", "")
        assert syllables[0]["begins_word"]
        assert sum(syllable["begins_word"] for syllable in syllables) == len(line["text"].split())


def test_sung_words_lie_at_their_syllables(kept):
    """A word's timestamp is where its first consonant sounds, before its vowel, which is on the note."""
    for line in kept["vocals"]:
        starts = [s["start_s"] for s in rows(kept, "syllables", line["syllables"]) if s["begins_word"]]
        words = rows(kept, "words", line["words"])
        assert [word["text"] for word in words] == line["text"].split()
        for word, vowel_s in zip(words, starts, strict=True):
            assert vowel_s - CONSONANTS_S < word["start_s"] <= vowel_s + LATE_S < word["end_s"] + LATE_S


def test_ad_libs_are_told_from_second_voices(song):
    score, _ = song
    parts = dict.fromkeys(zip(vocal_parts(score), [line.text for line in score.vocals], strict=True))
    assert ("ad_lib", "beneath the bridge") in parts and ("ad_lib", "to the sky") in parts
    assert ("lead", "Sing it to the sky") in parts and ("harmony", "beneath the bridge") not in parts
    assert {text for part, text in parts if part == "double"} <= {"Sing it to the sky"}


@pytest.mark.parametrize("word_times", [True, False])
def test_the_lyrics_file_agrees_with_the_score(kept, song, word_times):
    """Line by line and, in the enhanced form, word by word, to the hundredth of a second that it stores."""
    lines = parse_lrc(kept_lrc(score_outline(*song))[word_times]).lines
    sung = [line for line in kept["vocals"] if line["part"] in ("lead", "ad_lib")]
    words = sorted((word[:2], word[2]) for line in sung for word in line["words"])
    starts = [line[0].start_s for line in lines]
    assert starts == sorted(starts)
    if word_times:
        found = sorted(([word.start_s, word.end_s], word.text.strip("()")) for row in lines for word in row)
        assert [text for _, text in found] == [text for _, text in words]
        assert [times[0] for times, _ in found] == pytest.approx([times[0] for times, _ in words], abs=0.006)
    else:
        first = [word.text for line in lines for word in line]
        assert first[0] == "The river runs beneath the bridge (beneath the bridge)"


def test_an_ad_lib_that_overlaps_has_a_row_of_its_own():
    score = song_of(["hold me now", "never go", "oh yeah"])
    score.vocals[2].role = "harmony"
    clips = [
        VocalClip(0.0, None, "lead", 0, [SungWord(1.0, 2.0, "hold")]),
        VocalClip(0.0, None, "lead", 1, [SungWord(3.0, 4.0, "never")]),
        VocalClip(0.0, None, "harmony", 2, [SungWord(2.5, 2.7, "oh"), SungWord(2.7, 3.2, "yeah")]),
    ]
    rows = parse_lrc(kept_lrc(score_outline(score, clips))[1]).lines
    texts = [[word.text for word in row] for row in rows]
    assert texts == [["hold"], ["(oh", "yeah)"], ["never"]]


def test_a_hummed_line_has_no_letters_and_no_words():
    score = song_of(["la la", "🎵"])
    outline = score_outline(score, sing(score, silent_monitor()))
    assert outline["vocals"][1]["words"] == []
    assert {syllable[3] for syllable in outline["vocals"][1]["syllables"]} == {""}


def test_the_midi_file_plays_the_same_notes(kept):
    file = mido.MidiFile(file=io.BytesIO(midi_file(kept)), charset="utf-8")
    assert file.length == pytest.approx(18.0, abs=0.05)
    tick_s = kept["quarter_s"] / file.ticks_per_beat
    for told, track in zip([t for t in kept["tracks"] if t["notes"]], file.tracks[1:], strict=False):
        now, onsets = 0, []
        for message in track:
            now += message.time
            if message.type == "note_on":
                onsets.append((round(now * tick_s, 2), message.note))
        notes = rows(kept, "notes", told["notes"])
        assert len(onsets) == len({(note["start_s"], note["pitch"]) for note in notes})
        assert min(onsets)[0] == pytest.approx(min(note["start_s"] for note in notes), abs=0.01)
    lyrics = [message.text for track in file.tracks for message in track if message.type == "lyrics"]
    assert "".join(lyrics).startswith("The river runs beneath the bridge\r")


def test_a_lift_changes_the_key(song):
    score, _ = song
    lifted = score.__class__(**{**score.__dict__, "notes": {"lift": {"onset": 8.0, "semitones": 2}}})
    keys = score_outline(lifted)["keys"]
    assert len(keys) == 2 and keys[1]["beat"] == 8.0 and keys[1]["name"] != keys[0]["name"]


def test_every_sound_has_a_midi_number():
    assert set(INSTRUMENTS) <= set(tables()["programs"])
    assert set(KITS) == set(tables()["kits"])
    assert set(PIECES) == set(tables()["pieces"])
    assert all(0 <= number <= 127 for table in tables().values() for number in table.values())


def test_what_nobody_sang_has_no_lyrics(kept):
    assert kept_lrc({**kept, "vocals": []}) is None


@pytest.mark.parametrize(
    ("role", "instrument", "said"),
    [
        ("rhythm guitar", "steel_guitar", "rhythm guitar"),
        ("rhythm guitar", "banjo", "rhythm"),
        ("banjo", "steel_guitar", "part"),
        ("banjo", "banjo", "banjo"),
        ("strings", "accordion", "part"),
        ("lead", "flute", "lead"),
        ("bass", "cello", "bass"),
    ],
)
def test_nobody_has_the_name_of_another_instrument(role, instrument, said):
    assert said_role(role, instrument) == said
