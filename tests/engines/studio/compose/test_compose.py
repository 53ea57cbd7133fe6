import itertools
from functools import cache

import pytest

from audiomusic.engines.captions.lexicon import instruments_called
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.harmony import chord_at, classes_of, scale_classes
from audiomusic.engines.studio.compose.rhythm import beat_quarters, is_on_beat, is_strong, pulse_quarters
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score import INSTRUMENTS, KITS, PIECES
from audiomusic.engines.theory import METRE_NAMES, PITCH_NAMES
from tests.engines.studio.songs import LYRICS, ask, syllabify

GENRES = sorted(load_genres())
KINDS = ("song", "instrumental", "rap", "vocals", "samples")
PICKUPS = "[Verse]\na river runs\nthe morning comes\nto every town\nin silver light"
#: Lines that open stressed and unstressed, short and long.
OPENINGS = (
    ("a river runs", "Rivers", "the sea is so far from the open window", "in an old and silver morning"),
    ("O", "and so on and on and on and on", "Everything that ever was was ever only", "by the way"),
)
DURATIONS_S = (1.0, 3.0, 10.0, 45.0, 120.0)


def write(seed=1, **wishes):
    if wishes.get("kind", "song") in ("song", "rap", "vocals"):
        wishes.setdefault("lyrics", LYRICS)
    return compose(make_plan(ask(**wishes), seed), seed, syllabify)


@cache
def songs():
    """One song a genre, each of its own seed."""
    return [write(seed, genre=genre) for seed, genre in enumerate(GENRES)]


def lead_of(score):
    return [line for line in score.vocals if line.role == "lead"]


def shape(line, score):
    """Onsets from the line's first and pitches in the home key: what makes two lines the same tune."""
    pitches = tuple(home_pitch(score, line.onsets[0], pitch) for pitch in line.pitches)
    return tuple(round(onset - line.onsets[0], 6) for onset in line.onsets), pitches


def is_on_pulse(onset, metre):
    return (onset / pulse_quarters(metre)) % 1 == pytest.approx(0, abs=1e-6)


def check(score):
    """What every score must keep, whatever was asked for."""
    stop = score.duration_s / score.metre.quarter_s
    assert score.tracks or score.drums or score.vocals
    assert score.sections[0].onset == 0
    assert sum(section.length for section in score.sections) == pytest.approx(stop)
    for track in score.tracks:
        assert track.instrument in INSTRUMENTS
        for note in track.notes:
            assert 0 <= note.onset < stop
            assert note.length > 0
            assert 0 < note.velocity <= 1
            assert score.seamless_loop or note.onset + note.length <= stop + 1e-6
    if score.drums:
        assert score.drums.kit in KITS
        assert all(
            hit.piece in PIECES and 0 <= hit.onset < stop and 0 < hit.velocity <= 1
            for hit in score.drums.hits
        )
    check_vocals(score, stop)


def check_vocals(score, stop):
    ends = {}
    for line in score.vocals:
        count = len(syllabify([line.text], "en")[0])
        assert len(line.onsets) == len(line.lengths) == len(line.pitches) == count
        assert all(later > onset for onset, later in itertools.pairwise(line.onsets))
        assert min(line.lengths) * score.metre.quarter_s >= 0.0599
        assert line.onsets[0] >= ends.get(line.role, 0.0) - 1e-9
        ends[line.role] = line.onsets[-1] + line.lengths[-1]
        assert ends[line.role] <= stop


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("metre", METRE_NAMES)
def test_every_kind_in_every_genre_and_metre(genre, metre):
    for seed, kind in enumerate(KINDS):
        duration_s = DURATIONS_S[(seed + GENRES.index(genre) + METRE_NAMES.index(metre)) % len(DURATIONS_S)]
        score = write(seed, kind=kind, genre=genre, timesignature=metre, duration_s=duration_s, caption="one")
        assert score.duration_s == duration_s
        assert score.metre.name == metre
        check(score)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("duration_s", DURATIONS_S)
def test_every_kind_in_every_length(kind, duration_s):
    for seed, genre in enumerate(("Modern Pop", "Blues")):
        score = write(seed, kind=kind, genre=genre, duration_s=duration_s)
        assert score.duration_s == duration_s
        check(score)


@pytest.mark.parametrize("bpm", [30, 66, 180, 300])
def test_every_tempo_works(bpm):
    for kind in KINDS:
        check(write(kind=kind, bpm=bpm, duration_s=40.0, genre="Rock"))


def test_ten_minutes_are_filled():
    score = write(duration_s=600.0, genre="Modern Pop")
    check(score)
    last = max(note.onset for track in score.tracks for note in track.notes)
    assert score.seconds(last) > 590


def home_pitch(score, onset, pitch):
    """The pitch as it would be without the lift before the end."""
    lift = score.notes.get("lift")
    return pitch - lift["semitones"] if lift and onset >= lift["onset"] - 1e-6 else pitch


def chords_near(score, onset):
    """Pitch classes, in the home key, of the chords from the onset to the next beat and a half."""
    spans = {chord_at(score.chords, onset + late) for late in (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)}
    return {home_pitch(score, span.onset, pitch) % 12 for span in spans for pitch in span.pitches}


def test_melodies_stay_in_the_key_or_in_the_chord():
    for score in songs():
        scale = scale_classes(score.key)
        tunes = [
            (line.onsets[0], onset, pitch)
            for line in score.vocals
            if line.style == "sing"
            for onset, pitch in zip(line.onsets, line.pitches, strict=True)
        ]
        tunes += [
            (note.onset, note.onset, note.pitch)
            for track in score.tracks
            if track.role in ("lead", "answer")
            for note in track.notes
        ]
        astray = [
            (onset, pitch)
            for lifted_from, onset, pitch in tunes
            if home_pitch(score, lifted_from, pitch) % 12 not in scale
            and home_pitch(score, lifted_from, pitch) % 12 not in chords_near(score, onset)
        ]
        assert not astray


def test_strong_beats_mostly_carry_chord_tones():
    """Real songs do on 62 to 77 of 100; a tune that always does only walks the chord."""
    pairs = [
        (pitch % 12 in classes_of(chord_at(score.chords, onset)))
        for score in songs()
        for line in lead_of(score)
        for onset, pitch in zip(line.onsets, line.pitches, strict=True)
        if is_strong(onset, score.metre)
    ]
    assert 0.65 * len(pairs) <= sum(pairs) <= 0.93 * len(pairs)


def stressed_onsets(line):
    syllables = syllabify([line.text], "en")[0]
    return [onset for onset, syllable in zip(line.onsets, syllables, strict=True) if syllable.stress == 2]


def is_early(onset, line, metre):
    """Less than a beat before a beat on which nothing begins."""
    beat = beat_quarters(metre)
    following = -(-onset // beat) * beat
    return following - onset <= beat / 2 and all(abs(other - following) > 1e-6 for other in line.onsets)


def test_stresses_fall_on_the_beat_or_come_before_it():
    lines = [(score, line) for score in songs() for line in lead_of(score)]
    stresses = [(onset, line, score.metre) for score, line in lines for onset in stressed_onsets(line)]
    late = [not is_on_pulse(onset, metre) for onset, _, metre in stresses]
    astray = [
        not is_on_pulse(onset, metre) and not is_early(onset, line, metre) for onset, line, metre in stresses
    ]
    assert sum(astray) <= 0.1 * len(stresses)
    assert 0.05 * len(stresses) <= sum(late) <= 0.35 * len(stresses)


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("metre", METRE_NAMES)
def test_pickups_lie_inside_the_song_and_lines_do_not_collide(genre, metre):
    """Every length of line: check() counts notes, ends and beginnings."""
    for seed, (words, duration_s) in enumerate(itertools.product(OPENINGS, (20.0, 60.0))):
        text = "[Verse]\n" + "\n".join(words) + "\n[Chorus]\n" + "\n".join(reversed(words))
        for kind in ("song", "rap"):
            score = write(
                seed, kind=kind, genre=genre, timesignature=metre, lyrics=text, duration_s=duration_s
            )
            check(score)
            lead = lead_of(score)
            assert lead[0].onsets[0] * score.metre.quarter_s >= 0.299
            gaps = [later.onsets[0] - line.onsets[-1] for line, later in itertools.pairwise(lead)]
            assert all(gap * score.metre.quarter_s > 0.1 for gap in gaps)


def test_what_opens_unstressed_starts_before_its_bar():
    on_one, early = [], []
    for score in (write(seed, genre="Rock", lyrics=PICKUPS, timesignature="4/4") for seed in range(8)):
        bar = score.metre.bar_quarters
        starts = [line.onsets[0] % bar for line in lead_of(score)]
        on_one += [start < 1e-6 for start in starts]
        early += [start >= bar - 2 for start in starts]
    assert sum(on_one) <= 0.1 * len(on_one)
    assert sum(early) >= 0.4 * len(early)


def test_folk_songs_stay_on_the_beat_and_soul_does_not():
    def share(genre):
        lines = [(s, line) for s in (write(n, genre=genre) for n in range(6)) for line in lead_of(s)]
        early = [
            not is_on_beat(onset, score.metre) and is_early(onset, line, score.metre)
            for score, line in lines
            for onset in stressed_onsets(line)
        ]
        return sum(early) / len(early)

    assert share("Folk") <= 0.1
    assert share("R&B") >= 0.15


def test_another_line_another_rhythm():
    for genre in ("Modern Pop", "Rock", "R&B"):
        verse = [line for line in lead_of(write(5, genre=genre)) if line.section == "Verse 1"]
        assert len({tuple(o - line.onsets[0] for o in line.onsets) for line in verse}) >= 3


def test_the_chorus_comes_back_as_it_was():
    score = write(genre="Modern Pop")
    choruses = [line for line in lead_of(score) if line.section == "Chorus"]
    half = len(choruses) // 2
    assert half >= 4
    assert [shape(line, score) for line in choruses[:half]] == [
        shape(line, score) for line in choruses[half : 2 * half]
    ]


def test_the_chorus_lies_higher_than_the_verse():
    higher = 0
    for score in songs():
        means = {
            name: [p for line in lead_of(score) if line.section.startswith(name) for p in line.pitches]
            for name in ("Verse", "Chorus")
        }
        verse, chorus = (sum(pitches) / len(pitches) for pitches in means.values())
        higher += chorus > verse
    assert higher >= 0.85 * len(songs())


def test_seeds_give_different_tunes():
    scores = [write(seed, genre="Rock") for seed in range(10)]
    tunes = {tuple(shape(line, score) for line in lead_of(score)) for score in scores}
    assert len(tunes) == 10


def test_songs_of_a_genre_have_characters_of_their_own():
    """Some repeat notes more than others; some leap more."""
    shares = []
    for seed in range(8):
        moves = [
            abs(later - pitch)
            for line in lead_of(write(seed, genre="Rock"))
            for pitch, later in itertools.pairwise(line.pitches)
        ]
        shares.append(sum(move == 0 for move in moves) / len(moves))
    assert max(shares) - min(shares) > 0.15


def test_lines_are_no_drone():
    lines = [line for score in songs() for line in lead_of(score) if len(line.pitches) > 6]
    counts = [len(set(line.pitches)) for line in lines]
    assert sum(counts) / len(counts) > 4.2
    assert sum(count >= 3 for count in counts) >= 0.95 * len(counts)


def test_the_same_seed_writes_the_same_score():
    assert write(7, genre="Jazz", duration_s=60.0) == write(7, genre="Jazz", duration_s=60.0)


def test_choruses_have_doubles_and_a_second_voice_in_thirds_or_sixths():
    score = write(genre="Modern Pop")
    assert {line.role for line in score.vocals if line.section == "Chorus"} == {"lead", "double", "harmony"}
    assert {line.role for line in score.vocals if line.section == "Verse 1"} == {"lead"}


def test_the_singer_is_given_notes_to_be_sung():
    for caption, low, high in (("female vocal", 53, 76), ("deep male voice", 41, 64)):
        pitches = [pitch for line in lead_of(write(caption=caption, genre="Folk")) for pitch in line.pitches]
        assert low <= min(pitches) <= max(pitches) <= high


def test_rap_is_quick_and_spoken_low():
    score = write(kind="rap", genre="Hip Hop")
    lead = lead_of(score)
    assert {line.style for line in score.vocals} == {"rap"}
    gaps = [(b - a) * score.metre.quarter_s for line in lead for a, b in itertools.pairwise(line.onsets)]
    assert 0.12 <= sorted(gaps)[len(gaps) // 2] <= 0.35
    assert all(36 <= pitch <= 64 for line in lead for pitch in line.pitches)


def test_a_cappella_has_voices_and_nothing_else():
    score = write(kind="vocals", genre="Rock")
    assert (score.drums, score.tracks) == (None, [])
    assert {line.role for line in score.vocals if line.section == "Verse 1"} == {"lead", "harmony"}


def test_mute_lines_are_left_out_and_told():
    score = write(lyrics="[Verse]\nA line to sing\nmute mute mute\nAnother line to sing")
    assert [line.text for line in lead_of(score)] == ["A line to sing", "Another line to sing"]
    assert score.notes["unsung"] == ["mute mute mute"]


def test_a_line_with_far_more_syllables_than_planned_is_left_out():
    def endless(texts, language):
        return [syllabify([text], language)[0] * 40 for text in texts]

    score = compose(make_plan(ask(lyrics="[Verse]\nHello sun", duration_s=20.0), 1), 1, endless)
    assert score.vocals == []
    assert score.notes["unsung"]


def test_intro_is_thinner_than_the_last_chorus():
    score = write(genre="Rock")
    sections = {section.label: section for section in score.sections}

    onsets = [note.onset for track in score.tracks for note in track.notes]
    onsets += [hit.onset for hit in score.drums.hits]

    def busy(section):
        inside = [0 <= onset - section.onset < section.length for onset in onsets]
        return sum(inside) / section.length

    assert busy(sections["Intro"]) < 0.7 * busy(sections["Chorus"])


def test_the_piece_ends_on_its_tonic_chord():
    for score in songs():
        last = score.chords[-1]
        assert home_pitch(score, last.onset, last.pitches[0]) % 12 == score.key.tonic
        assert score.chords[-1].onset + score.chords[-1].length == pytest.approx(
            score.duration_s / score.metre.quarter_s
        )


def test_crashes_open_choruses_and_fills_lead_into_them():
    score = write(genre="Rock")
    chorus = next(section for section in score.sections if section.kind == "chorus")
    assert any(hit.piece == "crash" and hit.onset == chorus.onset for hit in score.drums.hits)


def test_risers_lead_into_electronic_drops():
    score = write(kind="instrumental", genre="Electronic", caption="", lyrics="", duration_s=120.0)
    assert any(track.instrument == "riser" for track in score.tracks)
    assert score.sidechain_db > 4


def test_wanted_instruments_play_and_unwanted_do_not():
    for seed in range(6):
        score = write(
            seed, genre="Rock", caption="rock with flute and banjo, no organ, without bass", duration_s=90.0
        )
        played = {track.instrument for track in score.tracks}
        assert {"flute", "banjo"} <= played
        assert not played & {"organ", "electric_bass", "upright_bass", "synth_bass", "sub_bass"}


@pytest.mark.parametrize("genre", ["modern-pop", "jazz", "metal", "classical"])
@pytest.mark.parametrize(
    "asked", ["violin", "accordion", "steel drum", "banjo", "music box", "organ", "saxophone"]
)
def test_an_instrument_named_is_heard_in_any_genre(genre, asked):
    wanted = set(instruments_called(asked))
    score = write(3, genre=genre, caption=f"with {asked}", duration_s=40.0)
    assert any(track.instrument in wanted and len(track.notes) > 4 for track in score.tracks)


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("refused", ["guitar", "piano", "bass", "synths", "strings"])
def test_an_instrument_refused_is_not_heard(genre, refused):
    score = write(2, genre=genre, caption=f"without {refused}", duration_s=30.0)
    barred = set(instruments_called(refused))
    assert not barred & {track.instrument for track in score.tracks}


def test_a_decade_chooses_instruments_and_kit():
    for seed in range(4):
        score = write(seed, genre="modern-pop", caption="80s pop", kind="instrumental", duration_s=60.0)
        assert score.drums.kit == "electronic"
        assert "synth_bass" in {track.instrument for track in score.tracks}


def test_moods_change_the_score():
    calm, wild = (write(4, genre="rock", caption=word, duration_s=60.0) for word in ("calm", "energetic"))
    notes = [
        sum(len(track.notes) for track in score.tracks) / score.duration_s + len(score.drums.hits)
        for score in (calm, wild)
    ]
    assert notes[0] < notes[1]
    assert calm.metre.bpm < wild.metre.bpm
    assert write(4, genre="rock", caption="dark and ominous").key.mode == "minor"


@pytest.mark.parametrize(
    ("caption", "lowest", "highest"),
    [("deep male voice", 43, 62), ("female vocals", 55, 73), ("soprano", 57, 76), ("male singer", 46, 64)],
)
def test_the_voice_asked_for_sings_in_its_range(caption, lowest, highest):
    pitches = [
        pitch for line in lead_of(write(1, genre="modern-pop", caption=caption)) for pitch in line.pitches
    ]
    assert min(pitches) >= lowest - 1
    assert max(pitches) <= highest + 2


def test_no_drums_means_none():
    assert write(genre="Metal", caption="metal, no drums").drums is None


def test_genres_sound_apart():
    """No two genres share their instruments, tempo and drum pattern."""
    marks = set()
    for score in songs():
        drums = tuple(sorted({hit.piece for hit in score.drums.hits})) if score.drums else ()
        marks.add((tuple(sorted({track.instrument for track in score.tracks})), drums))
    assert len(marks) == len(GENRES)


def test_some_songs_close_in_a_higher_key():
    lifted = [score for seed in range(12) if "lift" in (score := write(seed, genre="Country")).notes]
    assert 1 <= len(lifted) <= 10
    for score in lifted:
        check(score)
        onset, semitones = score.notes["lift"].values()
        assert semitones in (1, 2)
        assert [s.onset for s in score.sections if s.kind == "chorus"][-1] == onset
        assert score.chords[-1].pitches[0] % 12 == (score.key.tonic + semitones) % 12
        assert score.chords[-1].name.startswith(PITCH_NAMES[(score.key.tonic + semitones) % 12])


def test_a_genre_without_lifts_stays_where_it_is():
    assert not [seed for seed in range(8) if "lift" in write(seed, genre="Metal").notes]


def test_the_last_chorus_has_players_of_its_own():
    score = write(genre="Modern Pop")
    finale = next(track for track in score.tracks if track.role == "finale")
    last = [section for section in score.sections if section.kind == "chorus"][-1]
    assert last.onset == pytest.approx(finale.notes[0].onset)
    crashes = [hit for hit in score.drums.hits if hit.piece == "crash" and hit.onset >= last.onset]
    assert len(crashes) >= 2


def test_ad_libs_are_answered_softly_by_a_second_voice():
    text = "[Verse]\nHold me until morning (hold me)\nNever let me go (no no)\nOnly you and me"
    for seed in range(4):
        score = write(seed, lyrics=text, genre="Modern Pop")
        check(score)
        lead = [line.text for line in lead_of(score)]
        assert lead == ["Hold me until morning", "Never let me go", "Only you and me"]
        answers = [line for line in score.vocals if line.role == "harmony"]
        assert [line.text for line in answers] == ["hold me", "no no"]
        for line, answer in zip(lead_of(score), answers, strict=False):
            assert answer.onsets[0] > line.onsets[-1]
            assert answer.velocity < line.velocity


def test_an_ad_lib_without_room_gives_way_to_its_line():
    def many(texts, language):
        return [syllabify([text], language)[0] * (2 if len(text) > 12 else 1) for text in texts]

    line = "Everyone is singing all the way"
    plan = make_plan(ask(lyrics=f"[Verse]\n{line} (all the way)", genre="Metal", duration_s=5.0), 1)
    assert {voice.text for voice in compose(plan, 1, many).vocals} == {line}


def test_sixteenths_swing_in_six_eight():
    swung = write(genre="Jazz", timesignature="6/8")
    assert 0 < swung.swing < 1
    assert swung.swing_grid == 0.25
    assert write(genre="Rock", timesignature="6/8").swing == 0


def test_intros_and_outros_begin_on_the_tonic():
    for score in songs():
        for section in score.sections:
            if section.kind in ("intro", "outro") and score.genre != "blues":
                chord = chord_at(score.chords, section.onset)
                assert home_pitch(score, section.onset, chord.pitches[0]) % 12 == score.key.tonic
