"""Requests in, takes out, on tiny weights: what a worker and the command see."""

from dataclasses import replace
from threading import Thread

import numpy as np
import pytest
import torch

from audiomusic.engines.acestep import engine as engines
from audiomusic.engines.acestep.batch_order import prepare
from audiomusic.engines.acestep.engine import AceStepEngine
from audiomusic.engines.base import SAMPLE_RATE_HZ, AudioTask, Cancelled, EngineError, Order, SongRequest
from audiomusic.engines.loudness import integrated_loudness, true_peak

#: Latents agree to 1e-4 (test_sampler), but mastering raises these quiet songs by tens of decibels.
MASTERED = 1e-3


@pytest.fixture(scope="session")
def turbo_engine(turbo_folder):
    return AceStepEngine(str(turbo_folder), device="cpu")


@pytest.fixture(scope="session")
def base_engine(base_folder):
    return AceStepEngine(str(base_folder), device="cpu")


def make_request(**wishes):
    values = {
        "kind": "song", "caption": "calm piano", "lyrics": "[Verse]\nla la la", "seeds": (7,),
        "duration_s": 3.0, "max_duration_s": 60.0, "calculate_quality": False,
        "options": {"inference_steps": 2},
    }  # fmt: skip
    return SongRequest(**(values | wishes))


class Desk:
    """Place orders and record their results."""

    def __init__(self):
        self.progress, self.takes, self.results, self.errors = [], [], [], []
        self.is_cancelled = False

    def order(self, request, audio=None):
        return Order(
            request, lambda stage, share: self.progress.append((stage, share)), lambda: self.is_cancelled,
            lambda finish: self.takes.append(finish()), self.results.append, self.errors.append, audio,
        )  # fmt: skip


def make(engine, request, audio=None):
    desk = Desk()
    engine.generate_batch([desk.order(request, audio)])
    if desk.errors:
        raise desk.errors[0]
    return desk


def test_takes_are_finished_by_others_while_the_engine_waits_for_them(turbo_engine):
    """As in a worker without room for more: its threads decode while the engine's thread waits."""
    finished = []

    def finish_elsewhere(finish):
        beside = Thread(target=lambda: finished.append(finish()), daemon=True)
        beside.start()
        beside.join(timeout=20)
        assert not beside.is_alive()

    desk = Desk()
    order = replace(desk.order(make_request(seeds=(7, 8))), on_take=finish_elsewhere)
    turbo_engine.generate_batch([order])
    assert desk.errors == []
    assert [take.index for take in finished] == [1, 2]


def test_a_song_is_made(turbo_engine):
    takes, seen = [], []
    result = turbo_engine.generate(
        make_request(
            seeds=(7, 8), calculate_quality=True, bpm=97.0, keyscale="F# Minor", timesignature="3/4"
        ),
        on_progress=lambda stage, share: seen.append((stage, share)),
        is_cancelled=lambda: False,
        on_take=takes.append,
    )
    assert [(take.index, take.seed, take.samples.shape) for take in takes] == [
        (1, 7, (2, 144_000)), (2, 8, (2, 144_000)),
    ]  # fmt: skip
    assert all(0 <= take.quality_score <= 1 for take in takes)
    assert seen[0] == ("planning", 0.0)
    assert [share for _, share in seen] == sorted(share for _, share in seen)
    assert (result.bpm, result.keyscale, result.timesignature) == (97.0, "F# Minor", "3/4")
    told = result.effective["told"]
    assert (told["bpm"], told["keyscale"], told["timesignature"]) == (97, "F# minor", "3")
    assert result.effective["sampling"]["inference_steps"] == 2
    assert result.effective["model"]["variant"] == "turbo"


def test_it_is_as_loud_as_every_song_here(turbo_engine):
    [take] = make(turbo_engine, make_request()).takes
    assert abs(integrated_loudness(take.samples) + 14) < 1
    assert true_peak(take.samples) <= 10 ** (-1 / 20)


def test_takes_that_are_made_together_are_the_same_alone(turbo_engine):
    together = Desk()
    requests = [make_request(seeds=(1, 2)), make_request(seeds=(3,), caption="loud rock", duration_s=4.4)]
    turbo_engine.generate_batch([together.order(request) for request in requests])
    assert [take.samples.shape[1] for take in together.takes] == [144_000, 144_000, 211_200]
    for take, request in zip(
        together.takes, [make_request(seeds=(1,)), make_request(seeds=(2,)), requests[1]], strict=True
    ):
        [alone] = make(turbo_engine, request).takes
        np.testing.assert_allclose(take.samples, alone.samples, atol=MASTERED)


def test_what_is_left_open_is_planned(turbo_engine):
    request = make_request(
        caption="",
        query="a sad waltz about rain",
        lyrics="",
        write_lyrics=True,
        duration_s=None,
        max_duration_s=8.0,
    )
    [result] = make(turbo_engine, request).results
    assert "rain" in result.caption and result.lyrics.startswith("[")
    assert result.bpm and result.keyscale and result.vocal_language == "en"
    assert result.effective["told"]["duration_s"] <= 8.0


def test_without_a_language_model_tempo_key_and_metre_are_invented_by_nobody(turbo_engine):
    [result] = make(turbo_engine, make_request()).results
    told = result.effective["told"]
    assert (told["bpm"], told["keyscale"], told["timesignature"]) == (None, None, None)
    assert (result.bpm, result.keyscale, result.timesignature) == (None, None, None)
    [result] = make(turbo_engine, make_request(bpm=97.0)).results
    assert (result.effective["told"]["bpm"], result.effective["told"]["keyscale"]) == (97, None)
    options = {"inference_steps": 2, "use_cot_metas": True}
    [result] = make(turbo_engine, make_request(options=options)).results
    assert result.bpm and result.keyscale and result.timesignature


def test_turbo_makes_up_to_20_steps(turbo_engine):
    [result] = make(turbo_engine, make_request(options={"inference_steps": 20})).results
    assert result.effective["sampling"]["inference_steps"] == 20
    assert "inference_steps" not in result.not_applied


def test_a_short_song_is_made_in_the_room_of_a_longer_one(turbo_engine):
    desk = Desk()
    work = prepare(turbo_engine.model, turbo_engine.planner, desk.order(make_request(duration_s=2.0)))
    assert (work.songs[0].frames, work.songs[0].samples) == (128, 16_000)
    assert make(turbo_engine, make_request(duration_s=2.0)).takes[0].samples.shape == (2, 96_000)
    source = AudioTask(task="cover", source=noise(2.2))
    work = prepare(turbo_engine.model, turbo_engine.planner, desk.order(make_request(), source))
    assert work.songs[0].frames == 56  # as long as its source


def test_ace_steps_own_folder_is_made_music_with(checkpoints):
    engine = AceStepEngine(str(checkpoints), variant="base", device="cpu")
    [result] = make(engine, make_request()).results
    assert result.effective["model"]["folder_name"] == "acestep-v15-base"
    assert engine.facts()["variant"] == "base"


def test_nobody_sings_in_an_instrumental(turbo_engine):
    [result] = make(turbo_engine, make_request(kind="instrumental", lyrics="")).results
    assert result.lyrics == ""
    assert result.effective["told"]["caption"] == "instrumental, calm piano"


def test_what_turbo_cannot_do_is_told(turbo_engine):
    options = {
        "inference_steps": 64, "guidance_scale": 7.0, "shift": 2.0, "infer_method": "sde", "thinking": True,
        "cfg_interval_start": 0.2,
    }  # fmt: skip
    [result] = make(turbo_engine, make_request(options=options, generate_lrc=True)).results
    assert set(result.not_applied) == {
        "inference_steps", "guidance_scale", "cfg_interval_start", "thinking", "generate_lrc"
    }  # fmt: skip
    sampling = result.effective["sampling"]
    assert (sampling["inference_steps"], sampling["guidance_scale"]) == (20, 1.0)
    assert (sampling["shift"], sampling["infer_method"]) == (2.0, "sde")


def test_base_is_guided(base_engine):
    options = {"inference_steps": 2, "guidance_scale": 4.0, "cfg_interval_end": 0.9}
    [result] = make(base_engine, make_request(options=options)).results
    assert result.not_applied == {}
    assert (result.effective["sampling"]["guidance_scale"], result.effective["sampling"]["shift"]) == (
        4.0,
        1.0,
    )


def test_words_beyond_what_the_model_reads_are_told(turbo_engine):
    request = make_request(caption="x" * 300, lyrics="la " * 1000, bpm=80.0)
    [result] = make(turbo_engine, request).results
    assert "tokens were not read" in result.not_applied["caption"]
    assert "tokens were not sung" in result.not_applied["lyrics"]
    assert result.lyrics == request.lyrics


def noise(duration_s=3.0, seed=0):
    count = round(duration_s * SAMPLE_RATE_HZ)
    return (0.1 * np.random.default_rng(seed).standard_normal((2, count))).astype(np.float32)


@pytest.mark.parametrize("task", ["cover", "repaint", "extract", "lego", "complete"])
def test_sound_that_exists_is_worked_on(task, base_engine):
    audio = AudioTask(task=task, source=noise(2.2), windows_s=((0.5, 1.0),), tracks=("drums",))
    once, again = (make(base_engine, make_request(), audio).takes[0].samples for _ in range(2))
    assert once.shape == (2, 105_600)
    np.testing.assert_array_equal(once, again)


def test_what_is_not_repainted_stays_as_it_was(turbo_engine):
    source = noise()
    audio = AudioTask(task="repaint", source=source, windows_s=((1.0, 2.0),))
    [take] = make(turbo_engine, make_request(), audio).takes
    assert take.samples.shape[1] == source.shape[1]
    np.testing.assert_array_equal(take.samples[:, :48_000], source[:, :48_000])
    np.testing.assert_array_equal(take.samples[:, 96_000:], source[:, 96_000:])
    assert not np.allclose(take.samples[:, 60_000:80_000], source[:, 60_000:80_000], atol=1e-2)


def test_a_timbre_is_borrowed(turbo_engine):
    plain = make(turbo_engine, make_request()).takes[0].samples
    borrowed = (
        make(turbo_engine, make_request(), AudioTask(task="text2music", reference=noise())).takes[0].samples
    )
    assert not np.array_equal(plain, borrowed)


@pytest.mark.parametrize(
    ("audio", "sentence"),
    [
        (AudioTask(task="lego", source=noise(1.0)), "turbo weights do not make lego"),
        (AudioTask(task="cover"), "cover needs a source"),
        (AudioTask(task="repaint", source=noise(1.0), windows_s=((5.0, 9.0),)), "a window within"),
    ],
)
def test_what_these_weights_cannot_make_is_refused(turbo_engine, audio, sentence):
    with pytest.raises(EngineError, match=sentence):
        make(turbo_engine, make_request(), audio)


def test_a_cover_without_the_audio_tokenizer(broken):
    import json

    index = json.loads((broken / "model_index.json").read_text())
    absent = {"audio_tokenizer": [None, None], "audio_token_detokenizer": [None, None]}
    (broken / "model_index.json").write_text(json.dumps(index | absent))
    engine = AceStepEngine(str(broken), device="cpu")
    with pytest.raises(EngineError, match="lack the audio tokenizer"):
        make(engine, make_request(), AudioTask(task="cover", source=noise(1.0)))
    assert make(engine, make_request()).takes


def test_weights_that_cannot_be_loaded_are_a_sentence_without_their_path(tmp_path, caplog):
    with pytest.raises(EngineError, match="cannot be loaded; the server's log says why") as caught:
        make(AceStepEngine(str(tmp_path)), make_request())
    assert caught.value.code == "weights_unusable"
    assert str(tmp_path) not in str(caught.value)
    assert f"{tmp_path} is not a model" in caplog.text
    assert AceStepEngine("").facts() == {"device": None}


@pytest.mark.parametrize("is_there", [False, True])
def test_a_planner_that_cannot_be_loaded_is_a_sentence_without_its_path(
    turbo_folder, tmp_path, caplog, is_there
):
    folder = tmp_path / "planner"
    if is_there:
        folder.mkdir()
        (folder / "config.json").write_text('{"model_type": "qwen3"}')
    with pytest.raises(EngineError, match="plans songs cannot be loaded") as caught:
        make(AceStepEngine(str(turbo_folder), device="cpu", planner_folder=str(folder)), make_request())
    assert caught.value.code == "planner_failed"
    assert str(tmp_path) not in str(caught.value) and str(folder) in caplog.text


def test_it_says_what_is_loaded(turbo_engine):
    assert turbo_engine.model
    facts = turbo_engine.facts()
    assert (facts["device"], facts["dtype"], facts["variant"]) == ("cpu", "float32", "turbo")
    assert facts["memory_bytes"] > 100_000


def test_who_cancels_leaves_alone_and_the_others_are_made(turbo_engine):
    leaving, staying = Desk(), Desk()

    def leave(stage, share):
        leaving.is_cancelled = leaving.is_cancelled or stage == "rendering"

    order = leaving.order(make_request())
    orders = [Order(**{**vars(order), "on_progress": leave}), staying.order(make_request(seeds=(9,)))]
    turbo_engine.generate_batch(orders)
    assert not leaving.takes and isinstance(leaving.errors[0], Cancelled)
    assert len(staying.takes) == 1 and not staying.errors
    [alone] = make(turbo_engine, make_request(seeds=(9,))).takes
    np.testing.assert_allclose(staying.takes[0].samples, alone.samples, atol=MASTERED)


def test_what_does_not_fit_is_made_in_halves_and_what_never_fits_fails_alone(turbo_engine, monkeypatch):
    sizes = []

    def greedy(model, songs, *rest, **more):
        sizes.append(len(songs))
        if len(songs) > 2 or any(song.seed == 13 for song in songs):
            raise torch.OutOfMemoryError("CUDA out of memory")
        return denoise(model, songs, *rest, **more)

    denoise = engines.denoise
    monkeypatch.setattr(engines, "denoise", greedy)
    desks = [Desk() for _ in range(4)]
    turbo_engine.generate_batch(
        [desk.order(make_request(seeds=(seed,))) for desk, seed in zip(desks, (11, 12, 13, 14), strict=True)]
    )
    assert sizes == [4, 2, 2, 1, 1]
    assert [len(desk.takes) for desk in desks] == [1, 1, 0, 1]
    assert desks[2].errors[0].code == "out_of_memory"


def test_a_mistake_costs_its_own_song_alone(turbo_engine, monkeypatch, caplog):
    def clumsy(model, songs, *rest, **more):
        if any(song.seed == 2 for song in songs):
            raise ZeroDivisionError("bad")
        return denoise(model, songs, *rest, **more)

    denoise = engines.denoise
    monkeypatch.setattr(engines, "denoise", clumsy)
    good, bad = Desk(), Desk()
    turbo_engine.generate_batch([good.order(make_request(seeds=(1,))), bad.order(make_request(seeds=(2,)))])
    assert len(good.takes) == 1 and isinstance(bad.errors[0], ZeroDivisionError)
    assert "ZeroDivisionError" in caplog.text


def test_requests_fit_together_by_what_they_must_share(turbo_engine):
    fit = turbo_engine.fit(make_request(seeds=(1, 2)))
    assert fit.seconds == 6.0
    assert fit.key == turbo_engine.fit(make_request(caption="else", bpm=80.0, duration_s=9.0)).key
    assert fit.key != turbo_engine.fit(make_request(options={"inference_steps": 3})).key


def test_a_batch_has_room_for_so_many_seconds(turbo_folder, monkeypatch):
    sizes = []

    def counting(model, songs, *rest, **more):
        sizes.append(len(songs))
        return denoise(model, songs, *rest, **more)

    denoise = engines.denoise
    monkeypatch.setattr(engines, "denoise", counting)
    make(AceStepEngine(str(turbo_folder), device="cpu", batch_s=11.0), make_request(seeds=(1, 2, 3)))
    assert sizes == [2, 1]  # each takes the room of 5.12 s


def test_it_is_warmed_up_before_the_first_user(turbo_folder, caplog):
    engine = AceStepEngine(str(turbo_folder), device="cpu", warms_up="on")
    with caplog.at_level("INFO"):
        engine.warm_up()
    assert engine.facts()["device"] == "cpu" and "ACE-Step is warm" in caplog.messages


@pytest.mark.parametrize("when", ["off", "auto"])
def test_without_a_card_nothing_is_loaded_before(turbo_folder, when):
    engine = AceStepEngine(str(turbo_folder), device="cpu", warms_up=when)
    engine.warm_up()
    assert engine.facts() == {"device": None}


def test_weights_that_cannot_be_loaded_leave_the_worker_alive(tmp_path, caplog):
    with caplog.at_level("INFO"):
        AceStepEngine(str(tmp_path), device="cpu", warms_up="on").warm_up()
    assert "but for" in caplog.messages[-1]
