"""`python -m audiomusic.bench.load.queue_probe`: records the time shown to each queued job until the queue is
empty, then when each job really ended. `bench queue` runs it on its server's data.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import django

PAUSE_S = 0.3


def watch() -> dict[str, Any]:
    """Return {"samples": [[moment, {job: [is it made, seconds left or None]}]], "ends": {job: moment}}."""
    from jobs.models import Job
    from library.query.queue_estimate import QueueEstimate

    samples = []
    while (forecast := QueueEstimate()).entries:
        shown = forecast.left_s
        line = {entry.id: [entry.is_made, shown.get(entry.id)] for entry in forecast.entries}
        samples.append([forecast.now.timestamp(), line])
        time.sleep(PAUSE_S)
    ends = Job.objects.exclude(completed_at=None).values_list("id", "completed_at")
    return {"samples": samples, "ends": {job_id: end.timestamp() for job_id, end in ends if end}}


if __name__ == "__main__":
    django.setup()
    json.dump(watch(), sys.stdout)
