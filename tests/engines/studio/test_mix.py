"""Balance: sends, ducking, and the singer above the band."""

import numpy as np
import pytest
import torch

from audiomusic.engines.loudness import hop_powers
from audiomusic.engines.studio.mix import BLOCK, KickDucking, band_of, block_spans, mix_of, mixes, stretch
from audiomusic.engines.studio.vocal_bus import (
    clip_span,
    compressed,
    duck,
    lead_spans,
    line_gains_db,
    singer_lanes,
    sung_power,
)
from tests.engines.studio.bandstand import bass, chords, hummed, score_of, whole_band

torch.set_num_threads(1)
RATE = 48_000


def test_every_genre_finds_its_mix_and_others_the_default():
    assert mix_of(score_of(genre="punk")) is mixes()["rock"]
    assert mix_of(score_of(genre="pop", mix="Hip Hop")) is mixes()["beats"]
    assert mix_of(score_of(genre="polka")) is mixes()["default"]


def test_a_mix_like_another_differs_in_what_it_says():
    folk, acoustic = mixes()["folk"], mixes()["acoustic"]
    assert (folk.room, folk.width_db) == (acoustic.room, acoustic.width_db)
    assert folk.balance != acoustic.balance


def test_metal_is_mixed_like_rock_with_a_softer_kit():
    metal, rock = mixes()["metal"], mixes()["rock"]
    assert (metal.room, metal.balance) == (rock.room, rock.balance)
    assert metal.drums_db <= rock.drums_db - 3  # its constant kicks would mask the bass


def test_no_genre_is_served_by_two_mixes():
    served = [genre for settings in set(mixes().values()) for genre in settings.genres]
    assert len(served) == len(set(served))


def test_the_grid_covers_the_song():
    assert block_spans(2 * BLOCK + 5) == [(0, BLOCK), (BLOCK, 2 * BLOCK), (2 * BLOCK, 2 * BLOCK + 5)]
    assert block_spans(0) == []


def test_points_are_joined_by_straight_lines():
    assert stretch(torch.tensor([0.0, 1.0, 0.0]), 2).tolist() == [0, 0.5, 1, 0.5]


def test_the_kick_ducks_and_lets_go():
    ducking = KickDucking([RATE], 6.0, 0.5)
    gain = ducking.gain(0, 2 * RATE, 1.0)
    assert gain.shape == (2 * RATE,)
    assert float(gain[: RATE - 1000].min()) == pytest.approx(1.0)
    assert 20 * np.log10(float(gain.min())) == pytest.approx(-6.0, abs=0.5)
    assert float(gain[RATE + RATE // 2 :].min()) == pytest.approx(1.0, abs=1e-4)
    assert float(gain.diff().abs().max()) < 0.01  # no click
    whole = ducking.gain(0, 2 * RATE, 1.0)
    assert torch.allclose(ducking.gain(RATE - 77, RATE + 500, 1.0), whole[RATE - 77 : RATE + 500], atol=1e-6)


def test_pads_make_way_and_leads_do_not():
    score = whole_band(1, sidechain_db=4.0)
    lanes = band_of(score, mix_of(score)).lanes[: len(score.tracks)]
    shares = {track.instrument: lane.duck for track, lane in zip(score.tracks, lanes, strict=True)}
    assert shares["saw_lead"] == 0.0 < shares["electric_bass"] < shares["strings"]


def test_compression_evens_out_a_voice():
    t = torch.arange(2 * RATE) / RATE
    wave = torch.sin(2 * np.pi * 300 * t) * torch.where(t < 1, 0.5, 0.1)
    squeezed = compressed(wave, 3.0)
    before = 20 * np.log10(5)
    after = 20 * np.log10(float(squeezed[10_000:40_000].std() / squeezed[60_000:90_000].std()))
    assert after < 0.7 * before


def test_the_lead_lies_above_the_band_by_what_the_mix_says():
    score = score_of([bass(4), chords(4)])
    settings = mix_of(score)
    clips = [hummed(0.5, line=0), hummed(4.5, line=1), hummed(4.5, hz=415, role="harmony", line=1)]
    band = np.zeros((2, 8 * RATE), np.float32)
    for lane in band_of(score, settings).lanes:
        band += lane.player.render(0, 8 * RATE).numpy()
    duck(band, lead_spans(clips), settings, BLOCK)
    gains_db = line_gains_db(clips, hop_powers(band), settings)
    lead = singer_lanes(clips, gains_db, settings)[0].player.render(0, 8 * RATE)
    powers, sung = hop_powers(band), hop_powers(lead)
    singing = sung > sung.max() / 100
    above_db = 10 * float(torch.log10(sung[singing].mean() / powers[singing].mean()))
    assert above_db == pytest.approx(settings.vocal_above_db, abs=1.0)
    assert gains_db[2] < gains_db[1] - 5


def test_harmonies_surround_the_lead():
    settings = mix_of(score_of())
    lanes = singer_lanes([hummed(0.0), hummed(0.0, role="double")], [0.0, 0.0], settings)
    lead, double = (lane.player.render(0, RATE) for lane in lanes)
    assert torch.equal(lead[0], lead[1])
    assert np.corrcoef(double.numpy())[0, 1] < 0.9


def test_a_line_across_a_block_border_is_not_cut():
    settings = mix_of(score_of())
    clips = [hummed(0.5, 2.0)]
    whole = singer_lanes(clips, [0.0], settings)[0].player.render(0, 3 * RATE)
    halves = singer_lanes(clips, [0.0], settings)[0].player
    joined = torch.cat([halves.render(0, RATE), halves.render(RATE, 3 * RATE)], dim=1)
    assert torch.equal(whole, joined)


def test_what_is_sung_before_the_start_is_dropped():
    early = hummed(-0.25, 1.0)
    assert clip_span(early) == (0, round(0.75 * RATE))
    assert sung_power(torch.zeros(3)) == 0.0
