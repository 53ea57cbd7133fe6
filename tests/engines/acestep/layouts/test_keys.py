"""Mapping of ACE-Step's own names, as in its modelling code, to diffusers' modules."""

import pytest

from audiomusic.engines.acestep.layouts.keys import names_by_part, place_of

POOLER = "attention_pooler.layers.1."


@pytest.mark.parametrize(
    ("name", "part", "there"),
    [
        ("decoder.proj_in.1.weight", "transformer", "proj_in_conv.weight"),
        ("decoder.proj_out.1.bias", "transformer", "proj_out_conv.bias"),
        ("decoder.time_embed_r.time_proj.bias", "transformer", "time_embed_r.time_proj.bias"),
        (
            "decoder.layers.3.cross_attn.o_proj.weight",
            "transformer",
            "layers.3.cross_attn.to_out.0.weight",
        ),
        ("decoder.layers.3.cross_attn_norm.weight", "transformer", "layers.3.cross_attn_norm.weight"),
        ("decoder.layers.0.mlp.up_proj.weight", "transformer", "layers.0.mlp.up_proj.weight"),
        (
            "encoder.lyric_encoder.layers.0.self_attn.k_norm.weight",
            "condition_encoder",
            "lyric_encoder.layers.0.self_attn.norm_k.weight",
        ),
        ("null_condition_emb", "condition_encoder", "null_condition_emb"),
        (
            f"tokenizer.{POOLER}self_attn.v_proj.weight",
            "audio_tokenizer",
            f"{POOLER}self_attn.to_v.weight",
        ),
        ("tokenizer.quantizer.project_in.weight", "audio_tokenizer", "quantizer.project_in.weight"),
        ("detokenizer.proj_out.weight", "audio_token_detokenizer", "proj_out.weight"),
    ],
)
def test_a_name_finds_its_place(name, part, there):
    assert place_of(name) == (part, there)


def test_what_is_in_no_part_is_left_out():
    assert place_of("optimizer.state") is None
    assert names_by_part(["optimizer.state"]) == {}
