from jobs.worker import stage_timer
from jobs.worker.stage_timer import StageTimer


def test_each_stage_is_told_its_time_and_one_entered_twice_counts_together(monkeypatch):
    ticks = iter([100.0, 101.0, 103.5, 104.0, 110.0])
    monkeypatch.setattr(stage_timer.time, "monotonic", lambda: next(ticks))
    clock = StageTimer()
    clock.enter("rendering")
    clock.enter("rendering")
    clock.enter("encoding")
    clock.enter("rendering")
    assert clock.seconds() == {"loading": 1.0, "rendering": 8.5, "encoding": 0.5}
