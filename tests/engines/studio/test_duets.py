"""Songs with several singers: score, MIDI, lyrics file and sound, compared with each other."""

import io
import json

import mido
import numpy as np
import pytest

from audiomusic.engines.base import SAMPLE_RATE_HZ, silent_monitor
from audiomusic.engines.midi import midi_file
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.lyric_timing import kept_lrc
from audiomusic.engines.studio.mix import mix_of
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score_json import score_outline
from audiomusic.engines.studio.vocal_bus import singer_lanes
from audiomusic.engines.studio.voice import SINGERS, sing, syllabify
from tests.engines.studio.songs import LYRICS, ask
from tests.support.lrc_reader import parse_lrc
from tests.support.pitch import envelopes, pitch_track

TAGGED = """[Verse 1: Anna]
The river runs beneath the bridge (beneath the bridge)
And carries all we said away
[Verse 2: Ben]
The lamps are lit along the shore
I never saw the town before
[Chorus: Both]
Sing it over to the sky
"""
COMPANIES = (
    {"caption": "duet of a man and a woman"},
    {"caption": "two women, folk"},
    {"caption": "two men"},
    {"caption": "pop", "lyrics": TAGGED},
    {"caption": "gospel choir"},
    {"caption": "soul, male singer, choir in the chorus"},
    {"caption": "a cappella duet", "kind": "vocals"},
)


def write(seed=3, **wishes):
    plan = make_plan(ask(**{"lyrics": LYRICS, **wishes}), seed)
    return compose(plan, seed, syllabify)


def ids(company):
    return company["caption"]


def lines(score, section, role="lead"):
    return [line for line in score.vocals if line.section == section and line.role == role]


@pytest.fixture(scope="module")
def duet():
    """Return (score, clips) of the tagged duet."""
    score = write(caption="pop", lyrics=TAGGED)
    return score, sing(score, silent_monitor(), 2)


@pytest.mark.parametrize("company", COMPANIES, ids=ids)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_note_lies_in_its_singers_range(company, seed):
    score = write(seed, **company)
    assert len(score.singers) > 1
    assert {line.singer for line in score.vocals} == set(range(len(score.singers)))
    for line in score.vocals:
        singer = SINGERS[score.singers[line.singer].voice]
        assert singer.low_midi <= min(line.pitches) <= max(line.pitches) <= singer.high_midi


def test_lines_are_sung_by_tag(duet):
    score, _ = duet
    assert [singer.name for singer in score.singers] == ["Anna", "Ben"]
    assert [SINGERS[singer.voice].kind for singer in score.singers] == ["female", "male"]
    assert {line.singer for line in lines(score, "Verse 1")} == {0}
    assert {line.singer for line in lines(score, "Verse 2")} == {1}
    assert {line.singer for line in score.vocals if line.section == "Chorus"} == {0, 1}


def test_the_other_answers_with_the_ad_lib(duet):
    score, _ = duet
    [answer] = lines(score, "Verse 1", "harmony")
    assert (answer.text, answer.singer) == ("beneath the bridge", 1)


def test_a_partner_has_the_leads_words_at_the_same_time_on_notes_of_the_chord_or_key(duet):
    score, _ = duet
    for lead, partner in zip(lines(score, "Chorus"), lines(score, "Chorus", "partner"), strict=True):
        assert (partner.text, partner.onsets, partner.lengths) == (lead.text, lead.onsets, lead.lengths)
        intervals = {(a - b) % 12 for a, b in zip(lead.pitches, partner.pitches, strict=True)}
        assert not intervals & {1, 11}  # semitones


def test_verses_take_turns_where_nobody_is_named():
    score = write(caption="duet of a man and a woman")
    kinds = [SINGERS[singer.voice].kind for singer in score.singers]
    assert kinds == ["male", "female"]
    assert [{line.singer for line in lines(score, label)} for label in ("Verse 1", "Verse 2")] == [{0}, {1}]
    assert lines(score, "Chorus", "partner")


def test_two_of_a_kind_are_two_voices():
    for caption in ("two women", "two men"):
        for seed in range(5):
            voices = [SINGERS[singer.voice] for singer in write(seed, caption=caption).singers]
            assert len({voice.register for voice in voices}) == 2
            assert len({voice.kind for voice in voices}) == 1


@pytest.mark.parametrize("genre", ["Modern Pop", "Rock", "Folk", "Jazz"])
@pytest.mark.parametrize("kind", ["song", "vocals"])
def test_a_duet_is_little_more_to_sing_than_a_solo(genre, kind):
    alone, together = (
        sum(len(line.onsets) for line in write(genre=genre, kind=kind, caption=caption).vocals)
        for caption in ("female voice", "duet")
    )
    assert together <= 1.3 * alone


def test_a_choir_sings_four_parts():
    score = write(caption="choral, sung by a choir")
    for onset in {line.onsets[0] for line in score.vocals}:
        chord = [line for line in score.vocals if line.onsets[0] == onset]
        assert [line.singer for line in chord] == [0, 1, 2, 3]
        assert len({tuple(line.pitches) for line in chord}) > 2


def test_a_choir_behind_a_singer_joins_in_the_chorus():
    score = write(caption="soul, male singer, choir in the chorus")
    assert {line.singer for line in score.vocals if line.section.startswith("Verse")} == {0}
    assert {line.singer for line in score.vocals if line.section == "Chorus"} == {0, 1, 2, 3, 4}


def test_a_featured_rapper_raps_and_the_singer_sings():
    lyrics = LYRICS.replace("[Verse 2]", "[Verse 2: rap]")
    score = write(caption="pop", lyrics=lyrics)
    assert {(line.style, line.singer) for line in score.vocals} == {("sing", 0), ("rap", 1)}


def test_two_rappers_in_a_rap():
    score = write(kind="rap", caption="hip hop", lyrics=TAGGED)
    assert {line.style for line in score.vocals} == {"rap"}
    assert {line.singer for line in lines(score, "Verse 2")} == {1}


def test_the_kept_score_lists_the_singers(duet):
    kept = json.loads(json.dumps(score_outline(*duet)))
    assert kept["version"] == 1
    assert [singer["name"] for singer in kept["singers"]] == ["Anna", "Ben"]
    assert kept["singer"] == kept["singers"][0]["voice"]
    assert [singer["voice"] for singer in kept["singers"]] == [singer.voice for singer in duet[0].singers]
    assert [line["singer"] for line in kept["vocals"]] == [line.singer for line in duet[0].vocals]
    assert {line["mark"] for line in kept["vocals"] if line["section"] == "Chorus"} == {"Anna & Ben"}
    parts = {(line["section"], line["part"], line["singer"]) for line in kept["vocals"]}
    assert parts == {
        ("Verse 1", "lead", 0), ("Verse 1", "ad_lib", 1), ("Verse 2", "lead", 1),
        ("Chorus", "lead", 0), ("Chorus", "harmony", 1),
    }  # fmt: skip


def test_one_singer_is_listed_alone():
    score = write(caption="pop, female voice")
    kept = score_outline(score)
    assert [singer["voice"] for singer in kept["singers"]] == [kept["singer"]]
    assert {(line["singer"], line["mark"]) for line in kept["vocals"]} == {(0, "")}
    assert score_outline(write(kind="instrumental", lyrics=""))["singers"] == []


def voice_tracks(score):
    """Return name -> (notes, words) of every track with lyrics."""
    file = mido.MidiFile(file=io.BytesIO(midi_file(score)), charset="utf-8")
    sung = [track for track in file.tracks if any(message.type == "lyrics" for message in track)]
    return {
        track.name: (
            [message.note for message in track if message.type == "note_on"],
            "".join(message.text for message in track if message.type == "lyrics"),
        )
        for track in sung
    }


def test_the_midi_file_has_a_track_for_each_singer(duet):
    tracks = voice_tracks(score_outline(*duet))
    assert list(tracks) == ["Anna", "Ben"]
    for place, (notes, _) in enumerate(tracks.values()):
        written = [pitch for line in duet[0].vocals if line.singer == place for pitch in line.pitches]
        assert sorted(notes) == sorted(written)
    assert tracks["Anna"][1].startswith("The river runs beneath the bridge\r")
    assert tracks["Ben"][1].endswith("Sing it over to the sky\r") and "The lamps are lit" in tracks["Ben"][1]
    assert "The lamps are lit" not in tracks["Anna"][1]


def test_a_score_from_before_singers_still_makes_a_midi_file(duet):
    old = score_outline(*duet)
    del old["singers"]
    for line in old["vocals"]:
        del line["singer"]
    assert list(voice_tracks(old)) == ["Voice", "Second voice", "Ad-libs"]


@pytest.mark.parametrize("word_times", [True, False])
def test_the_lyrics_file_names_who_sings_where_that_changes(duet, word_times):
    text = kept_lrc(score_outline(*duet))[word_times]
    rows = [row.partition("]")[2] for row in text.splitlines() if row[1:2].isdigit()]
    named = [row.partition(":")[0] if ": " in row else "" for row in rows if row]
    assert named == ["Anna", "", "Ben", "", "Anna & Ben"]
    assert len(parse_lrc(text).lines) == 5


def test_a_man_and_a_woman_without_names_have_the_marks_of_karaoke():
    score = write(caption="duet of a man and a woman", duration_s=40.0)
    clips = sing(score, silent_monitor(), 2)
    marks = list(dict.fromkeys(line["mark"] for line in score_outline(score, clips)["vocals"]))
    assert marks[:2] == ["M", "D"]


def test_one_singer_is_not_named_in_the_lyrics_file():
    score = write(caption="pop", duration_s=14.0)
    text, _ = kept_lrc(score_outline(score, sing(score, silent_monitor(), 2)))
    assert not [row for row in text.splitlines() if "]" in row and ": " in row.partition("]")[2]]


def test_the_workers_number_changes_nothing(duet):
    score, clips = duet
    for one, other in zip(clips, sing(score, silent_monitor(), 1), strict=True):
        assert one.samples.equal(other.samples)


def test_each_voice_sings_its_own_notes(duet):
    """Measured in the steady part of the notes of every second line."""
    score, clips = duet
    for place in (0, 1):
        errors_cents = []
        for clip in [clip for clip in clips if clip.singer == place][::2]:
            f0_hz, times_s = pitch_track(clip.samples.numpy().astype(np.float64), SAMPLE_RATE_HZ)
            line = score.vocals[clip.line]
            assert line.singer == place
            for onset, length, midi in zip(line.onsets, line.lengths, line.pitches, strict=True):
                start_s = score.performed_seconds(onset) - clip.start_s
                end_s = start_s + 0.6 * length * score.metre.quarter_s
                steady = (times_s > start_s + 0.05) & (times_s < end_s) & (f0_hz > 0)
                errors_cents.extend(np.abs(1200 * np.log2(f0_hz[steady] / (440 * 2 ** ((midi - 69) / 12)))))
        assert len(errors_cents) > 200
        assert np.median(errors_cents) < 10


def envelope_db(clips):
    """Return the mean spectral envelope of voiced frames, 300 Hz to 5 kHz, without its level."""
    frames = [
        10 * np.log10(envelopes(clip.samples.numpy().astype(np.float64), SAMPLE_RATE_HZ) + 1e-12)
        for clip in clips
    ]
    mean_db = np.concatenate(frames).mean(axis=0)
    bin_hz = SAMPLE_RATE_HZ / 2 / (len(mean_db) - 1)
    heard = mean_db[round(300 / bin_hz) : round(5000 / bin_hz)]
    return heard - heard.mean()


def test_the_voices_differ_in_sound(duet):
    """Both sing the same words at the same time: only the voice differs."""
    score, clips = duet
    both = [clip for clip in clips if score.vocals[clip.line].section == "Chorus"]
    one, other = (envelope_db([clip for clip in both if clip.singer == place]) for place in (0, 1))
    assert np.sqrt(np.mean((one - other) ** 2)) > 3.0


def test_the_voices_stand_apart_in_the_mix(duet):
    score, clips = duet
    lanes = singer_lanes(clips, [0.0] * len(clips), mix_of(score))
    leads = {lane.player.clips[0].singer: lane for lane in lanes if lane.player.clips[0].role == "lead"}
    sides = []
    for lane in (leads[0], leads[1]):
        left, right = lane.player.render(0, lane.player.stop).square().mean(1)
        sides.append(float(10 * (left / right).log10()))
    assert sides[0] > 1.0 and sides[1] < -1.0
