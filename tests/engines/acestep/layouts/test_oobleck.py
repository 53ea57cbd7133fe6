"""Mapping of stable-audio-tools' numbered layers to diffusers' VAE."""

import pytest

from audiomusic.engines.acestep.layouts.heads import WeightsError
from audiomusic.engines.acestep.layouts.oobleck import reach_frames, vae_config, vae_names

#: The names that show the number of blocks: five, as in the real VAE.
LAST = ("encoder.layers.7.weight_v", "decoder.layers.7.weight_v")


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("encoder.layers.0.weight_g", "encoder.conv1.weight_g"),
        ("encoder.layers.1.layers.0.layers.0.alpha", "encoder.block.0.res_unit1.snake1.alpha"),
        ("encoder.layers.5.layers.2.layers.3.bias", "encoder.block.4.res_unit3.conv2.bias"),
        ("encoder.layers.2.layers.3.beta", "encoder.block.1.snake1.beta"),
        ("encoder.layers.2.layers.4.weight_v", "encoder.block.1.conv1.weight_v"),
        ("encoder.layers.6.alpha", "encoder.snake1.alpha"),
        ("encoder.layers.7.bias", "encoder.conv2.bias"),
        ("decoder.layers.0.bias", "decoder.conv1.bias"),
        ("decoder.layers.1.layers.0.beta", "decoder.block.0.snake1.beta"),
        ("decoder.layers.2.layers.1.weight_v", "decoder.block.1.conv_t1.weight_v"),
        ("decoder.layers.2.layers.1.parametrizations.weight.original1", "decoder.block.1.conv_t1.weight_v"),
        ("decoder.layers.2.layers.1.parametrizations.weight.original0", "decoder.block.1.conv_t1.weight_g"),
        ("decoder.layers.5.layers.4.layers.1.weight_g", "decoder.block.4.res_unit3.conv1.weight_g"),
        ("decoder.layers.6.beta", "decoder.snake1.beta"),
        ("decoder.layers.7.weight_g", "decoder.conv2.weight_g"),
        ("encoder.block.0.snake1.alpha", "encoder.block.0.snake1.alpha"),  # diffusers' own name
    ],
)
def test_a_name_finds_its_place(name, there):
    assert vae_names([name, *LAST])[there] == name


def test_what_the_module_does_not_know_is_left_out():
    strange = ["decoder.layers.1.layers.9.alpha", "decoder.layers.1.layers.2.layers.7.bias"]
    assert set(vae_names([*strange, *LAST]).values()) == {*LAST}


def test_a_vae_that_lacks_what_tells_its_shape():
    with pytest.raises(WeightsError, match=r"VAE lack the tensor encoder\.conv1\.weight_v"):
        vae_config({})


def test_the_real_encoder_looks_at_nine_latents_on_either_side():
    assert reach_frames([2, 4, 4, 6, 10]) == 9
