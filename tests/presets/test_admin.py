import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from audiomusic.accounts.models import User
from presets.models import Preset


@pytest.fixture
def desk(client, staff):
    client.force_login(staff)
    return client


def test_it_lists_presets(desk):
    assert desk.get(reverse("admin:presets_preset_changelist")).status_code == 200


def edit(desk, preset, **values):
    form = {"name": preset.name, "label": preset.label, "position": preset.position, "parameters": "{}"}
    return desk.post(reverse("admin:presets_preset_change", args=[preset.pk]), {**form, **values})


def test_it_marks_an_edited_preset(desk):
    rock = Preset.objects.get(name="Rock")
    assert edit(desk, rock, parameters='{"bpm": 99}').status_code == 302
    rock.refresh_from_db()
    assert rock.parameters == {"bpm": 99} and rock.is_edited


@pytest.mark.parametrize("parameters", ['{"tempo": 99}', '{"bpm": "fast"}', '{"bpm": true}', "[1]"])
def test_it_refuses_what_no_preset_can_set(desk, parameters):
    rock = Preset.objects.get(name="Rock")
    assert edit(desk, rock, parameters=parameters).status_code == 200
    assert Preset.objects.get(name="Rock").parameters["bpm"] == 128


@pytest.fixture
def edited(db):
    rock = Preset.objects.get(name="Rock")
    Preset.objects.filter(pk=rock.pk).update(parameters={"bpm": 99}, is_edited=True)
    return rock


@pytest.mark.parametrize("place", ["list", "page"])
def test_it_resets_to_shipped_when_that_is_confirmed(desk, edited, place):
    address = {
        "list": reverse("admin:presets_preset_changelist"),
        "page": reverse("admin:presets_preset_reset", args=[edited.pk]),
    }[place]
    form = {"action": "reset_to_shipped", "_selected_action": [edited.pk]}
    asked = desk.post(address, form).content.decode()
    assert "are you sure?" in asked and "<td>99</td><td>128</td>" in asked
    edited.refresh_from_db()
    assert edited.is_edited
    desk.post(address, {**form, "confirmed": "yes"})
    edited.refresh_from_db()
    assert edited.parameters["bpm"] == 128 and not edited.is_edited
    assert LogEntry.objects.get().get_change_message() == "Reset to the shipped version."


def test_a_get_resets_nothing(desk, edited):
    desk.get(reverse("admin:presets_preset_reset", args=[edited.pk]), {"confirmed": "yes"})
    edited.refresh_from_db()
    assert edited.is_edited


def test_what_was_never_shipped_is_left_alone(desk):
    own = Preset.objects.create(name="Ours", label="Ours", parameters={"bpm": 77})
    address = reverse("admin:presets_preset_reset", args=[own.pk])
    assert "no shipped version: Ours" in desk.get(address).content.decode()
    desk.post(address, {"confirmed": "yes"})
    assert Preset.objects.get(name="Ours").parameters == {"bpm": 77}
    assert not LogEntry.objects.exists()


def test_a_reset_wants_the_permission(client, edited):
    viewer = User.objects.create_user("vera", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_preset"))
    client.force_login(viewer)
    address = reverse("admin:presets_preset_reset", args=[edited.pk])
    assert client.post(address, {"confirmed": "yes"}).status_code == 403
    for page in (edited_page(edited), reverse("admin:presets_preset_changelist")):
        shown = client.get(page).content.decode()
        assert address not in shown and reverse("admin:jobs_job_try", args=[edited.pk]) not in shown


def edited_page(preset):
    return reverse("admin:presets_preset_change", args=[preset.pk])
