import pytest
from django.core.management import call_command

from jobs.api.serializers import DraftSerializer, GenerationSerializer, Text2MusicSerializer
from presets.models import Preset
from presets.selectors import preset_named, preset_parameters, sample_requests
from presets.services import preset_reset, presets_sync, shipped_presets

pytestmark = pytest.mark.django_db

NAMES = [
    "Modern Pop", "Rock", "Hip Hop", "Jazz", "Classical", "Electronic", "Country", "Folk", "Blues",
    "Reggae", "Latin", "R&B", "Metal", "Funk", "Disco", "Gospel", "Bossa Nova", "Drum and Bass", "K-Pop",
    "Afrobeat", "Reggaeton", "Synthwave", "Cinematic", "Custom",
]  # fmt: skip


def test_it_ships_them_in_order():
    assert list(Preset.objects.values_list("name", flat=True)) == NAMES
    for preset in Preset.objects.all():
        preset.full_clean()


def test_it_syncs_twice_without_a_change(capsys):
    counts = presets_sync()
    assert (counts.created, counts.updated, counts.kept) == (0, 0, 0)
    call_command("syncpresets")
    assert "0 created, 0 updated, 0 kept" in capsys.readouterr().out


def test_it_brings_back_a_deleted_preset_and_an_outdated_one():
    Preset.objects.get(name="Jazz").delete()
    Preset.objects.filter(name="Rock").update(parameters={"bpm": 1})
    counts = presets_sync()
    assert (counts.created, counts.updated, counts.kept) == (1, 1, 0)
    assert preset_parameters("Rock")["bpm"] == 128


def test_it_keeps_what_staff_edited_or_added():
    Preset.objects.filter(name="Rock").update(parameters={"bpm": 99}, is_edited=True)
    Preset.objects.create(name="Polka", label="Polka", parameters={"bpm": 120})
    assert presets_sync().kept == 1
    assert preset_parameters("Rock") == {"bpm": 99}
    assert preset_parameters("Polka") == {"bpm": 120}


def test_it_resets_to_what_was_shipped():
    Preset.objects.filter(name="Rock").update(parameters={}, is_edited=True)
    rock = Preset.objects.get(name="Rock")
    assert preset_reset(preset=rock)
    rock.refresh_from_db()
    assert rock.parameters["bpm"] == 128 and not rock.is_edited
    assert not preset_reset(preset=Preset.objects.create(name="Polka", label="Polka"))


def test_it_finds_a_preset_in_any_case_and_leaves_nulls_out():
    assert preset_named(" r&b ").name == "R&B"
    assert preset_parameters("hip hop")["genre"] == "Hip Hop"
    assert "keyscale" not in preset_parameters("Hip Hop")
    assert preset_parameters("Custom") == {}


def test_it_names_what_there_is():
    with pytest.raises(LookupError, match="no genre preset called 'Polka'; there are: Modern Pop, Rock,"):
        preset_parameters("Polka")


def test_every_sample_request_passes_its_own_endpoint():
    serializers = {
        str(serializer.table.task): serializer
        for serializer in GenerationSerializer.__subclasses__()
        if serializer is not DraftSerializer  # a draft is no song
    }
    assert set(sample_requests()) == set(serializers)
    for task, samples in sample_requests().items():
        for sample in samples:
            serializer = serializers[task](data=sample["request"])
            assert serializer.is_valid(), serializer.errors


def test_every_shipped_preset_is_a_request_that_passes():
    for row in shipped_presets():
        body = {key: value for key, value in row["parameters"].items() if key != "genre"}
        serializer = Text2MusicSerializer(data={"caption": "anything", **body})
        assert serializer.is_valid(), (row["name"], serializer.errors)
