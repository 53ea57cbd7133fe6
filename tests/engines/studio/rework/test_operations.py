"""What each operation does to a score, without rendering: which notes stay and which go."""

from dataclasses import replace

import pytest

from audiomusic.engines.base import EngineError
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.seeds import LAYERS, LayeredSeed, layer_of
from audiomusic.engines.studio.rework.edits import new_words
from audiomusic.engines.studio.rework.edits.cover import covered
from audiomusic.engines.studio.rework.edits.extend import extended
from audiomusic.engines.studio.rework.edits.new_words import with_words
from audiomusic.engines.studio.rework.edits.reference import referred
from audiomusic.engines.studio.rework.edits.remix import is_mix_wish, moves_of, remixed
from audiomusic.engines.studio.rework.edits.repaint import repainted
from audiomusic.engines.studio.rework.edits.retake import THRESHOLDS, retaken
from audiomusic.engines.studio.rework.edits.reworked import changed_share, lyrics_of
from audiomusic.engines.studio.rework.kept_song import pack_song, unpack_song
from audiomusic.engines.studio.voice import syllabify
from tests.support.tool_songs import LYRICS, kept_song


@pytest.fixture(scope="module")
def song():
    return kept_song()


def sung(score):
    return [(line.text, line.onsets, line.lengths, line.pitches) for line in score.vocals]


def test_a_kept_plan_composes_the_very_same_score(song):
    assert compose(song.plan, song.seed, syllabify) == song.score


def test_what_was_kept_of_another_kind_is_refused():
    with pytest.raises(EngineError, match="before plans were stored"):
        song = kept_song().document
        bare = {**song, "exact": {name: song["exact"][name] for name in ("version", "score")}}
        unpack_song(pack_song(bare, b"", None))
    with pytest.raises(EngineError, match="cannot be read"):
        unpack_song(b"junk")


# retake


def test_a_layered_seed_answers_for_its_layers_alone():
    seed = LayeredSeed(5, {"melody": 9})
    assert (seed.of("melody", "verse", 0), seed.of("bass", "bass"), seed.of("key")) == (9, 5, 5)
    assert seed != 5 and seed == LayeredSeed(5, {"melody": 9}) and hash(seed) != hash(LayeredSeed(5, {}))
    assert (layer_of("pattern", "bass"), layer_of("pattern", "piano")) == ("groove", "comping")


@pytest.mark.parametrize(("genre", "seed"), [("rock", 1), ("jazz", 2)])
def test_the_share_of_changed_notes_never_falls_with_the_dial(genre, seed):
    song = kept_song(genre=genre)
    shares = []
    for variance in (0.0, *(threshold + 0.01 for threshold in THRESHOLDS.values()), 1.0):
        made = retaken(song, variance, seed)
        shares.append(changed_share(song.score, made.score))
        if variance <= 0.55:
            assert sung(made.score) == sung(song.score)
    assert shares == sorted(shares)
    assert shares[0] == shares[1] == 0.0 and shares[-1] > 0.4
    assert sung(made.score) != sung(song.score)


def test_a_retake_keeps_words_form_key_tempo_and_singer(song):
    made = retaken(song, 1.0, 4)
    assert [section.label for section in made.score.sections] == [s.label for s in song.score.sections]
    assert (made.score.key, made.score.metre) == (song.score.key, song.score.metre)
    assert {line.text for line in made.score.vocals} == {line.text for line in song.score.vocals}
    assert made.score.voice == song.document["singer"]
    again = compose(made.plan, made.seed, syllabify)
    assert replace(again, seed=0, voice="") == replace(made.score, seed=0, voice="")


def test_layers_and_thresholds_name_the_same():
    assert tuple(THRESHOLDS) == LAYERS


# repaint


def notes_outside(score, start_s, end_s):
    return [
        (track.role, note)
        for track in score.tracks
        for note in track.notes
        if not start_s - 0.011 <= score.performed_seconds(note.onset) < end_s
    ]


def test_a_repaint_leaves_every_note_outside_its_window(song):
    wishes = {"start_s": 8.0, "end_s": 16.0, "caption": "calm", "lyrics": None}
    made = repainted(song, wishes, 3)
    before = set(notes_outside(song.score, 8.0, 16.0))
    after = set(notes_outside(made.score, 8.0, 16.0))
    assert before == after
    assert made.score.tracks != song.score.tracks
    assert made.spans == ((8 * 48_000, 16 * 48_000),)
    assert made.details["changed"]["bars"][0][0] > 1


def test_new_words_stand_in_the_window_and_nowhere_else(song):
    wishes = {"start_s": 0.0, "end_s": 30.0, "caption": "", "lyrics": "A bird is on the wing"}
    texts = [line.text for line in repainted(song, wishes, 3).score.vocals]
    assert set(texts) == {"A bird is on the wing"}
    silent = repainted(song, {**wishes, "lyrics": ""}, 3)
    assert silent.score.vocals == []


@pytest.mark.parametrize("lyrics", [None, "And every river runs to sea"])
@pytest.mark.parametrize(("genre", "number"), [("cinematic", 2), ("rnb", 1)])
def test_a_line_that_is_composed_to_lie_elsewhere_is_sung_all_the_same(genre, number, lyrics):
    song = kept_song(genre=genre, duration_s=20.0)
    line = [line for line in song.score.vocals if line.role == "lead"][number]
    start_s = song.score.performed_seconds(line.onsets[0])
    end_s = song.score.performed_seconds(line.onsets[-1] + line.lengths[-1])
    wishes = {"start_s": start_s - 0.1, "end_s": end_s + 0.1, "caption": "", "lyrics": lyrics}
    for seed in range(4):
        made = repainted(song, wishes, seed).score
        sung = [
            each for each in made.vocals
            if each.role == "lead" and start_s - 0.2 <= made.performed_seconds(each.onsets[0]) < end_s
        ]  # fmt: skip
        assert [each.text for each in sung] == [lyrics or line.text]
        assert len(sung[0].onsets) == len(syllabify([sung[0].text], "en")[0])


def test_more_lines_than_the_window_holds_are_refused(song):
    wishes = {"start_s": 0.0, "end_s": 30.0, "caption": "", "lyrics": "\n".join(["la la la"] * 20)}
    with pytest.raises(EngineError, match="there is none for 'la la la'") as refused:
        repainted(song, wishes, 3)
    assert refused.value.code == "words_do_not_fit"


# edit


def test_as_many_syllables_keep_every_note(song):
    words = with_words(song.score, song.plan, LYRICS.replace("The river runs", "The water sings"))
    before, after = song.score.vocals, words.score.vocals
    changed = [number for number, line in enumerate(after) if line.text != before[number].text]
    assert changed and len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        assert (new.onsets, new.lengths, new.pitches) == (old.onsets, old.lengths, old.pitches)
    assert words.score.tracks == song.score.tracks and words.score.drums == song.score.drums


@pytest.mark.parametrize(("genre", "seed"), [("ambient", 1), ("hip-hop", 13), ("bossa-nova", 3)])
def test_a_songs_own_words_change_nothing(genre, seed):
    """Even if a chorus is sung twice in a row, or cut short at the end."""
    song = kept_song(genre=genre, seed=seed, duration_s=20.0)
    for lyrics in (LYRICS, lyrics_of(song.score)):
        assert with_words(song.score, song.plan, lyrics).score.vocals == song.score.vocals
    assert with_words(song.score, song.plan, LYRICS.replace("Sing", "Bring")).lines


def test_syllables_are_counted_by_who_sings_them(monkeypatch):
    song, readers = kept_song(), []

    def counted(texts, language, reader):
        readers.append(reader)
        return syllabify(texts, language)

    monkeypatch.setattr(new_words, "syllabify", counted)
    score = replace(song.score, reader="hibari")
    with_words(score, song.plan, LYRICS.replace("river", "water"))
    assert set(readers) == {"hibari"}
    assert covered(replace(song, score=score), {"caption": "jazz"}, 1).score.reader == "hibari"


@pytest.mark.parametrize("text", ["The river", "The river runs and runs beneath the iron bridges"])
def test_other_counts_keep_where_a_line_begins_and_ends(song, text):
    lyrics = LYRICS.replace("The river runs beneath the bridge", text)
    old = song.score.vocals[0]
    new = with_words(song.score, song.plan, lyrics).score.vocals[0]
    assert len(new.onsets) == len(syllabify([text], "en")[0])
    assert (new.onsets[0], new.pitches[0]) == (old.onsets[0], old.pitches[0])
    assert new.pitches[-1] == old.pitches[-1]
    assert new.onsets[-1] + new.lengths[-1] == pytest.approx(old.onsets[-1] + old.lengths[-1])


def test_a_mix_wish_moves_faders_and_no_note(song):
    prompt = "make the guitars more prominent and add reverb"
    assert is_mix_wish(prompt) and not is_mix_wish("jazz trio with piano")
    assert moves_of(prompt) == [("guitar", "up"), ("guitar", "wet")]
    made = remixed(song, prompt).score
    pairs = list(zip(song.score.tracks, made.tracks, strict=True))
    assert [old.notes for old, _ in pairs] == [new.notes for _, new in pairs]
    guitars = [(old, new) for old, new in pairs if "guitar" in old.instrument]
    assert guitars and all(new.gain_db >= old.gain_db + 2 for old, new in guitars)
    assert all(new.reverb_send > old.reverb_send for old, new in guitars)


@pytest.mark.parametrize(
    ("prompt", "moves"),
    [
        ("less reverb on the drums", [("drums", "dry")]),
        ("louder vocals, softer bass", [("vocals", "up"), ("bass", "down")]),
        ("wider", [("mix", "wide")]),
        ("a blue sky", []),
    ],
)
def test_a_sentence_about_a_mix_is_read(prompt, moves):
    assert moves_of(prompt) == moves


def test_a_mix_wish_that_moves_nothing_is_refused(song):
    with pytest.raises(EngineError, match="says what to make louder"):
        remixed(song, "louder trombones of Jericho")


# extend


@pytest.mark.parametrize(("left_s", "right_s"), [(0.0, 12.0), (7.0, 0.0), (5.5, 10.0)])
def test_an_extension_moves_the_song_by_what_comes_before(song, left_s, right_s):
    wishes = {"left_s": left_s, "right_s": right_s, "caption": "more", "lyrics": None, "left_lyrics": None}
    made = extended(song, wishes, 3)
    old, new = song.score, made.score
    assert new.duration_s == pytest.approx(old.duration_s + left_s + right_s)
    moved = [line for line in new.vocals if line.text == old.vocals[0].text][0]
    before_s, after_s = old.performed_seconds(old.vocals[0].onsets[0]), new.performed_seconds(moved.onsets[0])
    assert after_s - before_s == pytest.approx(left_s, abs=1e-6)
    assert 0 <= new.lead_in_s < new.metre.bar_s
    assert made.joins.at == round(left_s * 48_000)
    assert old.duration_s - made.joins.last / 48_000 <= max(8.0, 2 * new.metre.bar_s)
    added = [section.label for section in new.sections if section.label in made.details["sections"]]
    assert added and len(new.sections) > len(old.sections)


def test_words_of_the_added_part_are_sung_there(song):
    wishes = {
        "left_s": 0.0,
        "right_s": 20.0,
        "caption": "more",
        "lyrics": "[Chorus]\nGo on and on\nUntil the dawn",
    }
    made = extended(song, {**wishes, "left_lyrics": None}, 3)
    late = [line for line in made.score.vocals if line.text == "Go on and on"]
    assert late and all(made.score.performed_seconds(line.onsets[0]) > 27 for line in late)


def test_an_extension_sings_its_first_line_from_the_pickup_on(song):
    """Before, a line that starts before its section was silently omitted, in most songs."""
    words = {"lyrics": "[Verse]\nA bird is on the wing\n[Chorus]\nCarry me home", "left_lyrics": None}
    wishes = {"left_s": 0.0, "right_s": 20.0, "caption": "more", "all_words": True, **words}
    for genre in ("pop", "folk", "metal"):
        made = extended(kept_song(genre=genre), wishes, 3)
        first = next(line for line in made.score.vocals if line.text == "A bird is on the wing")
        assert made.joins.last / 48_000 <= made.score.performed_seconds(first.onsets[0])


@pytest.mark.parametrize(("side", "name"), [("left_s", "left_lyrics"), ("right_s", "lyrics")])
def test_words_for_which_an_extension_has_no_room_fail(song, side, name):
    wishes = {"left_s": 0.0, "right_s": 0.0, "caption": "more", "lyrics": None, "left_lyrics": None}
    lines = [f"we sing it {word} all the way" for word in ("now", "then", "once", "here", "there", "still")]
    wishes |= {side: 4.0, name: "[Verse]\n" + "\n".join(lines), "all_words": True}
    with pytest.raises(EngineError, match="no room for the line 'we sing it") as error:
        extended(song, wishes, 3)
    assert error.value.code == "words_do_not_fit"


# cover and reference


@pytest.mark.parametrize("strength", [0.1, 0.3, 0.49])
def test_a_cover_with_a_new_tune_sings_the_new_words(song, strength):
    """Before, it said so but sang the old ones."""
    words = "[Verse]\nA bird is on the wing\nThe day is far away\n[Chorus]\nCarry me home"
    wishes = {"caption": "jazz trio", "strength": strength, "lyrics": words, "all_words": True}
    texts = {line.text for line in covered(song, wishes, 3).score.vocals if line.role == "lead"}
    assert texts == {"A bird is on the wing", "The day is far away", "Carry me home"}
    with pytest.raises(EngineError, match="has room for") as error:
        covered(song, {**wishes, "lyrics": "[Verse]\n" + "la la la\n" * 40}, 3)
    assert error.value.code == "words_do_not_fit"


def test_a_cover_at_full_strength_keeps_every_sung_note(song):
    made = covered(song, {"caption": "jazz trio", "strength": 1.0}, 3)
    assert sung(made.score) == sung(song.score)
    assert (made.score.key, made.score.metre) == (song.score.key, song.score.metre)
    assert [(c.name, c.onset) for c in made.score.chords] == [(c.name, c.onset) for c in song.score.chords]
    assert made.score.genre == "jazz"
    before = {track.instrument for track in song.score.tracks}
    assert not before & {track.instrument for track in made.score.tracks}


def test_a_weak_cover_has_a_tune_of_its_own(song):
    made = covered(song, {"caption": "jazz trio", "strength": 0.3}, 3)
    assert {line.text for line in made.score.vocals} == {line.text for line in song.score.vocals}
    assert sung(made.score) != sung(song.score)
    assert [c.name for c in made.score.chords] == [c.name for c in song.score.chords]


def test_a_cover_that_nobody_sings_has_the_tune_played(song):
    made = covered(song, {"caption": "instrumental jazz", "strength": 1.0}, 3)
    assert made.score.vocals == []
    [lead] = [track for track in made.score.tracks if track.role == "lead"]
    onsets = {onset for line in song.score.vocals if line.role == "lead" for onset in line.onsets}
    assert onsets <= {note.onset for note in lead.notes}


def test_a_reference_gives_the_sound_and_no_tune(song):
    wishes = {"caption": "a song about the sea", "duration_s": 20.0, "max_duration_s": 20.0}
    made = referred(song, wishes, 5)
    assert made.score.genre == song.score.genre and made.plan.bpm == song.plan.bpm
    assert made.score.key.mode == song.score.key.mode
    assert sung(made.score) != sung(song.score)
    slow = referred(song, {**wishes, "caption": "a slow song about the sea, 70 bpm"}, 5)
    assert slow.plan.bpm == 70 and slow.details["reference"]["bpm"]["source"] == "caption"
