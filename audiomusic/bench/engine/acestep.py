"""What the server adds to the neural pipeline's time, or saves: jobs through the whole server, compared with
the stock pipeline in a simple loop, on the same machine in the same run.

Without a GPU it uses tiny random weights; with one, random weights of the real 2B turbo model, because speed
does not depend on their values.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from audiomusic.bench.engine.token_steps import add_token_steps
from audiomusic.bench.report import Report
from audiomusic.devtools.acestep_weights import REAL_2B, TINY_48K, save_weights
from audiomusic.devtools.scratch_server import HIGH_RATES, ROOT, ScratchServer
from audiomusic.engines.acestep.folder import Quantization

JOBS = 20
TINY_S = 10.0
MOST_OVERHEAD = 0.10
LEAST_TIMES_STOCK = 2.0
COMPUTE_FLOOR_240_S = 0.107  # eight steps of 240 s at 790 TFLOP/s
LEAST_BUSY_PERCENT = 85.0
CAPTION = "warm folk song, acoustic guitar"

#: Songs of one length: name -> (seconds of each, number through the server, number in the loop).
GPU_RUNS = {"60s": (60.0, 64, 8), "240s": (240.0, 24, 4)}
READY_TIMEOUT_S = 600.0
STAGES = ("text", "denoise", "decode", "finish", "encode")
TIERS_GIB = (4, 8, 16)  # GPU memory sizes in which a song of 240 s is made
INT8_TIERS_GIB = (2, 6)  # the same with 8-bit weights


def run() -> Report:
    import torch

    report = Report()
    measure = _measure_gpu if torch.cuda.is_available() else _measure_cpu
    with tempfile.TemporaryDirectory(prefix="audiomusic-weights-") as name:
        measure(report, Path(name) / "turbo")
    add_token_steps(report)
    return report


def _measure_cpu(report: Report, folder: Path) -> None:
    save_weights(folder, size=TINY_48K)
    bare = measure_bare(folder, TINY_S, JOBS)
    with NeuralServer(folder) as server:
        server_s = server.make(TINY_S, JOBS)
    report.add("tiny_loop_20_jobs_s", bare["loop_s"])
    report.add("tiny_server_20_jobs_s", server_s)
    report.add("tiny_server_overhead", server_s / bare["loop_s"] - 1.0, at_most=MOST_OVERHEAD)
    report.add("tiny_songs_an_hour", 3600 * JOBS / server_s)
    report.add("tiny_loop_songs_an_hour", 3600 * JOBS / bare["loop_s"])
    _add_split(report, "tiny", bare)


def _measure_gpu(report: Report, folder: Path) -> None:
    save_weights(folder, size=REAL_2B, dtype="bfloat16")
    bare = {name: measure_bare(folder, song_s, loops) for name, (song_s, _, loops) in GPU_RUNS.items()}
    floor = {"at_most": 3 * COMPUTE_FLOOR_240_S}
    for name, figures in bare.items():
        _add_split(report, name, figures, **(floor if name == "240s" else {}))
    for memory_gib in TIERS_GIB:
        peak_gib = measure_bare(folder, 240.0, 0, memory_gib)["peak_gib"]
        report.add(f"peak_gib_in_{memory_gib}", peak_gib, at_most=float(memory_gib))
    for memory_gib in INT8_TIERS_GIB:
        figures = measure_bare(folder, 240.0, 0, memory_gib, "int8")
        report.add(f"int8_peak_gib_in_{memory_gib}", figures["peak_gib"], at_most=float(memory_gib))
        report.add(f"int8_denoise_s_in_{memory_gib}", figures["denoise_s"])
    with NeuralServer(folder) as server:
        report.add("one_song_240s_s", server.make(240.0, 1))
        report.add("loop_one_song_240s_s", bare["240s"]["first_s"])
        for name, (song_s, jobs, loops) in GPU_RUNS.items():
            with GpuWatch() as watch:
                server_s = server.make(song_s, jobs)
            an_hour = 3600 * jobs / server_s
            loop_an_hour = 3600 * loops / bare[name]["loop_s"]
            report.add(f"songs_an_hour_{name}", an_hour)
            report.add(f"loop_songs_an_hour_{name}", loop_an_hour)
            report.add(f"times_loop_{name}", an_hour / loop_an_hour, at_least=LEAST_TIMES_STOCK)
            report.add(f"gpu_busy_percent_{name}", watch.busy_percent, at_least=LEAST_BUSY_PERCENT)


def _add_split(report: Report, name: str, figures: dict[str, float], **bounds: float) -> None:
    whole_s = sum(figures[f"{stage}_s"] for stage in STAGES)
    for stage in STAGES:
        limits = bounds if stage == "denoise" else {}
        report.add(f"{name}_{stage}_s", figures[f"{stage}_s"], **limits)
        report.add(f"{name}_{stage}_percent", 100 * figures[f"{stage}_s"] / whole_s)
    report.add(f"{name}_peak_gib", figures["peak_gib"])


def measure_bare(
    folder: Path, song_s: float, songs: int, memory_gib: int = 0, quantization: Quantization = "none"
) -> dict[str, float]:
    """In a separate process, measure the stock pipeline's seconds for this many songs one by one, and the
    seconds of each of our stages for one song, with the peak memory of the GPU, or of the machine without
    one.

    `memory_gib` limits the GPU memory; 0 uses what is free.
    """
    words = [str(folder), str(song_s), str(songs), str(memory_gib), quantization]
    done = subprocess.run(
        [sys.executable, "-m", "audiomusic.bench.engine.acestep", *words],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def bare_figures(
    folder: str, song_s: float, songs: int, memory_gib: int = 0, quantization: Quantization = "none"
) -> dict[str, float]:
    from audiomusic.engines.acestep.network.model import load_model

    model = load_model(folder, memory_gib=memory_gib or None, quantization=quantization)
    stages = _stage_figures(model, song_s)
    stages["peak_gib"] = _peak_gib(model.device)
    if not songs:
        return stages
    loop = _stock_loop(folder, model.dtype, model.device)
    loop(song_s, 7)  # the first call warms up caches and kernels
    started_at = time.perf_counter()
    loop(song_s, 7)
    first_s = time.perf_counter() - started_at
    started_at = time.perf_counter()
    for seed in range(songs):
        loop(song_s, seed)
    return stages | {"first_s": first_s, "loop_s": time.perf_counter() - started_at}


def _peak_gib(device: Any) -> float:
    import torch

    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _stock_loop(folder: str, dtype: Any, device: Any) -> Callable[[float, int], None]:
    """Return a call of the pipeline as in its documentation, with the audio written to a file."""
    import torch
    from diffusers import AceStepPipeline

    from audiomusic.engines.encoding import encode

    pipe = AceStepPipeline.from_pretrained(folder, dtype=dtype, local_files_only=True).to(device)
    pipe.set_progress_bar_config(disable=True)

    def make(song_s: float, seed: int) -> None:
        wave = pipe(
            prompt=CAPTION, lyrics="[Instrumental]", audio_duration=song_s, num_inference_steps=8,
            guidance_scale=1.0, generator=torch.Generator().manual_seed(seed),
        ).audios.float().cpu()  # fmt: skip
        with tempfile.NamedTemporaryFile(suffix=".flac") as file:
            encode(wave[0].numpy(), file.name, "flac", sample_rate_hz=pipe.sample_rate)

    return make


def _stage_figures(model: Any, song_s: float) -> dict[str, float]:
    """Return the seconds of each stage for one song, the better of two runs."""
    from audiomusic.engines.acestep.model_input import ModelInput, Sampling, frames_of
    from audiomusic.engines.acestep.network import vae
    from audiomusic.engines.acestep.network.conditions import encode_conditions
    from audiomusic.engines.acestep.network.sampler import denoise
    from audiomusic.engines.acestep.threads import use_cores
    from audiomusic.engines.base import SAMPLE_RATE_HZ, silent_monitor
    from audiomusic.engines.encoding import encode
    from audiomusic.engines.studio.master import level

    samples = round(song_s * model.sample_rate_hz)
    song = ModelInput(CAPTION, "[Instrumental]", "unknown", 7, samples, frames_of(samples, model.hop), song_s)
    kept: dict[str, Any] = {}

    def denoised() -> None:
        sampling = Sampling(steps=8, shift=3.0)
        kept["latents"] = denoise(
            model, [song], sampling, on_step=lambda done, total: None, dropped=frozenset
        )[0]

    def decoded() -> None:
        wave = vae.decode(model, kept["latents"], samples)
        kept["wave"] = vae.resample(wave, model.sample_rate_hz, SAMPLE_RATE_HZ)

    def finished() -> None:
        with use_cores(1):
            level(kept["wave"].copy(), False, silent_monitor())

    with tempfile.TemporaryDirectory() as name:
        stages: dict[str, Callable[[], Any]] = {
            "text": lambda: encode_conditions(model, [song]),
            "denoise": denoised,
            "decode": decoded,
            "finish": finished,
            "encode": lambda: encode(kept["wave"], Path(name) / "song.flac", "flac"),
        }
        return {f"{stage}_s": min(_seconds(act, model.device) for _ in "12") for stage, act in stages.items()}


def _seconds(act: Callable[[], Any], device: Any) -> float:
    import torch

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    wait()
    started_at = time.perf_counter()
    act()
    wait()
    return time.perf_counter() - started_at


class NeuralServer(ScratchServer):
    """A server that uses the weights in `folder`; entering it waits until they are loaded."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            database_url=None, folder=None, AUDIOMUSIC_ENGINE="acestep",
            AUDIOMUSIC_ACESTEP_DIR=str(folder), **HIGH_RATES,
        )  # fmt: skip

    def __enter__(self) -> NeuralServer:
        super().__enter__()
        self.make(2.0, 1)
        return self

    def make(self, song_s: float, jobs: int) -> float:
        """Request all jobs at once, and return the seconds from the first start to the last end."""
        body = {"prompt": CAPTION, "duration": song_s, "seed": 7, "calculate_quality": False}
        ids = [
            self.call("POST", "/api/v1/music/prompt2instrumental", body)[1]["job"]["id"] for _ in range(jobs)
        ]
        done = [
            self.wait_for(one, "COMPLETED", "FAILED", "CANCELLED", timeout_s=READY_TIMEOUT_S) for one in ids
        ]
        for job in done:
            if job["status"] != "COMPLETED":
                raise RuntimeError(f"job {job['id']} ended as {job['status']}: {job['error_message']}")
        start = min(_moment(job["started_at"]) for job in done)
        return max(_moment(job["completed_at"]) for job in done) - start


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class GpuWatch:
    """Measures the GPU's utilization while the block runs, with nvidia-smi five times a second."""

    def __init__(self) -> None:
        self._seen: list[float] = []
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)

    @property
    def busy_percent(self) -> float:
        return statistics.fmean(self._seen) if self._seen else 0.0

    def __enter__(self) -> GpuWatch:
        command = [
            "nvidia-smi",
            "--query-gpu=utilization.gpu",
            "--format=csv,noheader,nounits",
            "-lms",
            "200",
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._thread.join(timeout=5)

    def _read(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip().isdigit():
                self._seen.append(float(line))


if __name__ == "__main__":
    weights, seconds, count, room, choice = sys.argv[1:]
    found = bare_figures(weights, float(seconds), int(count), int(room), cast(Quantization, choice))
    sys.stdout.write(json.dumps(found) + "\n")
