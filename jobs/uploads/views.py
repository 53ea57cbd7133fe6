"""External files for anyone with a signed link: no key, no cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from audiomusic.engines.foreign.kinds import CONTENT_TYPES, AudioKind
from audiomusic.http.errors import json_error
from jobs.storage.links import LinkExpired, LinkInvalid
from jobs.storage.media.responses import answer_stored
from jobs.storage.takes import AudioMissing
from jobs.uploads.links import read_source_token
from jobs.uploads.models import SourceFile

KINDS: dict[str, AudioKind] = {kind: kind for kind in CONTENT_TYPES}


@require_safe
def source_view(request: HttpRequest, token: str, file_name: str) -> HttpResponseBase:
    """Return the file as received, whole or a range of it, with a type from its content and not from its
    sender."""
    try:
        source = SourceFile.objects.usable().get(id=read_source_token(token), user__is_active=True)
        if file_name.rpartition(".")[2] != source.format:
            raise LinkInvalid
        headers = {
            "Content-Type": CONTENT_TYPES[KINDS[source.format]],
            "Content-Disposition": f'inline; filename="upload-{source.id}.{source.format}"',
        }
        return answer_stored(request, source, headers)
    except LinkExpired:
        return json_error(410, "This link has expired. Get a new one.", "link_expired")
    except (LinkInvalid, SourceFile.DoesNotExist, AudioMissing):
        return json_error(404, "This link leads to nothing.", "not_found")
