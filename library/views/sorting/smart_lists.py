"""Smart lists on the pages: save a search, and show, rename, change and delete a list."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audiomusic.accounts.requests.signed_in import user_of
from library.query.browse import ORDERS, Browse
from library.smart_lists.models import NAME_CHARS, SmartList
from library.smart_lists.selectors import (
    CONDITIONS,
    MOST_SONGS,
    address_query,
    condition_words,
    look_of,
    smart_lists_of,
)
from library.smart_lists.services import (
    SmartListInvalid,
    SmartListsFull,
    smart_list_create,
    smart_list_delete,
    smart_list_update,
)

QUERY_CHARS = 4000


class KeepForm(forms.Form):
    """A library search as its query string, and a name for it."""

    name = forms.CharField(max_length=NAME_CHARS)
    query = forms.CharField(max_length=QUERY_CHARS, required=False)


class SmartListForm(forms.Form):
    name = forms.CharField(max_length=NAME_CHARS, label="Name")
    order = forms.ChoiceField(label="Order", choices=[(word, label) for word, (label, *_) in ORDERS.items()])


def own_smart_list(request: HttpRequest, smart_list_id: int) -> SmartList:
    """Return the user's own smart list. Raises Http404."""
    found = smart_lists_of(user_of(request)).filter(id=smart_list_id).first()
    if found is None:
        raise Http404("There is no such smart list.")
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def smart_lists(request: HttpRequest) -> HttpResponse:
    """Save a search and show it in the library. The playlists page lists all smart lists."""
    if request.method != "POST":
        return redirect("playlists")
    form = KeepForm(request.POST)
    if not form.is_valid():
        return _refused(request, "Give the search a name of at most 200 characters.")
    browse = Browse.read(user_of(request), QueryDict(form.cleaned_data["query"].removeprefix("?")))
    conditions = {name: browse.query_params[name] for name in CONDITIONS if name in browse.query_params}
    try:
        made = smart_list_create(
            user=user_of(request),
            name=form.cleaned_data["name"],
            conditions=conditions,
            order=browse.order,
        )
    except (SmartListInvalid, SmartListsFull) as error:
        return _refused(request, str(error))
    return redirect(reverse("home") + address_query(made))


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect("playlists")


@login_required
@require_safe
def smart_list(request: HttpRequest, smart_list_id: int) -> HttpResponse:
    """Show the list's search and actions."""
    return _page(request, own_smart_list(request, smart_list_id))


def _page(
    request: HttpRequest, smart_list: SmartList, *, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    browse = look_of(smart_list)
    context = {
        "smart_list": smart_list,
        "conditions": condition_words(browse),
        "order": ORDERS[browse.order][0],
        "query": browse.query,
        "words": browse.total_words,
        "most_songs": MOST_SONGS,
        "form": form or SmartListForm(initial={"name": smart_list.name, "order": browse.order}),
    }
    return render(request, "library/smart_list.html", context, status=status)


@login_required
@require_POST
def change(request: HttpRequest, smart_list_id: int) -> HttpResponse:
    """Change the name or order."""
    smart_list = own_smart_list(request, smart_list_id)
    form = SmartListForm(request.POST)
    if form.is_valid():
        try:
            smart_list_update(smart_list=smart_list, **form.cleaned_data)
        except SmartListInvalid as error:
            form.add_error(error.field, forms.ValidationError(str(error)))
    if not form.is_valid():
        return _page(request, smart_list, form=form, status=400)
    return redirect("smart-list", smart_list_id=smart_list_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, smart_list_id: int) -> HttpResponse:
    """Ask for confirmation; a POST deletes the list."""
    smart_list = own_smart_list(request, smart_list_id)
    if request.method == "POST":
        smart_list_delete(smart_list=smart_list)
        messages.success(request, f"The smart list “{smart_list.name}” is deleted. Its songs are still here.")
        return redirect("playlists")
    return render(request, "library/smart_list_delete.html", {"smart_list": smart_list})
