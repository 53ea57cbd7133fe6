"""Which parts stay on the card, by its free memory; the song is bit-identical either way."""

import pytest
import torch

from audiomusic.devtools.acestep_memory import CountingAllocator
from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.lyric_alignment import cross_attention
from audiomusic.engines.acestep.network.model import WeightsError, load_model
from audiomusic.engines.acestep.network.sampler import denoise
from audiomusic.engines.acestep.placement import (
    GIB,
    PLACEMENTS,
    PartSizes,
    Residents,
    choose_placement,
    peak_bytes,
)
from audiomusic.engines.base import Cancelled
from tests.engines.acestep.tiny import TURBO, make_song, tone

SMALL = {
    "text_encoder": 1.11, "condition_encoder": 1.13, "audio_tokenizer": 0.2, "audio_token_detokenizer": 0.2,
    "transformer": 2.93, "vae": 0.31,
}  # fmt: skip
LARGE = SMALL | {"transformer": 7.77}
#: Sizes of the 2B and XL models in GiB, each with one block.
MODELS = {
    "2B": PartSizes(
        {name: round(gib * GIB) for name, gib in SMALL.items()}, round(0.12 * GIB), round(2.8 * GIB)
    ),
    "XL": PartSizes(
        {name: round(gib * GIB) for name, gib in LARGE.items()}, round(0.24 * GIB), round(7.5 * GIB)
    ),
}
#: The same with 8-bit weights, as counted by `devtools.acestep_memory`.
ENCODERS = {"text_encoder": 0.70, "condition_encoder": 0.57}
INT8 = {
    "2B": PartSizes(
        {name: round(gib * GIB) for name, gib in (SMALL | ENCODERS | {"transformer": 1.53}).items()},
        round(0.06 * GIB), round(1.4 * GIB),
    ),
    "XL": PartSizes(
        {name: round(gib * GIB) for name, gib in (LARGE | ENCODERS | {"transformer": 3.98}).items()},
        round(0.12 * GIB), round(3.75 * GIB),
    ),
}  # fmt: skip


def run(model, songs, **wishes):
    return denoise(model, songs, TURBO, on_step=lambda done, total: None, dropped=frozenset, **wishes)


def test_a_larger_card_never_gets_less():
    for sizes in MODELS.values():
        ways = [choose_placement(sizes, round(gib * GIB)) for gib in (3, 4, 6, 8, 10, 12, 16, 24, 80)]
        ranks = [PLACEMENTS.index(way) if way else len(PLACEMENTS) for way in ways]
        assert ranks == sorted(ranks, reverse=True)
        assert ways[-1] is PLACEMENTS[0]
        assert choose_placement(sizes, GIB) is None


@pytest.mark.parametrize("name", MODELS)
def test_what_is_chosen_fits(name):
    for gib in range(4, 25):
        way = choose_placement(MODELS[name], gib * GIB)
        assert peak_bytes(way, MODELS[name]) < gib * GIB


@pytest.mark.parametrize(
    ("name", "gib", "stay", "tile_frames"),
    [("2B", 2, "blocks", 256), ("2B", 4, "turns", 512), ("2B", 6, "all", 512), ("2B", 8, "all", 1024),
     ("XL", 6, "turns", 512), ("XL", 8, "all", 512), ("XL", 10, "all", 1024), ("XL", 12, "all", 1024)],
)  # fmt: skip
def test_weights_of_8_bits_stay_on_smaller_cards(name, gib, stay, tile_frames):
    way = choose_placement(INT8[name], gib * GIB)
    assert (way.stay, way.tile_frames) == (stay, tile_frames)
    plain = choose_placement(MODELS[name], gib * GIB)
    assert plain is None or PLACEMENTS.index(plain) >= PLACEMENTS.index(way)


def test_a_language_model_takes_its_place():
    sizes = MODELS["2B"]
    beside = PartSizes({**sizes.parts, "planner": round(3.5 * GIB)}, sizes.block, sizes.blocks)
    assert choose_placement(sizes, 9 * GIB).stay == "all"
    assert choose_placement(beside, 9 * GIB).stay == "turns"


def test_who_has_room_plans_the_next_songs_while_these_are_made():
    """Memory must hold all weights, the caches of the takes being planned, and the songs being made."""
    sizes = MODELS["2B"]
    beside = PartSizes({**sizes.parts, "planner": round(3.5 * GIB)}, sizes.block, sizes.blocks)
    found = {gib: choose_placement(beside, gib * GIB) for gib in (14, 16, 24)}
    assert [way.plans_beside for way in found.values()] == [False, True, True]
    assert {way.tile_frames for way in found.values()} == {1024}
    assert peak_bytes(found[16], beside) - peak_bytes(found[14], beside) == 2 * GIB
    assert choose_placement(sizes, 9 * GIB).plans_beside  # without a language model, no caches are needed


@pytest.fixture(scope="module")
def in_turns(turbo_folder):
    """Return the tiny model with the placements of each card size, on the CPU; "all" is the reference."""

    def load(stay):
        model = load_model(str(turbo_folder), device="cpu", compiled="off")
        parts = {
            name: part for name, part in model.pipe.components.items() if isinstance(part, torch.nn.Module)
        }
        model.residents = Residents(parts, model.device, stay)
        return model

    return {stay: load(stay) for stay in ("all", "turns", "blocks")}


@pytest.mark.parametrize("stay", ["turns", "blocks"])
def test_the_song_is_the_same_to_the_last_bit(in_turns, stay):
    songs = [make_song(1), make_song(2, caption="another, longer one", duration_s=4.4)]
    wanted, found = run(in_turns["all"], songs), run(in_turns[stay], songs)
    for place in wanted:
        assert torch.equal(found[place], wanted[place])
    decoded = [vae.decode(in_turns[name], wanted[0], songs[0].samples) for name in ("all", stay)]
    assert (decoded[0] == decoded[1]).all()
    encoded = [vae.encode(in_turns[name], tone(2.0), 1) for name in ("all", stay)]
    assert torch.equal(*encoded)


@pytest.mark.parametrize("stay", ["turns", "blocks"])
def test_every_weight_lies_where_it_lay_afterwards(in_turns, stay):
    model = in_turns[stay]
    parts = model.residents.parts.values()
    before = [tensor.data_ptr() for part in parts for tensor in (*part.parameters(), *part.buffers())]
    song = make_song(task="cover", source=vae.encode(model, tone(2.0), 1), cover_strength=0.5)
    cross_attention(model, make_song(), run(model, [song])[0], 3, {0: (0,)})  # stops within a block
    with pytest.raises(Cancelled):
        denoise(
            model, [song], TURBO, on_step=lambda done, total: None, dropped=lambda: frozenset([0])
        )  # ends early
    after = [tensor.data_ptr() for part in parts for tensor in (*part.parameters(), *part.buffers())]
    assert before == after


def test_a_part_that_is_brought_twice_stays_until_the_first_lets_go():
    part = torch.nn.Linear(4, 4)
    residents = Residents({"vae": part}, torch.device("meta"), "turns")
    with residents.at_work("vae"):
        with residents.at_work("vae"):
            assert part.weight.is_meta
        assert part.weight.is_meta
    assert not part.weight.is_meta and part.weight.data_ptr()


def test_shared_weights_come_back():
    one, other = torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)
    other.weight = one.weight
    residents = Residents({"text_encoder": torch.nn.Sequential(one, other)}, torch.device("meta"), "turns")
    with residents.at_work("text_encoder"):
        assert one.weight.is_meta
    assert not one.weight.is_meta


def test_a_card_that_is_too_small_is_told(turbo_folder):
    with pytest.raises(WeightsError, match=r"The card has 0\.0 GiB free; these weights need more"):
        load_model(str(turbo_folder), device="cpu", memory_gib=0.01)


def test_the_tiles_shrink_with_the_card(turbo_folder):
    model = load_model(str(turbo_folder), device="cpu", memory_gib=1.4)
    assert model.placement.tile_frames < PLACEMENTS[0].tile_frames
    assert model.pipe.vae.tile_latent_min_length == model.placement.tile_frames


def test_the_allocator_counts_what_is_alive():
    kept = torch.empty(1000, dtype=torch.float32)
    with CountingAllocator([kept]) as allocator:
        for _ in range(3):
            made = kept + 1
            del made
        assert (allocator.now, allocator.peak) == (0, 4000)
        pair = [kept * 2, kept * 3]
        view = pair[0][:10]
        assert allocator.now == 8000
        del pair
        assert allocator.now == 4000  # the view keeps its base alive
        del view
    assert allocator.now == 0


def test_a_small_card_plans_fewer_takes_at_once():
    planned = [way.takes_planned for way in PLACEMENTS]
    assert planned[:4] == [4, 4, 2, 1] and set(planned[4:]) == {1}
