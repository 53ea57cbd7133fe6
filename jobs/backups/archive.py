"""Backups of everything that the server stores, as one tar file: the rows, the audio, and the signing key.

The rows are copied first, as of one moment, and then each file that a row names. A file deleted in between is
missing in the archive and listed; a file added in between is an extra one.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from audiomusic.accounts.models import User
from audiomusic.server.secret_key import FILE_NAME as SECRET
from jobs.backups.databases import BackupFailed, database_dump, database_replaced, format_of_database
from jobs.heartbeat import live_workers
from jobs.models import STORED_MODELS
from jobs.storage.files import StorageRefused, asking_storage

MANIFEST, AUDIO = "manifest.json", "audio/"
LAYOUT = 1  # version of the archive's layout


@dataclass
class Summary:
    files: int = 0
    byte_count: int = 0
    missing: list[str] = field(default_factory=list)  # files of rows that did not exist


def backup_write(path: Path) -> Summary:
    """Write the archive; it appears whole or not at all. Raises BackupFailed."""
    if path.exists():
        raise BackupFailed(f"{path} already exists; expected a new name.")
    part = path.with_name(f"{path.name}.part")
    try:
        with _open_for_owner_alone(part) as file, tarfile.open(fileobj=file, mode="w") as tar:
            summary = _fill(tar)
        part.replace(path)
    except OSError as error:
        raise BackupFailed(f"{path} could not be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return summary


def _open_for_owner_alone(path: Path) -> Any:
    """Open a file that only its owner can read: it holds the secret, and all users' songs."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _fill(tar: tarfile.TarFile) -> Summary:
    summary = Summary()
    with TemporaryDirectory(prefix="audiomusic-", dir=settings.DATA_DIR) as folder:
        rows = Path(folder) / format_of_database().leaf
        database_dump(rows)
        tar.add(rows, arcname=rows.name)
    secret = settings.DATA_DIR / SECRET
    if secret.exists():
        tar.add(secret, arcname=SECRET)
    for model in STORED_MODELS:
        for name in model._default_manager.order_by("id").values_list("storage_name", flat=True).iterator():
            _add_file(tar, name, summary)
    facts = {
        "layout": LAYOUT,
        "version": settings.VERSION,
        "database": format_of_database().leaf,
        "written_at": timezone.now().isoformat(),
        "files": summary.files,
        "missing": summary.missing,
    }
    _add_bytes(tar, MANIFEST, json.dumps(facts, indent=1).encode())
    return summary


def _add_file(tar: tarfile.TarFile, name: str, summary: Summary) -> None:
    try:
        with asking_storage():
            file = default_storage.open(name)
    except FileNotFoundError:
        summary.missing.append(name)
        return
    except StorageRefused as error:
        raise BackupFailed(f"{name} could not be read from the storage: {error}") from error
    with file:
        info = tarfile.TarInfo(AUDIO + name)
        info.size = file.size
        tar.addfile(info, file)
    summary.files += 1
    summary.byte_count += info.size


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def backup_restore(path: Path, *, is_replacing: bool = False) -> Summary:
    """Restore the archive, rows and secret last: after a failure those from before remain, with files beside
    them that have no row. Raises BackupFailed, before anything has changed, if it is not an archive for this
    kind of database, or the server is running, or has users already (unless `is_replacing`)."""
    try:
        with tarfile.open(path) as tar:
            facts = _read_manifest(tar)
            _check_place(is_replacing)
            summary = _restore_audio(tar, facts)
            _restore_rows(tar, facts["database"])
            return summary
    except (OSError, tarfile.TarError) as error:
        raise BackupFailed(f"{path} could not be read as a backup: {error}.") from error


def _read_manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(_content(tar, MANIFEST).read())
    except (KeyError, ValueError):
        raise BackupFailed(f"The archive has no {MANIFEST}: it is not a complete backup.") from None
    if facts.get("layout") != LAYOUT:
        raise BackupFailed(f"Expected a backup of layout {LAYOUT}, got {facts.get('layout')}.")
    wanted = format_of_database().leaf
    if facts.get("database") != wanted:
        raise BackupFailed(f"The archive holds {facts.get('database')}; expected for DATABASE_URL {wanted}.")
    return facts


def _check_place(is_replacing: bool) -> None:
    call_command("migrate", interactive=False, verbosity=0)  # an empty installation has no tables to check
    if live_workers().exists():
        raise BackupFailed("The server is running; stop it first.")
    if User.objects.exists() and not is_replacing:
        raise BackupFailed("There are users already; use --replace to replace them with the backup.")


def _restore_rows(tar: tarfile.TarFile, leaf: str) -> None:
    with TemporaryDirectory(prefix="audiomusic-", dir=settings.DATA_DIR) as folder:
        rows = Path(folder) / leaf
        try:
            with _content(tar, leaf) as content, rows.open("wb") as file:
                shutil.copyfileobj(content, file)
        except KeyError:
            raise BackupFailed(f"The archive has no {leaf}: it is not a complete backup.") from None
        try:
            with database_replaced(rows):
                call_command("migrate", interactive=False, verbosity=0)  # may be of an older version
                _restore_secret(tar)
        except DatabaseError as error:
            raise BackupFailed(f"The rows could not be restored, and are as they were: {error}") from error


def _restore_secret(tar: tarfile.TarFile) -> None:
    if SECRET in tar.getnames():
        path = settings.DATA_DIR / SECRET
        part = path.with_name(f"{SECRET}.part")
        with _open_for_owner_alone(part) as file:
            file.write(_content(tar, SECRET).read())
        part.replace(path)


def _restore_audio(tar: tarfile.TarFile, facts: dict[str, Any]) -> Summary:
    """Restore the audio. An existing file of the same name is the same file: names are random."""
    summary = Summary(missing=list(facts["missing"]))
    for info in _audio_members(tar):
        name = info.name.removeprefix(AUDIO)
        try:
            with asking_storage():
                if not default_storage.exists(name):
                    default_storage.save(name, File(_content(tar, info)))
        except StorageRefused as error:
            if isinstance(error.__cause__, SuspiciousOperation):
                raise BackupFailed(f"{info.name} could not be stored: {error}") from None
            raise BackupFailed(
                f"{name} could not be stored: {error} The rows are as they were; restore again when the "
                "storage works."
            ) from error
        summary.files += 1
        summary.byte_count += info.size
    return summary


def _audio_members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    return (info for info in tar if info.isfile() and info.name.startswith(AUDIO))


def _content(tar: tarfile.TarFile, member: str | tarfile.TarInfo) -> Any:
    """Open a file of the archive. Raises KeyError if it does not exist."""
    content = tar.extractfile(member)
    if content is None:
        raise KeyError(member)
    return content
