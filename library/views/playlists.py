"""Playlist pages: the list, one playlist, and adding a song to one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audiomusic.accounts.models import User
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.engines.units import clock
from audiomusic.http.ids import row_id
from jobs.models import Job
from library.playlists.files import playlist_takes, take_title
from library.playlists.managers import totals_of
from library.playlists.models import COMMENT_CHARS, NAME_CHARS, Playlist
from library.playlists.services import (
    NoSuchSong,
    PlaylistFull,
    SongRef,
    playlist_create,
    playlist_delete,
    playlist_items_add,
    playlist_items_change,
    playlist_items_replace,
    playlist_update,
    songs_found,
)
from library.smart_lists.selectors import look_of, smart_lists_of
from library.views.sorting.share_panels import panel_context, playlist_panel


class PlaylistForm(forms.Form):
    name = forms.CharField(max_length=NAME_CHARS, label="Name")


class PlaylistChangeForm(PlaylistForm):
    comment = forms.CharField(max_length=COMMENT_CHARS, required=False, label="Comment")


def own_playlist(request: HttpRequest, playlist_id: int) -> Playlist:
    """Return the user's own playlist with its totals. Raises Http404."""
    playlist = Playlist.objects.of_user(user_of(request)).with_totals().filter(id=playlist_id).first()
    if playlist is None:
        raise Http404("There is no such playlist.")
    return playlist


def playlist_lines(user: User) -> list[dict[str, Any]]:
    """Return the user's playlists, each with its summary."""
    found = Playlist.objects.of_user(user).with_totals()
    return [{"playlist": each, "words": totals_words(each)} for each in found]


def totals_words(playlist: Playlist) -> str:
    """Return a summary such as "2 songs, 6:14"."""
    count, duration_s = totals_of(playlist)
    return f"{count} song{'' if count == 1 else 's'}" + (f", {clock(duration_s)}" if count else "")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def playlists(request: HttpRequest) -> HttpResponse:
    """List all playlists. A POST creates one, with a song if the form names one."""
    form = PlaylistForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        songs = [song] if (song := _song(request.POST)) else []
        try:
            made = playlist_create(user=user_of(request), name=form.cleaned_data["name"], items=songs)
        except NoSuchSong as error:
            raise Http404(str(error)) from None
        except PlaylistFull as error:
            form.add_error("name", forms.ValidationError(str(error)))
        else:
            return redirect("playlist", playlist_id=made.pk)
    context = {
        "lines": playlist_lines(user_of(request)),
        "smart_lists": [(each, look_of(each)) for each in smart_lists_of(user_of(request))],
        "form": form,
    }
    return render(request, "library/playlists.html", context, status=400 if form.errors else 200)


@login_required
@require_safe
def playlist(request: HttpRequest, playlist_id: int) -> HttpResponse:
    return _page(request, own_playlist(request, playlist_id))


def _page(
    request: HttpRequest, playlist: Playlist, *, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    initial = {"name": playlist.name, "comment": playlist.comment}
    items = [
        {"job": take.job, "take": take, "title": take_title(take), "clock": clock(take.duration_s)}
        for take in playlist_takes(playlist)
    ]
    context = {
        "playlist": playlist,
        "words": totals_words(playlist),
        "items": items,
        "form": form or PlaylistChangeForm(initial=initial),
        **panel_context(playlist_panel(request, playlist)),
    }
    return render(request, "library/playlist.html", context, status=status)


@login_required
@require_POST
def change(request: HttpRequest, playlist_id: int) -> HttpResponse:
    """Change the name or comment."""
    playlist = own_playlist(request, playlist_id)
    form = PlaylistChangeForm(request.POST)
    if not form.is_valid():
        return _page(request, playlist, form=form, status=400)
    playlist_update(playlist=playlist, **form.cleaned_data)
    return redirect("playlist", playlist_id=playlist_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, playlist_id: int) -> HttpResponse:
    """Ask for confirmation, and delete the playlist."""
    playlist = own_playlist(request, playlist_id)
    if request.method == "POST":
        playlist_delete(playlist=playlist)
        messages.success(request, f"The playlist “{playlist.name}” is deleted. Its songs are still here.")
        return redirect("playlists")
    return render(
        request, "library/playlist_delete.html", {"playlist": playlist, "words": totals_words(playlist)}
    )


@login_required
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Choose a playlist for a song: `?job=7&take=1`."""
    if "job" not in request.GET:
        return redirect("playlists")
    song = _song(request.GET)
    job = _finished_job(user_of(request), song) if song else None
    if song is None or job is None:
        raise Http404("There is no such song.")
    context = {
        "job": job,
        "take": song.take,
        "lines": playlist_lines(user_of(request)),
        "form": PlaylistForm(),
    }
    return render(request, "library/playlist_choose.html", context)


def _finished_job(user: User, song: SongRef) -> Job | None:
    """Return the job of a song that can be in a playlist, or None."""
    if song not in songs_found(user=user, items=[song]):
        return None
    return Job.objects.of_user(user).get(id=song.job_id)


@login_required
@require_POST
def add(request: HttpRequest, playlist_id: int) -> HttpResponse:
    """Add a song at the end."""
    playlist = own_playlist(request, playlist_id)
    song = _song(request.POST)
    try:
        playlist_items_add(playlist=playlist, items=[song] if song else [])
    except NoSuchSong as error:
        raise Http404(str(error)) from None
    except PlaylistFull as error:
        messages.error(request, str(error))
    return redirect("playlist", playlist_id=playlist_id)


@login_required
@require_POST
def places(request: HttpRequest, playlist_id: int) -> HttpResponse:
    """Move a song up or down, or remove it, in browsers without our script: `move` or `remove`, and its
    `place`, from 0."""
    playlist = own_playlist(request, playlist_id)
    place = row_id(request.POST.get("place", ""))
    songs = [SongRef(take.job_id, take.index) for take in playlist_takes(playlist)]
    if place is None or place >= len(songs):
        return redirect("playlist", playlist_id=playlist_id)  # the page was out of date
    if request.POST.get("action") == "remove":
        playlist_items_change(playlist=playlist, remove=[place])
    else:
        to = place + (1 if request.POST.get("action") == "down" else -1)
        songs.insert(max(0, min(to, len(songs) - 1)), songs.pop(place))
        playlist_items_replace(playlist=playlist, items=songs)
    return redirect("playlist", playlist_id=playlist_id)


def _song(values: Any) -> SongRef | None:
    """Return the song in a form or query string, or None."""
    job_id, take = row_id(values.get("job", "")), row_id(values.get("take", "1"))
    return SongRef(job_id, take) if job_id and take is not None and take <= 1000 else None
