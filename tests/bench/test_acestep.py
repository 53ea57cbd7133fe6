import pytest
from django.core.management import CommandError, call_command

from audiomusic.bench.engine.acestep import bare_figures
from tests.support.acestep_weights import turbo_folder  # noqa: F401


def test_it_times_the_loop_and_every_stage(turbo_folder):  # noqa: F811
    figures = bare_figures(str(turbo_folder), 2.0, 1)
    assert set(figures) == {
        "text_s", "denoise_s", "decode_s", "finish_s", "encode_s", "first_s", "loop_s"
    }  # fmt: skip
    assert min(figures.values()) > 0


def test_only_the_engine_is_measured_by_engine():
    with pytest.raises(CommandError, match="--engine is no option of queue: only engine can do that"):
        call_command("bench", "queue", "--engine", "acestep")
