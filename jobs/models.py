"""Jobs (requests for music), their takes and the files that store them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from audiomusic.db.expressions import NoneFirst, NoneLast
from audiomusic.db.indexes import CoveringOnSqlite
from audiomusic.db.name_keys import NameKeyField
from jobs.analysis.models import AnalysisOrder  # noqa: F401  (Django looks here)
from jobs.covers.models import CoverFile as CoverFile
from jobs.covers.models import CoverSize as CoverSize
from jobs.drafts.models import DraftOrder  # noqa: F401  (Django looks here)
from jobs.history.models import JobEvent  # noqa: F401  (Django looks here)
from jobs.managers import JobManager
from jobs.search.models import SearchDocument as SearchDocument
from jobs.search.models import SearchWord as SearchWord
from jobs.storage.models import OrphanFolder as OrphanFolder
from jobs.storage.models import StorageTotal as StorageTotal
from jobs.uploads.models import SourceFile as SourceFile
from jobs.uploads.models import SourceUse as SourceUse
from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookTurn  # noqa: F401  (Django looks here)


class Status(models.TextChoices):
    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Task(models.TextChoices):
    TEXT2MUSIC = "text2music"
    PROMPT2INSTRUMENTAL = "prompt2instrumental"
    TEXT2RAP = "text2rap"
    LYRIC2VOCALS = "lyric2vocals"
    TEXT2SAMPLES = "text2samples"
    SIMPLE = "simple"
    COVER = "cover"
    REFERENCE = "reference"
    EXTRACT = "extract"
    RETAKE = "retake"
    REPAINT = "repaint"
    EXTEND = "extend"
    EDIT = "edit"
    # Written scores: write one, revise one, record one, or write and record at once.
    PLAN = "plan"
    REVISE = "revise"
    RECORD = "record"
    SCORE_SONG = "score_song"


class SongType(models.TextChoices):
    SONG = "song"
    RAP = "rap"
    VOCALS = "vocals"
    INSTRUMENTAL = "instrumental"
    SAMPLES = "samples"
    EDITS = "edits"


class AudioFormat(models.TextChoices):
    FLAC = "flac"
    WAV = "wav"
    MP3 = "mp3"
    OGG = "ogg"


class StreamFormat(models.TextChoices):
    """Light formats for listening only; a song cannot be requested in them."""

    WEBM = "webm"
    OPUS = "opus"
    MP3_SMALL = "mp3s"


#: A job in one of these states no longer changes by itself.
FINISHED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class Job(models.Model):
    """One request for music. This row is the source of truth; a queue message is only a hint."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="jobs",
        db_index=False,  # many indexes below begin with it
    )
    task = models.CharField(max_length=24, choices=Task)
    song_type = models.CharField(max_length=16, choices=SongType)
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    stage = models.CharField(max_length=16, blank=True)
    progress = models.PositiveSmallIntegerField(
        null=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )

    # The request. `params` holds it as sent, `effective` the values that were really used.
    display_name = models.CharField(max_length=200)
    name_key = NameKeyField()  # sort key of the name
    prompt = models.TextField(blank=True)
    lyrics = models.TextField(blank=True)
    thumbnail_url = models.URLField(max_length=2000, blank=True)
    vocal_language = models.CharField(max_length=16, blank=True)
    bpm = models.FloatField(null=True)
    keyscale = models.CharField(max_length=16, blank=True)
    timesignature = models.CharField(max_length=8, blank=True)
    format = models.CharField(max_length=4, choices=AudioFormat, default=AudioFormat.FLAC)
    batch_size = models.PositiveSmallIntegerField(default=1)
    model_version = models.CharField(max_length=32)
    engine = models.CharField(max_length=32, blank=True)
    params = models.JSONField(default=dict)
    effective = models.JSONField(default=dict)
    source_job = models.ForeignKey("self", models.SET_NULL, null=True, related_name="derived_jobs")

    # The owner's changes to the tags (jobs.specs.tags); null: none. They duplicate the JobTag rows so that a
    # list need not read that table. No default, so that adding the column writes no rows.
    own_tags = models.JSONField(null=True)  # words
    removed_tags = models.JSONField(null=True)  # [kind, value] of tags read from the caption
    cover_version = models.CharField(max_length=16, null=True)  # version of its own picture; null: none

    # Result.
    duration_s = models.FloatField(null=True)  # first as requested, then as made
    lrc_content = models.TextField(blank=True)
    quality_score = models.FloatField(null=True)
    play_count = models.PositiveIntegerField(null=True)  # of all its takes; None: never played
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.CharField(max_length=500, blank=True)

    # Lifecycle.
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    expected_end_at = models.DateTimeField(null=True)  # the worker's estimate; None: unknown
    stage_s = models.JSONField(null=True)  # stage -> seconds it took; set when finished
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True)  # a random token for each claim
    lease_until = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)

    credits_reserved = models.PositiveIntegerField(default=0)
    credits_charged = models.PositiveIntegerField(default=0)
    credits_refunded = models.PositiveIntegerField(default=0)
    bytes_reserved = models.PositiveBigIntegerField(null=True)  # upper limit of what it will store

    interaction: str | None  # the reader's opinion; set only if the list was read with it

    objects = JobManager()

    class Meta:
        indexes = [
            # The list page: one user's jobs, newest first…
            models.Index(fields=["user", "-created_at", "-id"], name="job_user_newest"),
            # …filtered by task, song type, status or language…
            models.Index(fields=["user", "task", "-created_at", "-id"], name="job_user_task"),
            models.Index(fields=["user", "song_type", "-created_at", "-id"], name="job_user_song_type"),
            models.Index(fields=["user", "status", "-created_at", "-id"], name="job_user_status"),
            models.Index(fields=["user", "vocal_language", "-created_at", "-id"], name="job_user_language"),
            # …or sorted by another column (library.query.job_query).
            models.Index(fields=["user", "name_key", "id"], name="job_user_name_key"),
            models.Index("user", NoneFirst("duration_s"), "id", name="job_user_by_duration"),
            # …(unknown values come last in both directions)
            models.Index("user", NoneLast("duration_s"), "id", name="job_user_shortest"),
            models.Index("user", NoneFirst("bpm"), "id", name="job_user_fastest"),
            models.Index("user", NoneLast("bpm"), "id", name="job_user_slowest"),
            models.Index("user", NoneFirst("play_count"), "id", name="job_user_plays"),
            models.Index(fields=["user", "status", "id"], name="job_user_by_status"),
            # The next three indexes hold unfinished jobs only. SQLite uses such an index only if the query
            # says `status = …`, not if the condition is a list.
            # A job's place in the queue.
            models.Index(fields=["id"], name="job_queue", condition=models.Q(status="PENDING")),
            # Whose turn it is: each user's oldest waiting job… (The status is included, or SQLite would
            # prefer to scan job_user_by_status, which would then need no look into the rows.)
            models.Index(
                fields=["status", "user", "id"], name="job_waiting", condition=models.Q(status="PENDING")
            ),
            # …and how many of their jobs are being made; also the sweep of lapsed leases.
            models.Index(
                fields=["status", "user", "lease_until"],
                name="job_leased",
                condition=models.Q(status="PROCESSING"),
            ),
            # The admin's front page: recent outcomes of all users' jobs, read from this index alone.
            models.Index(fields=["created_at", "status", "error_code"], name="job_outcome"),
            # When a user's song was last started.
            models.Index(fields=["user", "started_at"], name="job_user_started"),
            # The staff list (jobs.staff.changelist_query): all users' jobs, newest first…
            models.Index(fields=["-created_at", "-id"], name="job_newest"),
            # …filtered by task, failed, by failure code, cancelled.
            models.Index(fields=["task", "-created_at", "-id"], name="job_task_newest"),
            models.Index(
                fields=["-created_at", "-id"], name="job_failed_newest", condition=models.Q(status="FAILED")
            ),
            models.Index(
                fields=["error_code", "-created_at", "-id"],
                name="job_failure_newest",
                condition=models.Q(status="FAILED"),
            ),
            models.Index(
                fields=["-created_at", "-id"],
                name="job_cancelled_newest",
                condition=models.Q(status="CANCELLED"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.display_name}"

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    def stems_of_take(self, index: int) -> list[str]:
        """Return the parts of the song that a take holds; empty if the take is a whole song."""
        stems = self.effective.get("stems") or []
        return stems[index - 1] if 0 < index <= len(stems) else []

    def take_label(self, index: int) -> str:
        """Return what distinguishes a take from the job's others: its stem, else its number; "" if it is the
        only one."""
        if self.batch_size == 1:
            return ""
        return " and ".join(self.stems_of_take(index)).replace("_", " ") or f"take {index}"

    @property
    def credits_held(self) -> int:
        """Reserved credits that have been neither charged nor returned."""
        return self.credits_reserved - self.credits_charged - self.credits_refunded


class TagKind(models.TextChoices):
    GENRE = "genre"
    EMOTION = "emotion"
    OCCASION = "occasion"
    TAG = "tag"  # one of its owner's own words


#: Read from a caption, in the vocabulary's spelling.
READ_KINDS = (TagKind.GENRE, TagKind.EMOTION, TagKind.OCCASION)


class JobTag(models.Model):
    """One word that finds a job, spelled as in the vocabulary or as its owner wrote it."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="tags", db_index=False)
    # Copied from the job, so that one index finds a page of jobs in order.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    kind = models.CharField(max_length=16, choices=TagKind)
    value = models.CharField(max_length=64)

    class Meta:
        constraints = [
            # Also finds a job's tags: for its cells in the counts, and for its deletion.
            models.UniqueConstraint(fields=["job", "kind", "value"], name="tag_once_per_job")
        ]
        indexes = [
            # The list of one genre, emotion or occasion, newest first.
            models.Index(fields=["user", "kind", "value", "-created_at", "-job"], name="tag_user_newest")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class JobCount(models.Model):
    """The number of a user's jobs that share these values; counts and totals are read from here.

    A job is counted once under kind "", once under "language" if it has one, once for each of its tags, and
    once for the day it was made (kind "day", the date as value, all else empty). Only database triggers write
    it (library.count_triggers). With several concurrent writers PostgreSQL may keep more than one row with
    the same values, so always sum `count`; a single row may be negative.
    """

    # Deleting the user deletes these rows, after the deletion of each job has changed them.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=16, blank=True)  # "", "language", "day" or a TagKind
    value = models.CharField(max_length=64, blank=True)
    task = models.CharField(max_length=24)
    song_type = models.CharField(max_length=16)
    status = models.CharField(max_length=12)
    interaction = models.CharField(max_length=8, blank=True)  # "", "like", "dislike"
    count = models.BigIntegerField()

    class Meta:
        db_table = "jobs_jobtally"  # the model's original name
        verbose_name_plural = "job counts"
        indexes = [
            # Every reader searches by the left columns and wants the count; the triggers search for one row
            # by all columns.
            CoveringOnSqlite(
                fields=["user", "kind", "value", "task", "song_type", "status", "interaction"],
                covers=("count",),
                name="tally_cell",
            )
        ]

    def __str__(self) -> str:
        words = (self.kind, self.value, self.task, self.song_type, self.status, self.interaction)
        return f"{self.count} x {' '.join(word for word in words if word)}"


class Take(models.Model):
    """One rendering of a job; a job with batch_size 3 has three."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="takes")
    index = models.PositiveSmallIntegerField()  # from 1
    seed = models.PositiveBigIntegerField()
    duration_s = models.FloatField()
    quality_score = models.FloatField(null=True)
    lrc_content = models.TextField(blank=True)  # one timestamp per line
    enhanced_lrc = models.TextField(blank=True)  # one timestamp per word too
    has_score = models.BooleanField(default=False)  # has ScoreFiles; saves lists a query
    peaks = models.JSONField(default=list)  # loudest sample of each of up to 800 slices, 0..1
    samples_sha256 = models.CharField(max_length=64, blank=True)  # of the master's decoded samples
    made_with = models.JSONField(default=dict)  # what the sound may depend on: versions, machine

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["job", "index"], name="take_once_per_job")]

    def __str__(self) -> str:
        return f"take {self.index} of job {self.job_id}"


class StoredFile(models.Model):
    """One stored file of a take."""

    storage_name = models.CharField(max_length=200, unique=True)
    byte_count = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.storage_name


class AudioFile(StoredFile):
    """A take in one format."""

    take = models.ForeignKey(Take, models.CASCADE, related_name="files")
    format = models.CharField(max_length=4, choices=[*AudioFormat.choices, *StreamFormat.choices])
    # Hash of the tags it was written with; empty: it has none, or predates this (jobs.storage.tagging).
    tags_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["take", "format"], name="file_once_per_format")]
        # For storage totals, read from this index alone.
        indexes = [models.Index(fields=["format", "byte_count"], name="file_bytes")]


class ScoreFormat(models.TextChoices):
    JSON = "json"  # docs/score.md
    MIDI = "midi"
    CURVES = "npz"  # mastering curves, used to make stems; never sent to users
    SOURCE = "gz"  # its source song, if it was made from one, to make it again
    SOUND = "flac"  # or only the source's audio, for engines that work on audio


class ScoreFile(StoredFile):
    """The score of a take in one format."""

    take = models.ForeignKey(Take, models.CASCADE, related_name="score_files")
    format = models.CharField(max_length=4, choices=ScoreFormat)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["take", "format"], name="score_once_per_format")]
        indexes = [models.Index(fields=["format", "byte_count"], name="score_bytes")]


#: All models of a take's files.
FILE_MODELS = (AudioFile, ScoreFile)
#: All models of stored files; each has `storage_name` and `byte_count`.
STORED_MODELS = (*FILE_MODELS, SourceFile, CoverFile)


class WorkerHeartbeat(models.Model):
    """A worker's heartbeat, written every few seconds; it tells the web side that the worker is alive."""

    name = models.CharField(max_length=64, unique=True)  # host/process
    beat_at = models.DateTimeField()
    engines_loaded = models.JSONField(default=dict)  # name -> device, variant…
    memory_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "jobs_workerbeat"  # the model's original name

    def __str__(self) -> str:
        return self.name
