"""Files that a user uploaded, as rows with their sound in the storage."""

from pathlib import Path
from tempfile import TemporaryDirectory

from jobs.models import Job
from jobs.uploads.models import SourceFile
from jobs.uploads.services import source_create, source_use_create


def uploaded(user, content, name="Mein Lied.flac"):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sent"
        path.write_bytes(content)
        return source_create(user=user, path=path, file_name=name, origin=SourceFile.Origin.UPLOAD)


def song_from(source):
    """Create a job that uses the uploaded file."""
    job = Job.objects.create(
        user=source.user, task="cover", song_type="edits", display_name="Cover", model_version="v2"
    )
    source_use_create(job=job, source=source)
    return job
