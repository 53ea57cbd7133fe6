"""Theme and time zone: two cookies that the server reads before it renders a page."""

import re

import pytest

from tests.jobs.api.conftest import job_row  # noqa: F401


@pytest.mark.parametrize("path", ["/sign-in", "/nothing-here"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_comes_in_the_theme_that_was_chosen(client, db, path, theme):
    client.cookies["theme"] = theme
    text = client.get(path).content.decode()
    assert f'<html lang="en" data-theme="{theme}">' in text
    assert f'<meta name="color-scheme" content="{theme}">' in text


@pytest.mark.parametrize("theme", [None, "", "blue", '"><script>'])
def test_without_a_choice_the_system_decides(client, db, theme):
    if theme is not None:
        client.cookies["theme"] = theme
    text = client.get("/sign-in").content.decode()
    assert '<html lang="en">' in text
    assert '<meta name="color-scheme" content="light dark">' in text


@pytest.mark.parametrize("theme", ["light", "dark", ""])
def test_the_admin_agrees_and_has_the_same_choice(admin_client, theme):
    admin_client.cookies["theme"] = theme
    text = admin_client.get("/admin/").content.decode()
    assert f'<meta name="color-scheme" content="{theme or "light dark"}">' in text
    choice = text.split("data-theme-choice")[1].split("</fieldset>")[0]
    assert re.findall(r'value="(\w*)" checked', choice) == [theme]
    assert re.findall(r'value="(\w*)"', choice) == ["light", "dark", ""]
    for icon in re.findall(r'href="#(icon-\w+)"', choice):
        assert text.count(f'<symbol id="{icon}"') == 1


@pytest.fixture
def song(owner, job_row):  # noqa: F811
    return job_row(owner, status="COMPLETED")


def test_a_page_tells_times_in_its_readers_zone(client, owner, song):
    client.force_login(owner)
    client.cookies["time_zone"] = "Asia/Tokyo"
    assert "Asia/Tokyo" in client.get(f"/tracks/{song.id}").content.decode()


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "x" * 5000])
def test_an_unknown_zone_leaves_utc(client, owner, song, name):
    client.force_login(owner)
    client.cookies["time_zone"] = name
    assert ", UTC" in client.get(f"/tracks/{song.id}").content.decode()


def test_programs_read_utc_whatever_the_cookie_says(client, owner, song):
    client.force_login(owner)
    before = client.get(f"/api/v1/music/jobs/{song.id}").json()["created_at"]
    client.cookies["time_zone"] = "Asia/Tokyo"
    assert client.get(f"/api/v1/music/jobs/{song.id}").json()["created_at"] == before
