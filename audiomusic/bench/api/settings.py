"""The product's settings with the benchmarks' URLs."""

from audiomusic.settings import *  # noqa: F403

ROOT_URLCONF = "audiomusic.bench.api.urls"
