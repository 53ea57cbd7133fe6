"""What identifies a genre in its scores: drum patterns, octave basses, raps."""

from collections import Counter

import pytest

from audiomusic.engines.base import SongRequest
from audiomusic.engines.studio.caption import read_caption
from audiomusic.engines.studio.compose.genres import RAPPED_VERSE, load_genres
from audiomusic.engines.studio.compose.song_forms import in_form
from audiomusic.engines.studio.lyrics import parse_lyrics
from audiomusic.engines.studio.plan import make_plan
from audiomusic.engines.studio.score import Metre
from tests.engines.studio.compose.scores import write
from tests.engines.studio.songs import ask

STEPS = 16  # per bar


def band(genre, seed=4):
    return write(seed, genre=genre, kind="instrumental", lyrics="", timesignature="4/4", duration_s=45.0)


def places(score, *pieces):
    """Return, for each sixteenth of the bar, the percentage of bars in which a piece is struck there."""
    bars = score.sections[-1].onset // 4
    found = Counter(round(hit.onset * 4) % STEPS for hit in score.drums.hits if hit.piece in pieces)
    return {step: 100 * count / bars for step, count in found.items()}


def test_disco_has_a_kick_on_each_beat_an_open_hat_between_and_octaves_below():
    score = band("disco")
    kicks, hats = places(score, "kick"), places(score, "open_hat")
    assert all(kicks[beat] > 70 for beat in (0, 4, 8, 12))
    assert all(hats[beat] > 40 for beat in (2, 6, 10, 14)) and hats.get(0, 0) < 10
    bass = next(track for track in score.tracks if track.role == "bass")
    moves = [abs(a.pitch - b.pitch) for a, b in zip(bass.notes, bass.notes[1:], strict=False)]
    assert sum(move == 12 for move in moves) > 0.4 * len(moves)


def test_reggaeton_has_the_dembow():
    score = band("reggaeton")
    kicks, snares = places(score, "kick"), places(score, "snare", "rim")
    assert all(kicks[beat] > 50 for beat in (0, 8))
    assert all(snares[step] > 60 for step in (3, 6, 11, 14))
    assert snares.get(4, 0) < 20 and snares.get(8, 0) < 20


def test_drum_and_bass_is_a_fast_two_step():
    score = band("drum-and-bass")
    kicks, snares = places(score, "kick"), places(score, "snare")
    assert 170 <= score.metre.bpm <= 176
    assert kicks[0] > 60 and kicks[10] > 40 and kicks.get(8, 0) < kicks[10]
    assert min(snares[4], snares[12]) > 2 * snares.get(8, 0)


def test_bossa_nova_has_the_clave_on_the_rim():
    rims = places(band("bossa-nova"), "rim")
    clave = {0, 6, 12, 4, 10}  # 3-2, over two bars
    assert sum(rims.get(step, 0) for step in clave) > 2 * sum(rims.get(s, 0) for s in set(range(16)) - clave)


def test_funk_stays_on_one_chord_and_on_the_one():
    score = band("funk")
    bass = next(track for track in score.tracks if track.role == "bass")
    downbeats = {round(note.onset * 4) // STEPS for note in bass.notes if round(note.onset * 4) % STEPS == 0}
    played = {round(note.onset * 4) // STEPS for note in bass.notes}
    assert len(downbeats) > 0.85 * len(played)
    roots = []
    for score in (band("funk", seed) for seed in range(4)):
        verse = next(section for section in score.sections if section.kind == "verse")
        spans = [span for span in score.chords if verse.onset <= span.onset < verse.onset + verse.length]
        roots.append(len({span.pitches[0] % 12 for span in spans}))
    assert sum(roots) / len(roots) <= 3


def test_gospel_shuffles_or_goes_in_twelve():
    assert band("gospel").swing > 0.5
    twelve = write(1, genre="gospel", timesignature="12/8", caption="12/8 gospel", duration_s=30.0)
    assert twelve.metre.name == "12/8" and twelve.drums


def test_afrobeats_guitars_play_in_each_others_gaps():
    tracks = {track.role: track for track in band("afrobeat").tracks}
    onsets = [{round(note.onset * 4) for note in tracks[role].notes} for role in ("guitar", "tenor")]
    assert len(onsets[0] & onsets[1]) < 0.5 * min(map(len, onsets))


def test_a_synthwave_bass_is_an_even_arpeggio():
    score = band("synthwave")
    bass = next(track for track in score.tracks if track.role == "bass")
    gaps = Counter(round(4 * (b.onset - a.onset)) for a, b in zip(bass.notes, bass.notes[1:], strict=False))
    assert gaps[1] + gaps[2] > 0.9 * gaps.total()


def test_film_music_grows():
    form = load_genres()["cinematic"].form.instrumental
    energies = [section.energy for section in band("cinematic").sections]
    assert form[0][0] == "breakdown" and max(energies) in energies[len(energies) // 2 :]


def test_a_form_may_have_a_rapped_verse():
    sections = parse_lyrics("[Verse 1]\nOne\n[Chorus]\nStay\n[Verse 2]\nTwo\n[Bridge]\nThree")
    habits = load_genres()["k-pop"].form
    only = type(habits)(habits.instrumental, songs={f"verse chorus {RAPPED_VERSE} chorus": 1.0})
    drawn = in_form(sections, only, 60.0, Metre(4, 4, 110), 1)
    assert [(each.kind, each.rap) for each in drawn] == [
        ("verse", False), ("chorus", False), ("verse", True), ("chorus", False),
    ]  # fmt: skip


@pytest.mark.parametrize(("caption", "raps"), [("k-pop", True), ("k-pop, no rap", False)])
def test_a_rapped_verse_has_a_rapper_unless_it_is_refused(caption, raps):
    plans = [
        make_plan(
            SongRequest(
                kind="song", caption=caption, query="city lights", write_lyrics=True, seeds=(seed,),
                duration_s=120.0, max_duration_s=120.0,
            ),
            seed,
        )
        for seed in range(4)
    ]  # fmt: skip
    assert any(section.rap for planned in plans for section in planned.sections) is raps


@pytest.mark.parametrize(
    ("captions", "genre"),
    [
        (("funk", "funky", "фанк", "ファンク", "ein Funk-Song"), "funk"),
        (("disco", "música disco", "ディスコ", "диско"), "disco"),
        (("gospel", "ゴスペル", "chant gospel"), "gospel"),
        (("bossa-nova", "bossanova", "ボサノバ", "보사노바"), "bossa-nova"),
        (("DnB", "drum'n'bass", "drum & bass", "драм-н-бейс"), "drum-and-bass"),
        (("K-pop", "K팝", "ケイポップ", "кей-поп", "k-pop girl group"), "k-pop"),
        (("afrobeats", "afro beat", "アフロビーツ"), "afrobeat"),
        (("reguetón", "reggaetón", "レゲトン", "dembow"), "reggaeton"),
        (("synthwave", "retrowave", "신스웨이브"), "synthwave"),
        (
            ("film score", "Filmmusik", "musique de film", "colonna sonora", "映画音楽", "영화 음악"),
            "cinematic",
        ),
    ],
)
def test_captions_of_many_languages_reach_them(captions, genre):
    assert {caption: read_caption(caption).genres[:1] for caption in captions} == dict.fromkeys(
        captions, (genre,)
    )


@pytest.mark.parametrize("caption", ["funky pop", "funky, upbeat pop", "pop with a funky bass line"])
def test_funky_beside_another_genre_is_a_mood(caption):
    planned = make_plan(ask(kind="instrumental", caption=caption), 1)
    assert planned.genre == "modern-pop" and not planned.not_applied
