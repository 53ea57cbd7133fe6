"""The MIDI file, read back with mido from a score that can be checked by eye."""

import io

import mido
import pytest

from audiomusic.engines.midi import DRUM_CHANNEL, midi_file


def score(**changes):
    """Return two bars of 4/4 at 120 bpm: a half note and a quarter note on the electric piano, a drum hit,
    two sung words."""
    return {
        "title": "Two Bars",
        "duration_s": 4.0,
        "quarter_s": 0.5,
        "timesignature": "4/4",
        "keys": [{"start_s": 0.0, "name": "A Minor"}, {"start_s": 2.0, "name": "B Minor"}],
        "sections": [{"label": "Verse 1", "start_s": 0.0}],
        "chords": [[0.0, 2.0, "Am7", 0.0, 4.0]],
        "tracks": [
            {
                "role": "chords",
                "instrument": "electric_piano",
                "program": 4,
                "notes": [[0.0, 1.0, 69.0, 1.0, 0.0, 2.0], [1.0, 0.5, 71.0, 0.5, 2.0, 1.0]],
            }
        ],
        "drums": {
            "kit": "rock",
            "program": 16,
            "keys": {"kick": 36},
            "hits": [[0.5, "kick", 0.8, 1.0]],
        },
        "vocals": [
            {
                "part": "lead",
                "program": 53,
                "velocity": 0.8,
                "syllables": [
                    [0.0, 0.25, 60.0, "Hel", True, 0.0, 0.5],
                    [0.25, 0.25, 62.0, "lo", False, 0.5, 0.5],
                    [0.5, 0.5, 64.2, "日", True, 1.0, 1.0],
                ],
            }
        ],
    } | changes


def read(content):
    return mido.MidiFile(file=io.BytesIO(content), charset="utf-8")


def timed(track):
    """Return [(tick, message)]."""
    now, found = 0, []
    for message in track:
        now += message.time
        found.append((now, message))
    return found


def of_type(track, kind):
    return [(tick, message) for tick, message in timed(track) if message.type == kind]


def test_the_first_track_conducts():
    file = read(midi_file(score()))
    first = file.tracks[0]
    assert (file.type, file.ticks_per_beat, first.name) == (1, 480, "Two Bars")
    assert [m.tempo for _, m in of_type(first, "set_tempo")] == [500_000]
    assert [(m.numerator, m.denominator) for _, m in of_type(first, "time_signature")] == [(4, 4)]
    assert [(tick, m.key) for tick, m in of_type(first, "key_signature")] == [(0, "Am"), (1920, "Bm")]
    assert [m.text for _, m in of_type(first, "marker")] == ["Verse 1"]
    assert [m.text for _, m in of_type(first, "text")] == ["Am7"]


def test_it_lasts_as_long_as_the_audio():
    assert read(midi_file(score())).length == pytest.approx(4.0, abs=1e-6)


def test_six_eighths_count_dotted_pulses():
    first = read(midi_file(score(timesignature="6/8"))).tracks[0]
    [(_, metre)] = of_type(first, "time_signature")
    assert (metre.numerator, metre.denominator, metre.clocks_per_click) == (6, 8, 36)


def test_an_instrument_has_its_program_and_notes():
    track = read(midi_file(score())).tracks[1]
    assert track.name == "Electric piano (chords)"
    assert [(m.program, m.channel) for _, m in of_type(track, "program_change")] == [(4, 0)]
    assert [(tick, m.note, m.velocity) for tick, m in of_type(track, "note_on")] == [
        (0, 69, 127),
        (960, 71, 64),
    ]
    assert [(tick, m.note) for tick, m in of_type(track, "note_off")] == [(960, 69), (1440, 71)]


def test_drums_are_on_channel_ten():
    track = read(midi_file(score())).tracks[2]
    assert track.name == "Drums (rock)"
    assert [(tick, m.note, m.channel) for tick, m in of_type(track, "note_on")] == [(480, 36, DRUM_CHANNEL)]


def test_lyrics_are_events_at_their_syllables():
    track = read(midi_file(score())).tracks[3]
    assert track.name == "Voice"
    assert [(tick, m.text) for tick, m in of_type(track, "lyrics")] == [
        (0, "Hel"),
        (240, "lo "),
        (480, "日\r"),
    ]
    assert [m.note for _, m in of_type(track, "note_on")] == [60, 62, 64]


def test_several_singers_have_a_track_each():
    [line] = score()["vocals"]
    later = [[start_s + 2.0, *rest] for start_s, *rest in line["syllables"]]
    sung = [
        line | {"singer": 0},
        line | {"singer": 1, "part": "harmony"},
        line | {"singer": 0, "part": "double"},
        line | {"singer": 1, "syllables": later},
        line | {"singer": 2, "syllables": later},
    ]
    singers = [{"name": name} for name in ("Anna", "Ben", "Ben")]
    tracks = read(midi_file(score(vocals=sung, singers=singers))).tracks[3:]
    assert [track.name for track in tracks] == ["Anna", "Anna, doubled", "Ben 2", "Ben 3"]
    assert [len(of_type(track, "lyrics")) for track in tracks] == [3, 3, 6, 3]
    assert len({of_type(track, "program_change")[0][1].channel for track in tracks}) == 4


def test_a_note_struck_again_ends_before():
    notes = [[0.0, 2.0, 69.0, 0.5, 0, 4], [0.5, 0.5, 69.0, 0.5, 1, 1]]
    part = score()["tracks"][0] | {"notes": notes}
    track = read(midi_file(score(tracks=[part]))).tracks[1]
    assert [tick for tick, _ in of_type(track, "note_off")] == [480, 960]
    assert [tick for tick, _ in of_type(track, "note_on")] == [0, 480]


def test_parts_without_notes_are_left_out():
    bare = score(tracks=[score()["tracks"][0] | {"notes": []}], drums=None, vocals=[])
    assert len(read(midi_file(bare)).tracks) == 1


def test_more_parts_than_channels_share_by_sound():
    parts = [score()["tracks"][0] | {"program": program} for program in [*range(20), 3]]
    tracks = read(midi_file(score(tracks=parts))).tracks[1:-2]
    channels = [of_type(track, "program_change")[0][1].channel for track in tracks]
    assert DRUM_CHANNEL not in channels and len(set(channels)) == 15
    assert channels[-1] == channels[3]
