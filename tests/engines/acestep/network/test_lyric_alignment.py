"""Reading a song's own attention: what is read, and which times a song with random weights gets."""

import json
import shutil

import pytest
import torch

from audiomusic.engines.acestep.engine import AceStepEngine
from audiomusic.engines.acestep.network import lyric_alignment
from audiomusic.engines.acestep.network.conditions import encode_conditions
from audiomusic.engines.acestep.network.lyric_alignment import cross_attention, lyric_tokens, timed_lines
from audiomusic.engines.acestep.network.model import load_model
from audiomusic.engines.acestep.network.sampler import denoise
from tests.engines.acestep.test_engine import make, make_request
from tests.engines.acestep.tiny import TURBO, make_song
from tests.support.lrc_reader import parse_lrc

HEADS = {0: (0, 1), 1: (1,)}
LYRICS = "[Verse]\nla la rain\nfalling día\n[Chorus]\nsing"


@pytest.fixture(scope="module")
def timed_folder(turbo_folder, tmp_path_factory):
    """Return weights whose config says which heads follow the lyrics."""
    folder = shutil.copytree(turbo_folder, tmp_path_factory.mktemp("weights") / "timed-turbo")
    config = folder / "transformer" / "config.json"
    told = {"lyric_alignment_layers_config": {str(layer): list(heads) for layer, heads in HEADS.items()}}
    config.write_text(json.dumps(json.loads(config.read_text()) | told))
    return folder


@pytest.fixture(scope="module")
def timed(timed_folder):
    return load_model(str(timed_folder), device="cpu")


@pytest.fixture(scope="module")
def song():
    return make_song(lyrics=LYRICS, duration_s=4.4, is_timed=True)


@pytest.fixture(scope="module")
def latents(timed, song):
    return denoise(timed, [song], TURBO, on_step=lambda done, total: None, dropped=frozenset)[0]


@torch.no_grad()
def test_what_is_seen_is_what_the_layer_attends_to(timed, song, latents):
    """The layer's values, weighted by the attention, equal the layer's own output."""
    layer = timed.pipe.transformer.layers[0].cross_attn
    kept = {}
    hook = layer.register_forward_hook(
        lambda module, args, named, answer: kept.update(named, answer=answer), with_kwargs=True
    )
    seen = cross_attention(timed, song, latents, 3, HEADS)
    hook.remove()
    states = encode_conditions(timed, [song]).states
    assert seen.shape == (3, states.shape[1], song.frames // 2)
    torch.testing.assert_close(seen.sum(1), torch.ones(3, song.frames // 2))
    values = layer.to_v(kept["encoder_hidden_states"]).unflatten(-1, (layer.kv_heads, layer.head_dim))[
        0, :, 0
    ]
    answer = layer.to_out[0](torch.cat([seen[head].T @ values for head in (0, 1)], dim=-1))
    torch.testing.assert_close(answer, kept["answer"][0], atol=1e-5, rtol=0)


def test_looking_changes_nothing(timed, song, latents):
    before = cross_attention(timed, song, latents, 3, HEADS)
    assert torch.equal(cross_attention(timed, song, latents, 3, HEADS), before)
    again = denoise(timed, [song], TURBO, on_step=lambda done, total: None, dropped=frozenset)[0]
    assert torch.equal(again, latents)
    assert not any(layer.cross_attn._forward_pre_hooks for layer in timed.pipe.transformer.layers)


def test_the_tokens_of_the_lyrics_lie_where_their_letters_are(timed, song):
    spans, places = lyric_tokens(timed, song)
    header = "# Languages\nen\n\n# Lyric\n"
    assert places == list(range(len(header), len(header) + len(LYRICS.encode())))
    assert spans[0] == (0, 1) and spans[-1] == (len(LYRICS) - 1, len(LYRICS))


def test_planted_attention_gives_the_planted_times(timed, song, latents, monkeypatch):
    """The planted heads attend to each letter for one patch, after waiting for five patches."""
    spans, places = lyric_tokens(timed, song)
    patches = song.frames // 2

    def planted(model, song, latents, steps, heads):
        attention = torch.zeros(3, max(places) + 40, patches)
        for patch in range(patches):
            attention[:, places[max(0, min(patch - 5, len(places) - 1))], patch] = 0.9
        return attention

    monkeypatch.setattr(lyric_alignment, "cross_attention", planted)
    lines = timed_lines(timed, song, latents, 3)
    assert [[word.text for word in line] for line in lines] == [
        ["la", "la", "rain"], ["falling", "día"], ["sing"],
    ]  # fmt: skip
    letters = [LYRICS.index("la"), LYRICS.index("falling"), LYRICS.index("sing") + 1]  # í has two tokens
    for line, letter in zip(lines, letters, strict=True):
        assert line[0].start_s == pytest.approx((letter + 5) * 0.08, abs=0.081)


def test_random_weights_give_times_that_a_song_may_have(timed_folder):
    engine = AceStepEngine(str(timed_folder), device="cpu")
    request = make_request(lyrics=LYRICS, generate_lrc=True, seeds=(1, 2), duration_s=4.4)
    desk = make(engine, request)
    assert "generate_lrc" not in desk.results[0].not_applied
    for take in desk.takes:
        words = [word for line in parse_lrc(take.enhanced_lrc).lines for word in line]
        assert [word.text for word in words] == ["la", "la", "rain", "falling", "día", "sing"]
        starts = [word.start_s for word in words]
        assert starts == sorted(starts) and starts[0] >= 0 and words[-1].end_s <= 4.4
        assert len(parse_lrc(take.lrc).lines) == 3
    alone = make(engine, make_request(lyrics=LYRICS, generate_lrc=True, seeds=(2,), duration_s=4.4))
    assert alone.takes[0].lrc == desk.takes[1].lrc


def test_nobody_asked_or_nobody_sings(timed_folder):
    engine = AceStepEngine(str(timed_folder), device="cpu")
    for request in (make_request(), make_request(kind="instrumental", lyrics="", generate_lrc=True)):
        desk = make(engine, request)
        assert desk.takes[0].lrc is None and desk.takes[0].enhanced_lrc is None
        assert "generate_lrc" not in desk.results[0].not_applied
