"""The VAE's own encoding of silence, for when ACE-Step's file of it is missing."""

import pytest
import torch

from audiomusic.engines.acestep.network.silence import FRAMES, silence_of

HOP = 320


@pytest.fixture(scope="module")
def vae():
    from diffusers import AutoencoderOobleck

    from audiomusic.devtools.acestep_weights import TINY

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        made = AutoencoderOobleck(audio_channels=2, **TINY.vae).eval()
        for name, weight in made.named_parameters():  # by default, snake parameters and biases are zero
            if name.endswith((".bias", ".alpha", ".beta")):
                torch.nn.init.normal_(weight, std=0.3)
    return made


def test_it_is_what_the_vae_makes_of_ten_minutes_of_nothing(vae):
    found = silence_of(vae)
    with torch.no_grad():
        whole = vae.encode(torch.zeros(1, 2, 200 * HOP)).latent_dist.mode().transpose(1, 2)
    assert found.shape == (1, FRAMES, 4) and found.std() > 0
    torch.testing.assert_close(found[:, :190], whole[:, :190], rtol=0, atol=1e-5)
    assert torch.equal(found[0, 100], found[0, -1])  # not influenced by the end
    assert not torch.allclose(found[0, 0], found[0, 100], atol=1e-3)  # but by the beginning
