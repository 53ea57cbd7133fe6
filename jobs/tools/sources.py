"""Finding the take that a request means: by number, by `job:ID/take/N`, or by one of this server's links.

Own links are parsed here and never fetched: the server may not call itself, and the token already says what
it opens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit

from audiomusic.accounts.models import User
from audiomusic.engines.encoding import FORMATS
from audiomusic.engines.foreign.bounds import SourceUnusable
from audiomusic.http.ids import row_id
from jobs.models import Job, Status, Take
from jobs.specs.refusals import SourceNotFound, SourceUnfit
from jobs.specs.score_tasks import is_silent
from jobs.storage.links import STREAM_KIND, LinkExpired, LinkInvalid, read_token
from jobs.uploads.fetching import address_check
from jobs.uploads.links import ROOM, read_source_token
from jobs.uploads.models import SourceFile

MAX_URL_CHARS = 2048
FORMS = "an http or https link, or job:ID, or job:ID/take/N, or upload:ID"
_UPLOAD = re.compile(r"upload:([0-9]{1,19})")
_JOB = re.compile(r"job:([0-9]{1,19})(?:/take/([1-9][0-9]{0,3}))?")


class SourceRef(NamedTuple):
    """A take by its numbers. `take_index` None: the first one, unless the request names another."""

    job_id: int
    take_index: int | None = None


@dataclass(frozen=True)
class Source:
    """The source that a request works on. `kind`: where the audio comes from."""

    kind: Literal["job"]
    take: Take

    @property
    def job(self) -> Job:
        return self.take.job


@dataclass(frozen=True)
class ForeignSource:
    """Audio that this server did not make: an uploaded file, or a URL from which a worker fetches it."""

    kind: Literal["upload", "url"]
    file: SourceFile | None = None
    url: str = ""


class UploadRef(NamedTuple):
    """An uploaded file, by its number."""

    source_id: int


def source_of(
    values: Mapping[str, Any],
    *,
    user: User,
    base_url: str,
    id_name: str = "source_job_id",
    url_name: str = "src_audio_url",
) -> Source | ForeignSource:
    """Return the source that the validated values of a request name: a job by `id_name`, or a URL by
    `url_name`, with an optional `source_take`. The serializers ensure that exactly one of the two is present.

    All requests find their source here; no other server is called. Raises SourceNotFound and SourceUnfit.
    """
    ref, asked = _reference(values, base_url, id_name, url_name), values.get("source_take")
    if not isinstance(ref, SourceRef) and (asked or 1) > 1:
        raise _unfit("source_take", f"Expected 1 or none: audio from elsewhere is one take; got {asked}.")
    if isinstance(ref, UploadRef):
        return ForeignSource("upload", source_file(user=user, ref=ref))
    if isinstance(ref, str):
        _check_address(ref, url_name)
        return ForeignSource("url", url=ref)
    if asked is not None and ref.take_index not in (None, asked):
        raise _unfit("source_take", f"Expected {ref.take_index}, the take of the link, or none; got {asked}.")
    return Source("job", source_take(user=user, ref=ref._replace(take_index=asked or ref.take_index)))


def _check_address(url: str, name: str) -> None:
    try:
        address_check(url)
    except SourceUnusable as error:
        raise SourceUnfit(f"{name}: {error}", error.code, {name: [str(error)]}) from None


def source_file(*, user: User, ref: UploadRef) -> SourceFile:
    """Return the uploaded file. Raises SourceNotFound."""
    row = SourceFile.objects.of_user(user).uploaded().usable().filter(id=ref.source_id).first()
    if row is None:
        raise SourceNotFound
    return row


def _reference(
    values: Mapping[str, Any], base_url: str, id_name: str, url_name: str
) -> SourceRef | UploadRef | str:
    """Return a take, an upload, or an external URL."""
    address = values.get(url_name)
    if not address:
        return SourceRef(values[id_name])
    try:
        ref = read_source(address, base_url)
    except ValueError as error:
        raise _unfit(url_name, str(error)) from None
    return address if ref is None else ref


def _unfit(name: str, sentence: str) -> SourceUnfit:
    return SourceUnfit(f"{name}: {sentence}", "validation_error", {name: [sentence]})


def read_source(text: str, base_url: str) -> SourceRef | UploadRef | None:
    """Return the take or the upload that a URL names; None for an external URL.

    Raises ValueError with a sentence for a string that is no URL, or a link of this server to something other
    than audio, and SourceNotFound for a link of this server that opens nothing.
    """
    if match := _JOB.fullmatch(text):
        job_id, take = row_id(match[1]), match[2]
        if job_id is None:
            raise SourceNotFound
        return SourceRef(job_id, int(take) if take else None)
    if match := _UPLOAD.fullmatch(text):
        return UploadRef(row_id(match[1]) or 0)
    url, here = _split(text), urlsplit(base_url)
    if url.scheme or url.netloc:
        _check_foreign(url)
        if _origin(url) != _origin(here) or not url.path.startswith(f"{here.path}/"):
            return None
    elif not text.startswith("/"):
        raise ValueError(f"Expected {FORMS}.")
    return _own_take(url.path.removeprefix(here.path))


def _split(text: str) -> SplitResult:
    if len(text) > MAX_URL_CHARS or any(char.isspace() for char in text):
        raise ValueError(f"Expected {FORMS}, of at most {MAX_URL_CHARS} characters and without white space.")
    try:
        url = urlsplit(text)
        url.port  # noqa: B018  (parses the port)
    except ValueError:
        raise ValueError(f"Expected {FORMS}.") from None
    return url


def _check_foreign(url: SplitResult) -> None:
    if url.scheme.lower() not in ("http", "https") or not url.hostname:
        raise ValueError(f"Expected {FORMS}, got the scheme {url.scheme[:20]!r}.")
    if url.username is not None or url.password is not None:
        raise ValueError("Expected a link without a user name and a password.")


def _origin(url: SplitResult) -> tuple[str, str, int | None]:
    scheme = url.scheme.lower()
    return scheme, (url.hostname or "").lower(), url.port or {"http": 80, "https": 443}.get(scheme)


def _own_take(path: str) -> SourceRef | UploadRef:
    """Return the source that the path of one of this server's links opens."""
    room, _, rest = path.removeprefix("/").partition("/")
    token = rest.partition("/")[0]
    if room == ROOM:
        return _own_upload(token)
    try:
        link = read_token(token)
    except (LinkInvalid, LinkExpired):
        raise SourceNotFound from None
    if room != "audio" or link.kind not in (*FORMATS, STREAM_KIND):
        raise ValueError("Expected a link to audio, got one of another kind.")
    return SourceRef(link.job_id, link.take_index)


def _own_upload(token: str) -> UploadRef:
    try:
        return UploadRef(read_source_token(token))
    except (LinkInvalid, LinkExpired):
        raise SourceNotFound from None


def source_take(*, user: User, ref: SourceRef) -> Take:
    """Return the take with its job. Raises SourceNotFound and SourceUnfit."""
    job = Job.objects.of_user(user).filter(id=ref.job_id).first()
    if job is None:
        raise SourceNotFound
    if job.status != Status.COMPLETED:
        raise SourceUnfit("Job must be completed", "source_not_completed")
    takes = {} if is_silent(job) else {take.index: take for take in job.takes.defer("peaks")}
    if not takes:
        raise SourceUnfit(f"Job {job.id} has no audio.", "source_has_no_audio")
    index = ref.take_index or 1
    if index not in takes:
        raise _unfit("source_take", f"Expected a take from 1 to {len(takes)}, got {index}.")
    take = takes[index]
    take.job = job
    return take
