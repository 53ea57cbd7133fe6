from io import StringIO

import pytest
from django.core.management import call_command

from presets.models import Adapter
from tests.support.acestep_weights import turbo_folder  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def models():
    """models(*arguments): what the command says, and whether it is content."""

    def run(*arguments):
        out = StringIO()
        try:
            call_command("models", *arguments, stdout=out)
        except SystemExit as end:
            return out.getvalue(), end.code == 0
        return out.getvalue(), True

    return run


def test_it_lists_what_is_there(models, settings, turbo_folder):  # noqa: F811
    settings.ACESTEP_DIR = str(turbo_folder)
    Adapter.objects.create(name="Rain", folder="/adapters/rain", is_active=False)
    told, _ = models()
    assert "Weights: turbo" in told and "Makes text2music, cover, repaint." in told
    assert "8 steps, guidance 1, shift 3." in told and "for covers: there" in told
    assert "Adapter Rain: /adapters/rain (switched off)." in told


def test_it_lists_nothing_where_nothing_is(models):
    told, is_content = models("list")
    assert "Folder: none is set." in told and "models path" in told and is_content


def test_it_checks_by_loading(models, settings, turbo_folder):  # noqa: F811
    settings.ACESTEP_DIR, settings.ACESTEP_DEVICE = str(turbo_folder), "cpu"
    assert models("check") == ("The weights load and are in order.\n", True)
    assert models("check", "--quick") == ("The weights are in order.\n", True)


def test_it_is_not_content_with_anything_less(models, settings, tmp_path):
    settings.ACESTEP_DIR = str(tmp_path)
    told, is_content = models("check")
    assert "is not a model" in told and not is_content


def test_a_device_that_is_not_there_is_found_by_loading(models, settings, turbo_folder):  # noqa: F811
    settings.ACESTEP_DIR, settings.ACESTEP_DEVICE = str(turbo_folder), "cuda:99"
    told, is_content = models("check")
    assert "cannot be used" in told and not is_content


def test_it_tells_how_to_get_weights(models, settings):
    told, _ = models("path")
    folder = settings.DATA_DIR / "weights"
    assert "make acestep" in told
    assert f"hf download Runware/acestep-v15-turbo-diffusers --local-dir {folder}/acestep" in told
    assert f"AUDIOMUSIC_ACESTEP_DIR={folder}/acestep-v15-turbo-diffusers" in told
