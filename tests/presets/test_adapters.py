"""The adapter registry: what staff may enter and what users may request."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from audiomusic.accounts.models import User
from audiomusic.engines import base
from jobs.models import Job
from jobs.specs.build import song_request, with_adapters
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


@pytest.fixture
def night(tmp_path):
    return Adapter.objects.create(
        name="Night: deep, blue", folder=str(tmp_path), least_weight=-1, most_weight=1
    )


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("rain:0.8, night: deep, blue", None),  # the name contains the separator characters
        ("Night: deep, blue", "Night: deep, blue"),
        ("rain:0.80", "Rain:0.8"),
        (" RAIN , ", "Rain"),
    ],
)
def test_several_are_known_by_their_names_and_weights(rain, night, ask, asked, stored):
    answer = ask(lora_name_or_path=asked, model_version="acestep")
    if stored is None:
        assert "There is no adapter called ' night: deep'" in answer.data["errors"]["lora_name_or_path"][0]
        return
    assert answer.data["job"]["effective"]["options"]["lora_name_or_path"] == stored


def test_the_engine_gets_each_with_its_weight(rain, ask, tmp_path):
    Adapter.objects.create(name="Night", folder=str(tmp_path))
    asked = "Rain:0.5, night"
    answer = ask(lora_name_or_path=asked, lora_weight=1.25, model_version="acestep")
    job = Job.objects.get(id=answer.data["job"]["id"])
    request = with_adapters(song_request(job))
    assert request.adapters == (
        base.AdapterWeights("Rain", rain.folder, 16, 8, 0.5),
        base.AdapterWeights("Night", str(tmp_path), weight=1.25),
    )


@pytest.mark.parametrize(
    ("asked", "name", "sentence"),
    [
        ("Rain, Rain:0.5", "lora_name_or_path", "Expected each adapter once, got Rain twice."),
        ("Rain:2", "lora_weight", "Rain can be used from 0 to 1.5, not at 2."),
        ("Rain:1e9", "lora_name_or_path", "There is no adapter called 'Rain:1e9'; there are: Rain."),
        ("Rain:nan", "lora_name_or_path", "There is no adapter called 'Rain:nan'; there are: Rain."),
        (",", "lora_name_or_path", "Expected an adapter's name, got none."),
    ],
)
def test_several_that_do_not_go_together(rain, ask, asked, name, sentence):
    assert ask(lora_name_or_path=asked).data["errors"][name] == [sentence]


def test_more_than_four_are_too_many(ask, tmp_path):
    for number in range(5):
        Adapter.objects.create(name=f"a{number}", folder=str(tmp_path))
    answer = ask(lora_name_or_path="a0,a1,a2,a3,a4")
    assert answer.data["errors"]["lora_name_or_path"] == ["Expected at most 4 adapters, got 5."]


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
    assert answer.data["errors"]["lora_weight"] == ["Rain can be used from 0 to 1.5, not at 2."]


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
    assert answer.status_code == 302  # the same response for any path
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
