"""Each song of a batch is as if it were alone, and as the stock pipeline makes it."""

from dataclasses import replace

import pytest
import torch

from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.sampler import denoise, noise_levels
from audiomusic.engines.base import Cancelled
from tests.engines.acestep.tiny import BASE, TURBO, make_song, stock_latents, tone

CLOSE = {"atol": 1e-4, "rtol": 0}


def run(model, songs, sampling, on_step=lambda done, total: None, dropped=frozenset):
    return denoise(model, songs, sampling, on_step=on_step, dropped=dropped)


def alone(model, song, sampling):
    return run(model, [song], sampling)[0]


@pytest.mark.parametrize("kind", ["turbo", "base"])
def test_one_song_is_what_the_stock_pipeline_makes(kind, request):
    model, sampling = request.getfixturevalue(kind), {"turbo": TURBO, "base": BASE}[kind]
    song = make_song(bpm=97, keyscale="C minor", timesignature="3")
    torch.testing.assert_close(
        alone(model, song, sampling), stock_latents(model, song, sampling), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("task", ["cover", "repaint", "extract", "lego", "complete"])
def test_every_task_is_what_the_stock_pipeline_makes(task, base):
    wave = tone(54 / 25)
    torch.manual_seed(5)
    with torch.no_grad():
        source = base.pipe.vae.encode(wave[None]).latent_dist.sample()[0].T
    window = {"windows": ((12, 37),)} if task in ("repaint", "lego") else {}
    tracks = ("drums",) if task in ("extract", "lego", "complete") else ()
    song = make_song(duration_s=54 / 25, task=task, source=source, tracks=tracks, **window)
    torch.manual_seed(5)
    stock = stock_latents(
        base, song, BASE, task_type=task, src_audio=wave,
        track_name="drums" if task in ("extract", "lego") else None,
        complete_track_classes=["drums"] if task == "complete" else None,
        repainting_start=12 / 25 if window else None, repainting_end=37 / 25 if window else None,
    )  # fmt: skip
    ours = alone(base, song, replace(BASE, keeps_source=False))
    torch.testing.assert_close(ours, stock, atol=1e-6, rtol=0)


@pytest.mark.parametrize("method", ["ode", "sde"])
def test_what_is_not_repainted_is_the_source_to_the_end(turbo, method):
    source = vae.encode(turbo, tone(), 1)
    song = make_song(task="repaint", source=source, windows=((12, 37),))
    sampling = replace(TURBO, method=method)
    kept, free = (alone(turbo, song, replace(sampling, keeps_source=keeps)) for keeps in (True, False))
    length = min(song.frames, len(source))
    for part in (slice(0, 12), slice(37, length)):
        torch.testing.assert_close(kept[part], source[part].float())
        assert not torch.allclose(free[part], source[part].float(), atol=0.1)
    assert not torch.allclose(kept[12:37], source[12:37].float(), atol=0.1)
    assert not torch.allclose(kept[12:37], free[12:37], atol=1e-3)  # the surroundings influenced it


def test_a_repainted_song_keeps_its_source_beside_others(turbo):
    source = vae.encode(turbo, tone(), 1)
    songs = [
        make_song(seed=1, duration_s=4.4),
        make_song(seed=2, task="repaint", source=source, windows=((5, 20),)),
    ]
    together = run(turbo, songs, TURBO)
    for place, song in enumerate(songs):
        torch.testing.assert_close(together[place], alone(turbo, song, TURBO), **CLOSE)


def varied_songs(**wishes):
    return [
        make_song(seed=1, caption="a", **wishes),
        make_song(seed=2, caption="slow blues with a long and winding caption", bpm=70, **wishes),
        make_song(seed=3, lyrics="[Instrumental]", language="de", keyscale="A minor", **wishes),
    ]


@pytest.mark.parametrize("kind", ["turbo", "base"])
@pytest.mark.parametrize("method", ["ode", "sde"])
def test_a_batch_of_different_songs_is_each_of_them_alone(kind, method, request):
    model, sampling = request.getfixturevalue(kind), {"turbo": TURBO, "base": BASE}[kind]
    sampling = replace(sampling, method=method)
    songs = [*varied_songs(), make_song(seed=4, duration_s=4.4), make_song(seed=5, duration_s=1.0)]
    together = run(model, songs, sampling)
    for place, song in enumerate(songs):
        torch.testing.assert_close(together[place], alone(model, song, sampling), **CLOSE)


def test_sources_and_windows_of_a_batch_are_kept_apart(base):
    songs = [
        make_song(seed=1, task="repaint", source=vae.encode(base, tone(), 1), windows=((5, 20),)),
        make_song(seed=2, task="cover", source=vae.encode(base, tone(1.0), 2), cover_strength=0.4),
        make_song(seed=3, codes="<|audio_code_5|><|audio_code_77|>" * 5),
        make_song(seed=4, reference=vae.encode_reference(base, tone(3.0, pitch_hz=500), 4)),
    ]
    together = run(base, songs, BASE)
    for place, song in enumerate(songs):
        torch.testing.assert_close(together[place], alone(base, song, BASE), **CLOSE)
    assert not torch.allclose(together[0], alone(base, make_song(seed=1), BASE), atol=1e-3)


@pytest.mark.parametrize("duration_s", [2.2, 4.4, 16.9])
def test_lengths_that_the_stock_pipeline_trips_over_are_made(turbo, duration_s):
    song = make_song(duration_s=duration_s)
    latents = alone(turbo, song, TURBO)
    assert len(latents) % 2 == 0
    assert vae.decode(turbo, latents, song.samples).shape == (2, round(duration_s * 8000))


def test_an_odd_source_is_made_whole(turbo):
    source = vae.encode(turbo, tone(2.2), 1)
    assert len(source) == 55
    song = make_song(duration_s=2.2, task="cover", source=source)
    assert len(alone(turbo, song, TURBO)) == 56


@pytest.mark.parametrize("method", ["ode", "sde"])
def test_the_seed_decides(turbo, method):
    sampling = replace(TURBO, method=method)
    first, again = (alone(turbo, make_song(seed=9), sampling) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.allclose(first, alone(turbo, make_song(seed=10), sampling))


def test_the_samplers_differ(turbo):
    sde = replace(TURBO, method="sde")
    assert not torch.allclose(alone(turbo, make_song(), TURBO), alone(turbo, make_song(), sde))


def test_guidance_is_on_while_the_noise_is_within_its_bounds(base):
    """The pipeline counts from the other end, so its bounds are ours reversed."""
    sampling = replace(BASE, steps=4, guided_from=0.5, guided_to=0.8)
    song = make_song()
    stock = stock_latents(base, song, sampling, cfg_interval_start=0.2, cfg_interval_end=0.5)
    torch.testing.assert_close(alone(base, song, sampling), stock, atol=1e-6, rtol=0)
    assert not torch.allclose(stock, stock_latents(base, song, sampling))


def test_cover_strength_is_the_share_of_steps_that_follow(turbo):
    source = vae.encode(turbo, tone(), 1)[:54]
    song = make_song(duration_s=54 / 25, source=source, task="cover")
    free = make_song(duration_s=54 / 25)
    whole, half, none = (
        alone(turbo, replace(song, cover_strength=strength), TURBO) for strength in (1.0, 0.5, 0.0)
    )
    torch.testing.assert_close(none, alone(turbo, free, TURBO), **CLOSE)
    assert not torch.allclose(half, whole, atol=1e-3) and not torch.allclose(half, none, atol=1e-3)


def test_each_step_is_reported(turbo):
    seen = []
    run(turbo, [make_song()], TURBO, on_step=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("kind", ["turbo", "base"])
def test_a_song_that_is_dropped_changes_no_other(kind, request):
    model, sampling = request.getfixturevalue(kind), {"turbo": TURBO, "base": BASE}[kind]
    songs, gone, seen = varied_songs(), set(), []

    def after(done, total):
        seen.append(done)
        gone.add(0)

    left = run(model, songs, sampling, on_step=after, dropped=lambda: frozenset(gone))
    assert sorted(left) == [1, 2]
    for place in left:
        torch.testing.assert_close(left[place], alone(model, songs[place], sampling), **CLOSE)


def test_when_nobody_wants_any_it_stops_at_once_and_the_next_is_untouched(turbo):
    before, seen = alone(turbo, make_song(), TURBO), []
    with pytest.raises(Cancelled):
        run(
            turbo, [make_song(duration_s=2.0), make_song(duration_s=4.0)], TURBO,
            on_step=lambda done, total: seen.append(done), dropped=lambda: frozenset({0, 1} if seen else ()),
        )  # fmt: skip
    assert seen == [1]
    assert torch.equal(alone(turbo, make_song(), TURBO), before)


def test_noise_levels_fall_from_one_to_nothing():
    assert noise_levels(2, 1.0).tolist() == [1.0, 0.5, 0.0]
    assert noise_levels(2, 3.0).tolist() == [1.0, 0.75, 0.0]


@pytest.mark.parametrize("kind", ["turbo", "base"])
def test_keys_of_their_own_change_nothing_but_the_last_bits(kind, request, monkeypatch):
    """As on a GPU, where masks cannot be combined with shared keys."""
    model, sampling = request.getfixturevalue(kind), {"turbo": TURBO, "base": BASE}[kind]
    songs = [*varied_songs(), make_song(seed=4, duration_s=4.4)]
    shared = run(model, songs, sampling)
    monkeypatch.setattr(model.pipe.transformer.layers[0].self_attn.processor, "repeats_keys", True)
    processors = {id(processor) for processor in model.pipe.transformer.attn_processors.values()}
    assert len(processors) == 1  # one object for all layers
    for place, latents in run(model, songs, sampling).items():
        torch.testing.assert_close(latents, shared[place], atol=1e-5, rtol=0)
