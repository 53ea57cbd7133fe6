"""Playlists and smart lists sort by name, as people expect."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from library.integrity import list_name_problems
from library.playlists.models import Playlist
from library.playlists.services import playlist_create, playlist_update
from library.smart_lists.models import SmartList
from library.smart_lists.services import smart_list_create, smart_list_update

pytestmark = pytest.mark.django_db
#: In order. By code point, "Zug" would come before "eins", and "Été 10" last but before "Été 2".
SORTED = ["2 Zwei", "10 Zehn", "eins", "Été 2", "ete 10", "Été 10", "Zug", "Ёлка", "Жук"]
WRITTEN = sorted(SORTED, key=str.encode)
migration = import_module("library.migrations.0009_sort_lists_as_people_do")


@pytest.fixture
def lists(owner):
    assert WRITTEN != SORTED
    for name in WRITTEN:
        playlist_create(user=owner, name=name)
        smart_list_create(user=owner, name=name, conditions={"liked": "true"}, order="newest")


def names(model):
    return list(model.objects.values_list("name", flat=True))


def test_they_stand_by_letters_and_by_the_value_of_numbers(lists, api):
    assert names(Playlist) == names(SmartList) == SORTED
    for path in ("playlists", "smart-lists"):
        assert [each["name"] for each in api.get(f"/api/v1/music/{path}").json()] == SORTED
    assert list_name_problems() == []


def test_a_new_name_moves_them(lists):
    playlist_update(playlist=Playlist.objects.get(name="Zug"), name="1 Zug")
    smart_list_update(smart_list=SmartList.objects.get(name="Zug"), name="1 Zug")
    assert names(Playlist)[0] == names(SmartList)[0] == "1 Zug"
    assert list_name_problems() == []


def test_lists_from_before_get_their_place(lists, monkeypatch):
    for model in (Playlist, SmartList):
        model.objects.update(name_key=None)
    assert names(Playlist) == WRITTEN and len(list_name_problems()) == 2 * len(WRITTEN)
    monkeypatch.setattr(migration, "AT_ONCE", 4)
    migration.write_keys(apps, SimpleNamespace(connection=connection))
    assert names(Playlist) == names(SmartList) == SORTED


def test_a_name_written_past_the_models_is_told(lists):
    listed = Playlist.objects.get(name="Zug")
    Playlist.objects.filter(id=listed.id).update(name="Auto")
    assert list_name_problems() == [
        f"Playlist {listed.id} does not stand where its name 'Auto' does; save it once more."
    ]
