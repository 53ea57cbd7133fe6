"""How often a song was played: all its takes, in every player."""

from library.listening.services import play_record


def test_each_play_of_each_take_counts(owner, job_row):
    job, other = (job_row(owner, status="COMPLETED", takes=2) for _ in range(2))
    first, second = job.takes.all()
    for take in (first, second, first):
        play_record(user=owner, take=take)
    job.refresh_from_db(), other.refresh_from_db()
    assert (job.play_count, other.play_count) == (3, None)
