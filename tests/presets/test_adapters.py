"""The registry of adapters: what staff may enter and users may ask for."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from audiomusic.accounts.models import User
from audiomusic.engines import base
from presets.models import Adapter
from presets.selectors import adapter_named

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/music/text2music"


@pytest.fixture
def rain(tmp_path):
    (tmp_path / "rain.safetensors").touch()
    return Adapter.objects.create(
        name="Rain", folder=str(tmp_path), alpha=16, rank=8, least_weight=0, most_weight=1.5
    )


@pytest.fixture
def ask(client_of, owner):
    def post(**wishes):
        return client_of(owner).post(ADDRESS, {"caption": "calm", "instrumental": True} | wishes)

    return post


def test_a_registered_one_is_known_by_its_name(rain, ask):
    answer = ask(lora_name_or_path="rain", lora_weight=1.2, model_version="acestep")
    assert answer.status_code == 200
    assert answer.data["job"]["effective"]["options"]["lora_name_or_path"] == "Rain"
    assert rain.folder not in str(answer.data)
    assert adapter_named("RAIN").as_engine_adapter() == base.AdapterWeights("Rain", rain.folder, 16, 8)


def test_one_that_is_not_registered_is_refused(rain, ask):
    answer = ask(lora_name_or_path="/etc/passwd")
    assert answer.status_code == 400
    assert answer.data["errors"]["lora_name_or_path"] == [
        "There is no adapter called '/etc/passwd'; there are: Rain."
    ]


def test_one_that_is_switched_off_is_as_if_it_were_not_there(rain, ask):
    rain.is_active = False
    rain.save()
    assert "none is registered here" in ask(lora_name_or_path="Rain").data["errors"]["lora_name_or_path"][0]


def test_its_limits_hold(rain, ask):
    answer = ask(lora_name_or_path="Rain", lora_weight=2)
    assert answer.data["errors"]["lora_weight"] == ["Rain may be played from 0 to 1.5, not at 2."]


def test_the_studio_has_no_use_for_it(rain, ask):
    job = ask(lora_name_or_path="Rain", model_version="studio").data["job"]
    assert "lora_name_or_path" in job["effective"]["not_applied"]


def test_staff_enter_sound_values_only(rain, tmp_path):
    rain.full_clean()
    wrong = [
        {"folder": "adapters/rain"}, {"folder": str(tmp_path / "rain.safetensors")},
        {"least_weight": 2, "most_weight": 1}, {"most_weight": 9}, {"alpha": -1}, {"rank": 0},
    ]  # fmt: skip
    for values in wrong:
        with pytest.raises(ValidationError):
            Adapter(**({"name": "x", "folder": str(tmp_path)} | values)).full_clean()
    Adapter(name="elsewhere", folder="/on/another/machine").full_clean()


@pytest.fixture
def operator(client):
    operator = User.objects.create_user("op", "op@example.org", "pw", is_staff=True)
    operator.groups.add(Group.objects.get(name="Operators"))
    client.force_login(operator)
    return client


@pytest.mark.parametrize("path", ["/etc", "/etc/passwd", "/nowhere/at/all", "relative"])
def test_an_operator_cannot_ask_the_disk_by_a_folder(rain, operator, path):
    form = {"name": "Rain", "folder": path, "least_weight": 0, "most_weight": 1, "is_active": "on"}
    address = f"/admin/presets/adapter/{rain.pk}/change/"
    answer = operator.post(address, form)
    assert answer.status_code == 302  # whatever the path, the same
    folder = rain.folder
    rain.refresh_from_db()
    assert (rain.folder, rain.most_weight) == (folder, 1)
    assert 'name="folder"' not in operator.get(address).content.decode()
    assert operator.post("/admin/presets/adapter/add/", form).status_code == 403


def test_an_administrator_says_where_it_lies(rain, staff, client):
    client.force_login(staff)
    form = {"name": "Rain", "folder": "/other", "least_weight": 0, "most_weight": 1, "is_active": "on"}
    assert client.post(f"/admin/presets/adapter/{rain.pk}/change/", form).status_code == 302
    rain.refresh_from_db()
    assert rain.folder == "/other"


def test_the_admin_lists_them(rain, staff, client):
    client.force_login(staff)
    assert rain.folder in client.get("/admin/presets/adapter/").content.decode()
