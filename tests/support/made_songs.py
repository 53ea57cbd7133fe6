"""Songs that the real engine makes without a worker process, and helpers that read them."""

import copy
from io import StringIO

import numpy as np
import soundfile
from django.core.files.storage import default_storage
from django.core.management import call_command

from audiomusic.engines.studio.engine import StudioEngine
from jobs.tasks import run_pending_jobs

_MADE = {}
_generate = StudioEngine.generate


def generate_once(self, request, *, on_progress, is_cancelled, on_take):
    """Replace `StudioEngine.generate` and make the song of each request only once in a test run."""
    key = repr(request)
    if key not in _MADE:
        takes = []
        result = _generate(
            self, request, on_progress=on_progress, is_cancelled=is_cancelled, on_take=takes.append
        )
        _MADE[key] = takes, result
    takes, result = _MADE[key]
    for take in takes:
        on_take(copy.copy(take))
    return copy.deepcopy(result)


def run(job):
    run_pending_jobs()
    job.refresh_from_db()
    assert job.status == "COMPLETED", job.error_message
    return job


def samples_of(take):
    """Return the stored master's 24-bit samples, int64 [n, 2]."""
    with default_storage.open(take.files.get(format="flac").storage_name) as file:
        return soundfile.read(file, dtype="int32", always_2d=True)[0].astype(np.int64) >> 8


def replayed(job):
    """Return what `replay` prints, and whether every take is reproduced exactly."""
    out = StringIO()
    try:
        call_command("replay", job.id, stdout=out)
    except SystemExit:
        return out.getvalue(), False
    return out.getvalue(), True
