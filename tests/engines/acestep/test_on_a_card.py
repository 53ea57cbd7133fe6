"""The whole engine "on cuda", in bfloat16, on a simulated card (see `card`). Each value is created on the
model's device, none is read back while a song is denoised, and the results equal the CPU's."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode

from audiomusic.engines.acestep.adapters import AdapterRack
from audiomusic.engines.acestep.engine import AceStepEngine
from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.lyric_alignment import cross_attention
from audiomusic.engines.acestep.network.model import load_model
from audiomusic.engines.acestep.network.quantization import stored
from audiomusic.engines.acestep.network.sampler import denoise
from audiomusic.engines.acestep.placement import Residents
from audiomusic.engines.acestep.planner.base import TokenSampling as Drawing
from audiomusic.engines.acestep.planner.loader import load_planner
from audiomusic.engines.base import AudioTask
from tests.engines.acestep.card import CARD, CardTensor, plugged_in
from tests.engines.acestep.planner.test_planner import CODES, SONG
from tests.engines.acestep.planner.tiny import save_planner
from tests.engines.acestep.test_adapters import write_adapter
from tests.engines.acestep.test_engine import Desk, make, make_request, noise
from tests.engines.acestep.tiny import BASE, TURBO, make_song, tone

#: bfloat16 with other kernels: see test_half_precision.
ROUNDING = 0.03

SAMPLINGS = {
    "turbo": TURBO,
    "turbo, sde": replace(TURBO, method="sde"),
    "base": BASE,
    "base, within an interval": replace(BASE, guided_from=0.2, guided_to=0.8),
    "base, by angle": replace(BASE, by_angle=True),
    "base, sde": replace(BASE, method="sde"),
}


@pytest.fixture(autouse=True)
def one_thread():
    """Use one thread: those of the tiny model would wait for each other longer than they work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def on_cpu(turbo_folder, base_folder):
    folders = {"turbo": turbo_folder, "base": base_folder}
    return {name: load_model(str(path), device="cpu", dtype="bfloat16") for name, path in folders.items()}


@pytest.fixture(scope="module")
def on_card(turbo_folder, base_folder):
    deterministic = torch.backends.cudnn.deterministic
    folders = {"turbo": turbo_folder, "base": base_folder}
    with plugged_in():
        models = {
            name: load_model(str(path), device="cuda:0", compiled="off") for name, path in folders.items()
        }
    yield models
    torch.backends.cudnn.deterministic = deterministic


@pytest.fixture
def card(on_card):
    with plugged_in() as card:
        yield card


def run(model, songs, sampling, on_step=lambda done, total: None):
    return denoise(model, songs, sampling, on_step=on_step, dropped=frozenset)


def agree(found, wanted):
    """Assert that latents on the card equal the CPU's within the format's precision."""
    assert isinstance(found, CardTensor) and found.device == CARD and found.dtype is torch.float32
    assert float((found.values - wanted).norm() / wanted.norm()) < ROUNDING


def mixed_songs():
    """Return songs with different lengths and prompts, so that all masks are needed."""
    return [
        make_song(1), make_song(2, caption="another one, and a longer one", duration_s=4.4),
        make_song(3, lyrics="[Instrumental]", duration_s=1.0),
    ]  # fmt: skip


class Attended(TorchFunctionMode):
    """Record which attention calls have a mask, and which share keys between heads."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is torch.nn.functional.scaled_dot_product_attention:
            masked = kwargs.get("attn_mask") is not None
            self.seen.add((masked, bool(kwargs.get("enable_gqa"))))
        return func(*args, **kwargs)


def test_all_of_it_is_loaded_onto_the_card(card, on_card):
    model = on_card["turbo"]
    assert (model.device, model.dtype) == (CARD, torch.bfloat16)
    parts = [part for part in model.pipe.components.values() if isinstance(part, torch.nn.Module)]
    for part in parts:
        for tensor in (*part.parameters(), *part.buffers()):
            assert isinstance(tensor, CardTensor)
    weights = [weight for part in parts for weight in part.parameters()]
    assert {weight.dtype for weight in weights} == {torch.bfloat16}
    assert torch.backends.cudnn.deterministic  # otherwise a seed would not determine the song


@pytest.mark.parametrize("way", SAMPLINGS)
def test_a_batch_is_denoised_without_waiting_for_the_card(way, card, on_card, on_cpu):
    name, sampling = way.split(",")[0], SAMPLINGS[way]
    songs, crossings = mixed_songs(), []

    def count(done, total):
        crossings.append(dict(card.crossings))
        card.crossings.clear()

    found, wanted = (run(models[name], songs, sampling, on_step) for models, on_step in (
        (on_card, count), (on_cpu, lambda done, total: None)
    ))  # fmt: skip
    for place in range(len(songs)):
        agree(found[place], wanted[place])
    noises = {"sent": 1} if sampling.method == "sde" else {}
    if "interval" not in way:  # masks change where guidance starts and ends
        assert crossings[1:] == [noises, {}]  # the last step draws no noise
    assert not any("item" in step or "to host" in step for step in crossings[1:])
    assert not card.crossings


def test_every_task_is_made_on_the_card(card, on_card, on_cpu):
    found, wanted = (run(models["base"], every_task(models["base"]), BASE) for models in (on_card, on_cpu))
    assert len(found) == 7
    for place in found:
        agree(found[place], wanted[place])


def every_task(model):
    source = vae.encode(model, tone(2.0), 1)
    return [
        make_song(1, task="cover", source=source, cover_strength=0.5),
        make_song(2, task="repaint", source=source, windows=((5, 20),)),
        make_song(3, task="lego", source=source, tracks=("drums",)),
        make_song(4, task="extract", source=source, tracks=("vocals",)),
        make_song(5, task="complete", source=source, tracks=("bass", "drums")),
        make_song(6, codes="<|audio_code_5|>" * 10, cover_strength=0.5),
        make_song(7, reference=vae.encode_reference(model, tone(3.0), 4)),
    ]


def test_no_attention_needs_the_slow_way(card, on_card):
    """No fast kernel supports both a mask and keys shared between heads."""
    with Attended() as attended:
        run(on_card["base"], every_task(on_card["base"]), BASE)
        run(on_card["turbo"], mixed_songs(), TURBO)
        run(on_card["turbo"], [make_song()], TURBO)
    assert (True, True) not in attended.seen
    assert {(True, False), (False, True)} <= attended.seen


def test_an_adapter_is_mounted_on_the_card(card, on_card, on_cpu, tmp_path):
    adapter = write_adapter(tmp_path / "rain", on_cpu["turbo"])
    made = []
    for models in (on_card, on_cpu):
        rack, model = AdapterRack(models["turbo"].pipe), models["turbo"]
        rack.use(replace(adapter, weight=0.5))
        made.append(run(model, [make_song()], TURBO)[0])
        rack.use()
    agree(*made)


def test_words_are_timed_on_the_card(card, on_card, on_cpu):
    heads, song = {0: (0,), 1: (1,)}, make_song()
    latents = run(on_cpu["turbo"], [song], TURBO)[0]
    seen, wanted = (cross_attention(models["turbo"], song, latents, 3, heads) for models in (on_card, on_cpu))
    assert seen.device == CARD and seen.dtype is torch.float32
    torch.testing.assert_close(seen.values, wanted, atol=ROUNDING, rtol=0)


def test_sound_leaves_the_card_once(card, on_card, on_cpu):
    latents = torch.randn(1100, 4, generator=torch.Generator().manual_seed(1))  # more than one tile
    on = latents.to("cuda:0")
    card.crossings.clear()
    wave = vae.decode(on_card["turbo"], on, 351_000)
    assert card.crossings == {"to host": 1}
    assert wave.dtype == np.float32 and wave.shape == (2, 351_000)
    wanted = vae.decode(on_cpu["turbo"], latents, 351_000)
    assert np.abs(wave - wanted).max() <= ROUNDING * np.abs(wanted).max()


@pytest.fixture(scope="module")
def planner_folder(tmp_path_factory):
    return save_planner(tmp_path_factory.mktemp("language-model"))


def test_a_planner_waits_for_the_card_twice_a_token(card, planner_folder):
    """Once for the token and, if prompts are padded, once more in the library's check of their mask."""
    planner = load_planner(planner_folder, "cuda:0", "bfloat16", context_tokens=400)
    answer = planner.plan(SONG)
    assert 30 <= answer.bpm <= 300 and answer.caption
    song = replace(CODES, duration_s=2, sampling=Drawing(guidance=2.0))
    card.crossings.clear()
    codes = planner.plan(song).codes
    assert len(codes) == 10
    assert card.crossings["item"] <= 2 * len(codes) + 1 and card.crossings["to host"] == 0


def test_its_places_lie_on_the_card(card, planner_folder):
    """The simulated card records no graph; steps over fixed slots are the same. No mask is checked, so the
    planner waits once for each token."""
    planner = load_planner(planner_folder, "cuda:0", "bfloat16", context_tokens=400, records=True)
    song = replace(CODES, duration_s=2, sampling=Drawing(guidance=2.0))
    planner.plan(song)
    card.crossings.clear()
    assert len(planner.plan(song).codes) == 10
    assert card.crossings["item"] <= 10 + 1 and card.crossings["to host"] == 0


def test_wishes_become_songs_on_the_card(card, turbo_folder, planner_folder):
    engine = AceStepEngine(
        str(turbo_folder), device="cuda:0", compiled="off", planner_folder=str(planner_folder)
    )
    options = {"inference_steps": 2, "use_constrained_decoding": True, "use_cot_caption": False}
    wishes = {"duration_s": 2.0, "bpm": 97.0, "keyscale": "C Major", "vocal_language": "en"}
    [take] = make(engine, make_request(options=options, **wishes)).takes
    assert take.samples.shape == (2, 96_000) and np.isfinite(take.samples).all()
    assert engine.facts()["device"] == "cuda:0" and engine.facts()["dtype"] == "bfloat16"


def test_sound_is_worked_on_on_the_card(card, turbo_folder):
    engine = AceStepEngine(str(turbo_folder), device="cuda:0", compiled="off")
    audio = AudioTask(task="cover", source=noise(2.2), cover_strength=0.5)
    desks = [Desk(), Desk()]
    engine.generate_batch([desk.order(make_request(), audio) for desk in desks])
    for desk in desks:
        [take] = desk.takes
        assert np.isfinite(take.samples).all()


@pytest.mark.parametrize("stay", ["turns", "blocks"])
def test_parts_that_take_turns_make_the_same_song(card, on_card, turbo_folder, stay):
    """Each part is on the card while it works, or the card would refuse, and in the machine's memory
    afterwards."""
    model = load_model(str(turbo_folder), device="cuda:0", compiled="off")
    parts = {name: part for name, part in model.pipe.components.items() if isinstance(part, torch.nn.Module)}
    waiting = {name: part.to("cpu") for name, part in parts.items()}
    model.residents = Residents(waiting, model.device, stay)
    songs = mixed_songs()
    found, wanted = run(model, songs, TURBO), run(on_card["turbo"], songs, TURBO)
    for place in wanted:
        assert torch.equal(found[place].cpu(), wanted[place].cpu())
    sounds = [vae.decode(each, wanted[0], songs[0].samples) for each in (model, on_card["turbo"])]
    assert (sounds[0] == sounds[1]).all()
    for part in parts.values():
        assert not any(isinstance(tensor, CardTensor) for tensor in (*part.parameters(), *part.buffers()))


def test_weights_of_8_bits_move_to_the_card_and_back(card, turbo_folder, on_cpu, tmp_path):
    """All pieces of a quantized weight are on the card while it works, copied from pinned memory."""
    model = load_model(str(turbo_folder), device="cuda:0", compiled="off", quantization="int8")
    beside = load_model(str(turbo_folder), device="cpu", dtype="bfloat16", quantization="int8")
    songs, crossings = mixed_songs(), []
    layer = model.pipe.transformer.layers[0].self_attn.to_q
    assert [type(piece) for piece in stored(layer.weight)] == [CardTensor] * 3
    card.crossings.clear()

    def count(done, total):
        crossings.append(dict(card.crossings))
        card.crossings.clear()

    made = run(model, songs, TURBO, count)
    for place, wanted in run(beside, songs, TURBO).items():
        agree(made[place], wanted)
    assert crossings[1:] == [{}, {}]  # no step waits
    rack = AdapterRack(model.pipe)
    rack.use(write_adapter(tmp_path / "rain", on_cpu["turbo"]))
    assert not torch.equal(run(model, songs, TURBO)[0].cpu(), made[0].cpu())
    rack.use()
    parts = {name: part for name, part in model.pipe.components.items() if isinstance(part, torch.nn.Module)}
    waiting = {name: part.to("cpu") for name, part in parts.items()}
    for stay in ("turns", "blocks"):
        model.residents = Residents(waiting, model.device, stay)
        assert torch.equal(run(model, songs, TURBO)[0].cpu(), made[0].cpu())
        tensors = [tensor for part in parts.values() for tensor in (*part.parameters(), *part.buffers())]
        assert not any(isinstance(piece, CardTensor) for tensor in tensors for piece in stored(tensor))
