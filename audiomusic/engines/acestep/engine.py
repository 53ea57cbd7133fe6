"""The ACE-Step engine: turns requests into plans, denoises latents in batches, and decodes them to audio."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import RLock
from typing import Any

import torch

from audiomusic.engines.acestep.adapters import AdapterRack
from audiomusic.engines.acestep.batch_order import BatchOrder, Take, batches, prepare, together
from audiomusic.engines.acestep.finishing import Lines, finish_take
from audiomusic.engines.acestep.folder import Quantization, WeightsError
from audiomusic.engines.acestep.memory import (
    TOO_LARGE,
    explain_out_of_memory,
    free_memory,
    is_lost,
    is_out_of_memory,
    release_tensors,
)
from audiomusic.engines.acestep.model_input import ModelInput, Sampling
from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.lyric_alignment import timed_lines
from audiomusic.engines.acestep.network.model import Model, load_model, pick_device
from audiomusic.engines.acestep.network.sampler import denoise
from audiomusic.engines.acestep.network.streams import OwnStream
from audiomusic.engines.acestep.network.vae import Samples
from audiomusic.engines.acestep.planner.base import PlannerError
from audiomusic.engines.acestep.planner.hearing import Understanding, understand
from audiomusic.engines.acestep.plans import HearingPlanner, SongPlanner, StudioPlanner, sampling_of
from audiomusic.engines.acestep.threads import ALL_CORES, use_cores
from audiomusic.engines.acestep.variants import Trial
from audiomusic.engines.acestep.warm_up import silent_order, warm_up_requests
from audiomusic.engines.base import (
    AudioTask,
    CancelCheck,
    Cancelled,
    EngineError,
    Fit,
    Order,
    ProgressReport,
    SongRequest,
    SongResult,
    TakeResult,
    TakeSink,
)

log = logging.getLogger(__name__)

#: Messages that users read; the paths of the weights only go to the log.
WEIGHTS_UNUSABLE = "The weights of the ACE-Step engine cannot be loaded; the server's log says why."
WEIGHTS_TOO_LARGE = "The weights do not fit into this machine's memory; the server's log says more."
PLANNER_UNUSABLE = "The language model that plans songs cannot be loaded; the server's log says why."


LISTENING_WAIT_S = 60.0  # how long to wait for the running batch


def end_process() -> None:
    """Ask this process to end, as the supervisor does; the cluster then starts another."""
    signal.raise_signal(signal.SIGTERM)


class AceStepEngine:
    """The engine for ACE-Step's weights, which it loads on first use and keeps. On one machine the same
    request and seed give the same song, whatever else is in the batch."""

    name = "acestep"
    version = "1.5"

    def __init__(
        self,
        folder: str = "",
        *,
        variant: str = "",
        device: str = "auto",
        dtype: str = "auto",
        compiled: str = "auto",
        memory_gib: float | None = None,
        quantization: Quantization = "auto",
        batch_s: float = 480.0,
        planner_folder: str = "",
        trials: tuple[Trial, ...] = (),
        warms_up: str = "auto",
        leave: Callable[[], None] = end_process,
    ) -> None:
        """`leave` is called, after the songs are put back in the queue, if the card stops responding."""
        self._leave = leave
        self.folder = folder
        self.planner_folder = planner_folder
        self.batch_s = batch_s
        self.trials = trials
        self._warms_up = warms_up
        self._planner: SongPlanner | None = None
        self._how: dict[str, Any] = {
            "variant": variant, "device": device, "dtype": dtype, "compiled": compiled,
            "memory_gib": memory_gib, "quantization": quantization, "planner_folder": planner_folder,
        }  # fmt: skip
        self._model: Model | None = None
        self._rack: AdapterRack | None = None
        self._is_lost = False
        self._at_work = RLock()  # held while making songs and while analysing audio
        self._planning = RLock()  # serialises planning; code that needs both locks takes this one last

    @property
    def model(self) -> Model:
        """Return the model, loading the weights if necessary. Raises EngineError. Once it is loaded, callers
        do not wait for the running songs, which may themselves wait for a thread that decodes beside them."""
        if self._model is not None:
            return self._model
        with self._at_work:
            return self._loaded()

    def _loaded(self) -> Model:
        if self._model is None:
            try:
                self._model = load_model(self.folder, **self._how)
            except WeightsError as error:
                log.error("The weights cannot be loaded: %s", error)
                raise EngineError(WEIGHTS_UNUSABLE, "weights_unusable") from error
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                log.error("The weights do not fit into the memory that is free: %s", error)
                release_tensors(error)
                free_memory()
                raise EngineError(WEIGHTS_TOO_LARGE, "out_of_memory") from None
            self._rack = AdapterRack(self._model.pipe)
        return self._model

    @property
    def planner(self) -> SongPlanner:
        """Return the planner, loading it if necessary: the language model if its folder is set, otherwise the
        studio's planner. Raises EngineError."""
        if self._planner is None:
            self._planner = self._load_planner() if self.planner_folder else StudioPlanner()
        return self._planner

    def _load_planner(self) -> SongPlanner:
        from audiomusic.engines.acestep.planner.loader import load_planner
        from audiomusic.engines.acestep.planner.songs import LanguageModelSongs

        model = self.model
        try:
            stays = model.placement.stay == "all"
            language_model = load_planner(
                self.planner_folder,
                model.device,
                model.dtype,
                stays=stays,
                is_quantized=model.is_quantized,
                records=model.placement.records and self._how["compiled"] != "off",
            )
        except PlannerError as error:
            log.error("The planner in %s cannot be loaded: %s", self.planner_folder, error)
            raise PlannerError(PLANNER_UNUSABLE) from error
        language_model.takes_at_once = model.placement.takes_planned
        model.residents.add("planner", language_model.model)
        stream = OwnStream(model.device)

        @contextmanager
        def at_work() -> Iterator[None]:
            with model.at_work("planner"), stream.used():
                yield

        return LanguageModelSongs(language_model, codes=model.facts.has_audio_tokens, at_work=at_work)

    def facts(self) -> dict[str, Any]:
        """Describe what is loaded, for status reports. Loads nothing."""
        model = self._model
        if model is None:
            return {"device": None}
        return {
            "device": str(model.device),
            "dtype": str(model.dtype).removeprefix("torch."),
            "quantization": model.quantization,
            "variant": model.facts.variant.name,
            "memory_bytes": model.byte_count,
            "placement": model.placement.name,
            "planner": "studio" if isinstance(self._planner, StudioPlanner | None) else "language model",
        }

    @property
    def plans_ahead(self) -> bool:
        """Whether the next songs can be planned while these are rendered. Not without a GPU, where both need
        the same cores. The studio's planner runs on the CPU; the language model needs a card with room for
        both."""
        if self._model is None or self._planner is None:
            return False  # the first songs load them
        if self._model.device.type == "cpu":
            return False
        if isinstance(self._planner, StudioPlanner):
            return True
        return self._model.device.type == "cuda" and self._model.placement.plans_beside

    def fit(self, request: SongRequest) -> Fit:
        sampling = sampling_of(request, self.model.facts.variant, {}, self.trials)
        return Fit(sampling, len(request.seeds) * (request.duration_s or request.max_duration_s))

    def generate(
        self,
        request: SongRequest,
        *,
        on_progress: ProgressReport,
        is_cancelled: CancelCheck,
        on_take: TakeSink,
    ) -> SongResult:
        return self._one(request, None, on_progress, is_cancelled, on_take)

    def work_on_sound(
        self,
        request: SongRequest,
        audio: AudioTask,
        *,
        on_progress: ProgressReport,
        is_cancelled: CancelCheck,
        on_take: TakeSink,
    ) -> SongResult:
        return self._one(request, audio, on_progress, is_cancelled, on_take)

    def _one(
        self,
        request: SongRequest,
        audio: AudioTask | None,
        on_progress: ProgressReport,
        is_cancelled: CancelCheck,
        on_take: TakeSink,
    ) -> SongResult:
        results: list[SongResult] = []
        errors: list[Exception] = []

        def keep(finish: Callable[[], TakeResult]) -> None:
            on_take(finish())

        order = Order(request, on_progress, is_cancelled, keep, results.append, errors.append, audio)
        self.generate_batch([order])
        if errors:
            raise errors[0]
        return results[0]

    def warm_up(self) -> None:
        """Load the weights and compile before the first user has to wait for it. The output is discarded, and
        errors are left for the first song to report. With "auto", only on a card."""
        if self._warms_up == "off" or (
            self._warms_up == "auto" and pick_device(self._how["device"]).type == "cpu"
        ):
            return
        errors: list[Exception] = []
        for batch in warm_up_requests():
            self.generate_batch([silent_order(request, errors) for request in batch])
        log.info("ACE-Step is warm%s", f", but for {errors[0]!r}" if errors else "")

    def understand(self, samples: Samples) -> Understanding | None:
        """Return what the language model hears in audio at 48 kHz, [1 or 2, n]. Returns None without a
        language model, or if songs keep the engine busy. Raises EngineError."""
        if not self.planner_folder or not self._at_work.acquire(timeout=LISTENING_WAIT_S):
            return None
        try:
            model, songs = self.model, self.planner
            if not model.facts.has_audio_tokens or not isinstance(songs, HearingPlanner):
                return None
            with self._planning, use_cores(ALL_CORES), explain_out_of_memory():
                return understand(model, songs.listening, samples)
        finally:
            self._at_work.release()

    def generate_batch(self, orders: Sequence[Order]) -> None:
        """Plan and render the orders. Never raises for an error of a single order."""
        with self._at_work:
            self.make_batch(self.plan_batch(orders))

    def plan_batch(self, orders: Sequence[Order]) -> list[BatchOrder]:
        """Plan the orders; with `plans_ahead`, in another thread than `make_batch`. An order that cannot be
        planned ends here."""
        with ExitStack() as alone:
            if not self.plans_ahead:  # loads weights, or the language model needs the songs' memory
                alone.enter_context(self._at_work)
                alone.enter_context(use_cores(ALL_CORES))
            alone.enter_context(self._planning)
            return [work for order in orders if (work := self._prepared(order)) is not None]

    def make_batch(self, works: Sequence[BatchOrder]) -> None:
        """Render the planned orders, batching the takes of all of them. Never raises for an error of a single
        order."""
        with self._at_work, use_cores(ALL_CORES):
            for sampling, takes in together(works).items():
                batch_s = min(self.batch_s, self.model.placement.batch_s)
                for batch in batches(takes, batch_s * self.model.frames_per_s):
                    self._make(batch, sampling, works)
        if self._is_lost:  # another process can continue, also with these songs
            for work in works:
                work.fail(Cancelled())
            self._leave()

    def _explained(self, error: Exception) -> Exception:
        """Return the error that the user sees; the log has the details. Frees the tensors of the failed
        attempt."""
        problem = error
        if self._model is not None and is_lost(error, self._model.device):
            self._is_lost, problem = True, Cancelled()
            log.critical("The graphics card answers no more, and this process ends: %s", error)
        elif is_out_of_memory(error):
            problem = EngineError(TOO_LARGE, "out_of_memory")
        else:
            _log_unless_explained(error)
        release_tensors(error)
        return problem

    def _prepared(self, order: Order) -> BatchOrder | None:
        try:
            order.on_progress("planning", 0.0)
            if self._is_lost or order.is_cancelled():
                raise Cancelled
            return prepare(self.model, self.planner, order, self.trials)
        except Exception as error:
            order.on_error(self._explained(error))
        free_memory()
        return None

    def _make(self, takes: list[Take], sampling: Sampling, works: Sequence[BatchOrder]) -> None:
        """Render the takes together; if that fails, split them in halves until the failing take is alone."""
        takes = [take for take in takes if take[0].is_open]
        if not takes or self._is_lost:
            return
        try:
            self._make_together(takes, sampling, works)
            return
        except Exception as error:
            problem = self._explained(error)
        free_memory()
        if len(takes) == 1:
            takes[0][0].fail(problem)
            return
        log.warning("A batch of %d takes failed and is made in halves: %r", len(takes), problem)
        middle = len(takes) // 2
        self._make(takes[:middle], sampling, works)
        self._make(takes[middle:], sampling, works)

    def _make_together(self, takes: list[Take], sampling: Sampling, works: Sequence[BatchOrder]) -> None:
        assert self._rack is not None
        self._rack.use(*sampling.adapters)
        songs = [work.songs[number] for work, number in takes]
        shares = {id(work): sum(other is work for other, _ in takes) for work, _ in takes}

        def on_step(done: int, total: int) -> None:
            for work in works:  # so that waiting orders do not look stuck either
                if work.is_open:
                    work.report(shares.get(id(work), 0) * done / total)

        def dropped() -> frozenset[int]:
            return frozenset(place for place, (work, _) in enumerate(takes) if not work.is_wanted())

        try:
            latents = denoise(self.model, songs, sampling, on_step=on_step, dropped=dropped)
        except Cancelled:
            return  # each order has already ended itself
        # On a CPU, several songs are decoded in parallel, one per core, while the next batch is denoised.
        beside = self.model.device.type == "cpu" and len(latents) >= ALL_CORES
        for place, found in latents.items():
            work, number = takes[place]
            if work.is_wanted():
                try:
                    self._hand_over(work, number, found, beside=beside)
                except Exception as error:  # concerns this song only; the rest of the batch is done
                    work.fail(self._explained(error))

    def _hand_over(self, work: BatchOrder, number: int, latents: torch.Tensor, *, beside: bool) -> None:
        song: ModelInput = work.songs[number]
        sounded = partial(self._decoded, latents, song.samples)
        lines = self._timed_lines(song, latents, work.sampling.steps)
        if not beside:
            sounded = partial(_same, sounded())
        finish = partial(finish_take, work.order, number, song, sounded, self.model.sample_rate_hz)
        work.take_done(partial(finish, lines=lines, title=work.result.title or ""))

    def _timed_lines(self, song: ModelInput, latents: torch.Tensor, steps: int) -> Lines:
        if not song.is_timed:
            return ()
        return timed_lines(self.model, song, latents, steps)

    def _decoded(self, latents: torch.Tensor, samples: int) -> Samples:
        """Decode one take to audio. Raises EngineError if memory runs out."""
        with explain_out_of_memory():
            return vae.decode(self.model, latents, samples)


def _same(wave: Samples) -> Samples:
    return wave


def _log_unless_explained(error: Exception) -> None:
    """Log errors that do not carry a message for the user."""
    if not isinstance(error, EngineError | Cancelled):
        log.error("A song could not be made", exc_info=error)
