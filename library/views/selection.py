"""Selections of songs in the library: the matches of a search, and the ZIP download. All other bulk
operations go through the API."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.http.ids import row_id
from jobs.storage.archives import NoRoomForArchive
from jobs.storage.copies import EncodersBusy
from jobs.storage.files import StorageRefused
from jobs.storage.media.slices import ArchiveSlice, SliceResponse
from jobs.storage.takes import AudioMissing
from library.playlists.files import PlaylistTooLarge
from library.query.browse import Browse
from library.selection.archive import NothingToHear, archive_headers, songs_archive
from library.selection.services import MOST_SONGS, TooManySongs


@login_required
@require_safe
@never_cache
def ids(request: HttpRequest) -> HttpResponse:
    """Return the songs that match the query string, in order, up to the selection limit."""
    job_ids, is_all = Browse.read(user_of(request), request.GET).first_ids(MOST_SONGS)
    return JsonResponse({"job_ids": job_ids, "is_all": is_all})


@login_required
@require_POST
def archive(request: HttpRequest) -> HttpResponseBase:
    """Return the songs of a form as a ZIP. Errors are pages, shown in a window of their own."""
    job_ids = [number for text in request.POST.getlist("job") if (number := row_id(text))]
    try:
        made = songs_archive(user=user_of(request), job_ids=job_ids)
    except NothingToHear as error:
        return _refusal(request, 404, str(error))
    except (PlaylistTooLarge, TooManySongs) as error:
        return _refusal(request, 413, str(error))
    except AudioMissing:
        return _refusal(request, 409, "The audio of one of these songs is missing.")
    except (EncodersBusy, NoRoomForArchive, StorageRefused):
        return _refusal(request, 503, "No ZIP can be made right now. Please try again in a few seconds.")
    return SliceResponse(ArchiveSlice(made), headers=archive_headers(made))


def _refusal(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    return render(request, "library/selection_refused.html", {"sentence": sentence}, status=status)
