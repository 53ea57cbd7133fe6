import pytest
from django.urls import reverse

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


def test_it_resets_to_shipped(desk):
    rock = Preset.objects.get(name="Rock")
    Preset.objects.filter(pk=rock.pk).update(parameters={}, is_edited=True)
    action = {"action": "reset_to_shipped", "_selected_action": [rock.pk]}
    desk.post(reverse("admin:presets_preset_changelist"), action)
    rock.refresh_from_db()
    assert rock.parameters["bpm"] == 128 and not rock.is_edited
