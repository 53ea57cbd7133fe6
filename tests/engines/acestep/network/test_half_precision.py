"""bfloat16, as on a GPU: masks, guidance and every task, each song still as if it were alone."""

from dataclasses import replace

import pytest
import torch

from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.lyric_alignment import cross_attention
from audiomusic.engines.acestep.network.model import load_model
from audiomusic.engines.acestep.network.sampler import denoise
from tests.engines.acestep.tiny import BASE, TURBO, make_song, tone

SAMPLINGS = {
    "turbo": TURBO,
    "base": BASE,
    "by angle": replace(BASE, by_angle=True),
}


@pytest.fixture(scope="module")
def halves(turbo_folder, base_folder):
    turbo, base = (
        load_model(str(name), device="cpu", dtype="bfloat16") for name in (turbo_folder, base_folder)
    )
    return {"turbo": turbo, "base": base, "by angle": base}


def run(model, songs, sampling):
    return denoise(model, songs, sampling, on_step=lambda done, total: None, dropped=frozenset)


def off_by(found, wanted):
    """Return the relative error."""
    return float((found - wanted).norm() / wanted.norm())


@pytest.mark.parametrize("way", SAMPLINGS)
def test_a_batch_is_each_song_alone_as_far_as_the_format_tells(way, halves, request):
    model, sampling = halves[way], SAMPLINGS[way]
    exact = request.getfixturevalue("turbo" if way == "turbo" else "base")
    songs = [
        make_song(1), make_song(2, caption="another one, and a longer one", duration_s=4.4),
        make_song(3, lyrics="[Instrumental]", duration_s=1.0),
    ]  # fmt: skip
    together = run(model, songs, sampling)
    for place, song in enumerate(songs):
        alone = run(model, [song], sampling)[0]
        rounding = off_by(alone, run(exact, [song], sampling)[0])
        assert alone.dtype is torch.float32 and alone.isfinite().all()
        assert off_by(together[place], alone) <= max(rounding, 0.01)
        assert rounding < 0.1


def test_every_task_is_made(halves):
    model = halves["base"]
    source = vae.encode(model, tone(2.0), 1)
    songs = [
        make_song(1, task="cover", source=source, cover_strength=0.5),
        make_song(2, task="repaint", source=source, windows=((5, 20),)),
        make_song(3, task="lego", source=source, tracks=("drums",)),
        make_song(4, codes="<|audio_code_5|>" * 10),
        make_song(5, reference=vae.encode_reference(model, tone(3.0), 4)),
    ]
    together = run(model, songs, BASE)
    assert all(latents.isfinite().all() for latents in together.values())
    wave = vae.decode(model, together[1], songs[1].samples)
    assert wave.dtype == "float32" and wave.shape == (2, 16_000)


def test_it_is_listened_to_in_full_precision(halves):
    model = halves["turbo"]
    song = make_song()
    seen = cross_attention(model, song, run(model, [song], TURBO)[0], 3, {0: (0,), 1: (1,)})
    assert seen.dtype is torch.float32
    torch.testing.assert_close(seen.sum(1), torch.ones_like(seen.sum(1)))
