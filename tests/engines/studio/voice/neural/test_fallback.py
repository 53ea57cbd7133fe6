"""Where the network cannot sing, espeak does, and the song says so."""

from importlib.metadata import PackageNotFoundError

import pytest

from audiomusic.engines.base import SongRequest, silent_monitor
from audiomusic.engines.hibari import package as hibari_package
from audiomusic.engines.hibari.package import MODEL_FILE, assets_folder, singing_problems
from audiomusic.engines.studio.engine import StudioEngine
from audiomusic.engines.studio.voice import choose_reader, sing, syllabify
from audiomusic.engines.studio.voice.neural import network, reading
from tests.engines.studio.voice_scores import song_of


@pytest.fixture(autouse=True)
def loaded_again():
    """Let each test load the network as it finds it, and leave nothing of it behind."""
    forget()
    yield
    forget()


def forget():
    network._loaded.cache_clear()
    reading._read.cache_clear()


def uninstall(monkeypatch, name):
    def version(package):
        if package == name:
            raise PackageNotFoundError(package)
        return {"hibari-tts": "0.2.1"}.get(package, "1")

    monkeypatch.setattr(hibari_package, "version", version)


def break_file(monkeypatch, folder, change):
    """Link the package's files, and apply `change` to the network's file."""
    assets = assets_folder()
    for path in assets.iterdir():
        (folder / path.name).symlink_to(path)
    broken = folder / MODEL_FILE
    broken.unlink()
    broken.write_bytes(change((assets / MODEL_FILE).read_bytes()))
    for module in (hibari_package, network):
        monkeypatch.setattr(module, "assets_folder", lambda: folder)


def test_all_is_in_order_as_it_is_installed():
    assert singing_problems() == []


@pytest.mark.parametrize("package", ["hibari-tts", "onnxruntime"])
def test_a_package_that_is_not_installed_is_named_and_espeak_sings(monkeypatch, caplog, package):
    uninstall(monkeypatch, package)
    assert choose_reader("en") == "espeak"
    assert f"the package {package}, but it is not installed" in caplog.text
    assert singing_problems() == [
        f"Expected the package {package}, but it is not installed. Until then, espeak sings English."
    ]


def test_another_version_is_not_sung_with(monkeypatch):
    monkeypatch.setattr(hibari_package, "version", lambda package: "0.3.0")
    assert singing_problems() == ["Expected hibari-tts 0.2.1, got 0.3.0. Until then, espeak sings English."]


@pytest.mark.parametrize(
    "change",
    [lambda model: model[:-1000], lambda model: model[:5000] + b"\0" + model[5001:], lambda model: b""],
    ids=["cut short", "one byte", "empty"],
)
def test_a_broken_file_is_not_sung_with(monkeypatch, tmp_path, change):
    break_file(monkeypatch, tmp_path, change)
    assert choose_reader("en") == "espeak"
    [problem] = singing_problems()
    assert "got another file (SHA-256" in problem


def test_a_package_that_fails_in_its_own_way_is_none(monkeypatch, tmp_path, caplog):
    break_file(monkeypatch, tmp_path, lambda model: model)
    (tmp_path / "vocab.json").unlink()
    (tmp_path / "vocab.json").write_text("{")
    assert choose_reader("en") == "espeak"
    assert "cannot be loaded: JSONDecodeError" in caplog.text


def test_a_score_for_the_network_is_sung_by_espeak_without_it(monkeypatch):
    texts = ["walking to the river"]
    score = song_of(texts, reader="hibari")
    uninstall(monkeypatch, "hibari-tts")
    forget()
    [clip] = sing(score, silent_monitor())
    assert [word.text for word in clip.words] == texts[0].split()
    assert syllabify(texts, "en", "hibari") == syllabify(texts, "en", "espeak")


def test_a_song_says_that_it_was_sung_by_espeak_and_why(monkeypatch):
    uninstall(monkeypatch, "hibari-tts")
    take, result = make_song()
    assert result.effective["voice_fallback"] == {
        "1": "Expected the package hibari-tts, but it is not installed."
    }
    assert take.score["exact"]["score"]["reader"] == "espeak"
    assert "hibari-tts" not in take.made_with


def test_a_song_that_the_network_sang_names_what_it_was_sung_with():
    take, result = make_song()
    assert "voice_fallback" not in result.effective
    assert take.score["exact"]["score"]["reader"] == "hibari"
    assert take.made_with["hibari-tts"] == "0.2.1" and take.made_with["onnxruntime"]


def make_song():
    takes = []
    request = SongRequest(
        kind="vocals", caption="", lyrics="[Verse]\nThe river runs", seeds=(1,), duration_s=4.0,
        max_duration_s=4.0, calculate_quality=False,
    )  # fmt: skip
    result = StudioEngine().generate(
        request, on_progress=lambda *_: None, is_cancelled=lambda: False, on_take=takes.append
    )
    return takes[0], result
