"""The fast VAE, compared with the library's own."""

import pytest
import torch
from diffusers import AutoencoderOobleck

from audiomusic.engines.acestep.network.decoder import quicken, snake, snake_in_place


@pytest.fixture(scope="module")
def pair(turbo_folder):
    """Return the library's VAE and ours with the same weights and non-default activations."""
    stock, quick = (AutoencoderOobleck.from_pretrained(turbo_folder / "vae") for _ in range(2))
    for vae in (stock, quick):
        generator = torch.Generator().manual_seed(3)
        for name, weight in vae.named_parameters():
            if name.endswith((".alpha", ".beta")):
                weight.data.normal_(std=0.1, generator=generator)
    quicken(quick, compiled=False)
    return stock, quick


@torch.no_grad()
def test_it_sounds_the_same_to_the_last_bit(pair):
    stock, quick = pair
    latents = torch.randn(2, 4, 50, generator=torch.Generator().manual_seed(1))
    assert torch.equal(quick.decode(latents).sample, stock.decode(latents).sample)
    wave = torch.randn(1, 2, 16_000, generator=torch.Generator().manual_seed(2))
    ours, theirs = (vae.encode(wave).latent_dist for vae in (quick, stock))
    assert torch.equal(ours.mean, theirs.mean) and torch.equal(ours.std, theirs.std)


@torch.no_grad()
def test_long_songs_are_decoded_in_pieces_without_a_seam(pair, monkeypatch):
    stock, quick = pair
    monkeypatch.setattr(quick, "tile_latent_min_length", 64)
    latents = torch.randn(1, 4, 150, generator=torch.Generator().manual_seed(1))
    whole, pieces = stock.decode(latents).sample, quick.decode(latents).sample
    assert not torch.equal(whole, pieces)
    torch.testing.assert_close(pieces, whole, atol=1e-5, rtol=0)


def test_the_activation_is_what_its_formula_says():
    wave, alpha, share = torch.linspace(-3, 3, 12).reshape(1, 2, 6), torch.rand(1, 2, 1), torch.rand(1, 2, 1)
    expected = wave.double() + share.double() * torch.sin(alpha.double() * wave.double()) ** 2
    kept = wave.clone()
    for activation in (snake, snake_in_place):
        torch.testing.assert_close(activation(wave, alpha, share).double(), expected, atol=1e-6, rtol=0)
    assert torch.equal(wave, kept)
