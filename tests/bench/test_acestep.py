import pytest
from django.core.management import CommandError, call_command

from audiomusic.bench.engine import token_steps
from audiomusic.bench.engine.acestep import STAGES, _add_split, bare_figures
from audiomusic.bench.report import Report
from tests.support.acestep_weights import turbo_folder  # noqa: F401


def test_it_times_the_loop_and_every_stage(turbo_folder):  # noqa: F811
    figures = bare_figures(str(turbo_folder), 2.0, 1)
    assert set(figures) == {
        "text_s", "denoise_s", "decode_s", "finish_s", "encode_s", "first_s", "loop_s", "peak_gib"
    }  # fmt: skip
    assert min(figures.values()) > 0


def test_the_shares_of_the_stages_make_a_whole():
    report = Report()
    _add_split(report, "tiny", {f"{stage}_s": 2.0 for stage in STAGES} | {"peak_gib": 1.0})
    shares = [figure for name, figure in report.figures.items() if name.endswith("_percent")]
    assert shares == [20.0] * 5


def test_it_times_the_language_models_steps(monkeypatch):
    monkeypatch.setattr(token_steps, "TOKENS", 3)
    figures = token_steps.token_figures()
    assert set(figures) == {
        f"planner_tokens_a_second_{way}_{rows}" for way in ("growing", "fixed") for rows in (1, 4)
    }
    assert min(figures.values()) > 0


def test_only_the_engine_is_measured_by_engine():
    with pytest.raises(CommandError, match="--engine is no option of queue: only engine can do that"):
        call_command("bench", "queue", "--engine", "acestep")
