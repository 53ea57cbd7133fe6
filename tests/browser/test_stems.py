"""The stems on a song's page, and the mixer."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import expect

from audiomusic.devtools.browser import wait_until
from audiomusic.engines.encoding import transcode
from jobs.models import AudioFile, Job
from tests.browser.test_for_everybody import PHONE, settle, violations
from tests.support.studio_songs import studio_song


def test_one_part_is_asked_for_and_leads_to_its_own_page(page, transactional_db, owner):
    song = studio_song(owner)
    page.goto(f"/tracks/{song.id}")
    expect(page.get_by_text("electric bass", exact=True)).to_be_visible()
    page.get_by_role("button", name="Make the song without Vocals").click()
    expect(page.get_by_role("heading", name="Rainy Day – without vocals")).to_be_visible()
    job = Job.objects.get(source_job=song)
    assert job.effective["stems"] == [["drums", "bass", "keyboard"]]
    page.get_by_role("link", name="Rainy Day", exact=True).click()
    expect(page.get_by_role("heading", name="Stems")).to_be_visible()


def test_what_was_made_is_saved_from_there(page, transactional_db, owner):
    song = studio_song(owner)
    studio_song(
        owner, task="extract", source_job=song, takes=4,
        effective={
            "stems": [["vocals"], ["drums"], ["bass"], ["keyboard"]], "source": {"take": 1},
            "operation": {"name": "extract", "mode": "all"},
        },
    )  # fmt: skip
    page.goto(f"/tracks/{song.id}")
    project = page.get_by_role("link", name="Project for an audio editor")
    assert "/archive/" in project.get_attribute("href")
    expect(page.get_by_role("link", name="Save Keyboard as WAV")).to_be_visible()


STEMS = ["vocals", "drums", "bass", "keyboard"]
SOUNDS = "[...document.querySelectorAll('.mixer audio')]"
TOGETHER_S = 0.05
APART = f"""(() => {{
    const times = {SOUNDS}.map((sound) => sound.currentTime);
    return Math.max(...times) - Math.min(...times);
}})()"""
HOUSE = "document.getElementById('audio')"


@pytest.fixture
def mixable(make_song, owner, sound, tmp_path):
    """Create a song with real sound, and all its stems. The light format is made from the master."""
    song = studio_song(owner, format="mp3")
    take = song.takes.get()
    master = take.files.get(format="flac").storage_name
    (tmp_path / "tone.mp3").write_bytes(sound)
    transcode(tmp_path / "tone.mp3", tmp_path / "tone.flac", "flac")
    default_storage.delete(master)
    default_storage.save(master, ContentFile((tmp_path / "tone.flac").read_bytes()))
    take.lrc_content = "[00:00.00]Down by the water\n[00:02.00]Sing it"
    take.save()
    name = default_storage.save("browser/mixable.mp3", ContentFile(sound))
    AudioFile.objects.create(take=take, format="mp3", storage_name=name, byte_count=len(sound), sha256="0")
    made = {"source": {"take": 1}, "operation": {"name": "extract", "mode": "all"}}
    effective = {"caption": "", "stems": [[stem] for stem in STEMS], **made}
    make_song("Stems", takes=len(STEMS), task="extract", source_job=song, effective=effective)
    return song


def heard_stems(page):
    return page.evaluate(f"{SOUNDS}.map((sound) => (sound.muted ? 0 : sound.volume))")


def test_the_mixer_plays_all_stems_in_time(page, mixable):
    page.goto(f"/tracks/{mixable.id}")
    mixer = page.get_by_role("region", name="Mixer")
    mixer.get_by_role("button", name="Play the stems").click()
    wait_until(page, f"{SOUNDS}.every((sound) => !sound.paused && sound.currentTime > 0.4)")
    assert page.evaluate(APART) < TOGETHER_S
    mixer.get_by_role("slider", name="Position in the stems").fill("2.2")
    wait_until(page, f"{SOUNDS}.every((sound) => !sound.paused && sound.currentTime > 2.4)")
    assert page.evaluate(APART) < TOGETHER_S
    expect(page.locator(".lyrics [aria-current]")).to_have_text("Sing it")
    assert float(page.locator(".score-head").get_attribute("x1")) > 0
    mixer.get_by_role("button", name="Pause the stems").click()
    wait_until(page, f"{SOUNDS}.every((sound) => sound.paused)")
    assert page.evaluate(APART) == 0


def test_a_stem_is_muted_heard_alone_and_turned_down(page, mixable):
    page.goto(f"/tracks/{mixable.id}")
    mixer = page.get_by_role("region", name="Mixer")
    mute = mixer.get_by_role("button", name="Mute Drums")
    mute.focus()
    page.keyboard.press("Space")
    expect(mute).to_have_attribute("aria-pressed", "true")
    assert heard_stems(page) == [1, 0, 1, 1]
    volume = mixer.get_by_role("slider", name="Volume of Bass")
    volume.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(volume).to_have_attribute("aria-valuetext", "90 %")
    assert heard_stems(page) == [1, 0, 0.9, 1]
    mixer.get_by_role("button", name="Solo Bass").click()
    assert heard_stems(page) == [0, 0, 0.9, 0]
    mixer.get_by_role("button", name="Solo Bass").click()
    assert heard_stems(page) == [1, 0, 0.9, 1]


STIFF = """
Object.defineProperty(HTMLMediaElement.prototype, "volume", { get: () => 1, set: () => {} });
const made = AudioContext.prototype.createGain;
window.gains = [];
AudioContext.prototype.createGain = function () {
  const gain = made.call(this);
  window.gains.push(gain);
  return gain;
};
"""


def test_a_phone_whose_sounds_cannot_be_turned_down_has_faders_all_the_same(page, mixable):
    page.add_init_script(STIFF)
    page.goto(f"/tracks/{mixable.id}")
    mixer = page.get_by_role("region", name="Mixer")
    volume = mixer.get_by_role("slider", name="Volume of Bass")
    volume.fill("90")
    mixer.get_by_role("button", name="Play the stems").click()
    wait_until(page, f"{SOUNDS}.every((sound) => !sound.paused && sound.currentTime > 0.1)")
    assert page.evaluate("gains.map((each) => Math.round(each.gain.value * 100))") == [100, 100, 90, 100]
    volume.fill("40")
    assert page.evaluate("gains.map((each) => Math.round(each.gain.value * 100))") == [100, 100, 40, 100]


def test_mixer_and_player_never_sound_together(page, mixable):
    page.goto(f"/tracks/{mixable.id}")
    page.get_by_role("main").get_by_role("button", name="Play", exact=True).click()
    wait_until(page, f"{HOUSE}.currentTime > 0.2")
    page.get_by_role("button", name="Play the stems").click()
    wait_until(page, f"{HOUSE}.paused && {SOUNDS}.every((sound) => !sound.paused)")
    page.get_by_role("region", name="Player").get_by_role("button", name="Play", exact=True).click()
    wait_until(page, f"!{HOUSE}.paused && {SOUNDS}.every((sound) => sound.paused)")
    expect(page.get_by_role("button", name="Play the stems")).to_be_visible()


def test_a_stem_that_does_not_arrive_is_told(page, mixable, complaints):
    page.goto(f"/tracks/{mixable.id}")
    page.route("**/audio/**", lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="Play the stems").click()
    expect(page.get_by_text("cannot be played right now").first).to_be_visible()
    expect(page.get_by_role("button", name="Play the stems")).to_be_visible()
    complaints.clear()


def test_the_mixer_is_for_every_eye_and_hand(open_page, owner, mixable):
    page = open_page(owner, **PHONE)
    page.goto(f"/tracks/{mixable.id}")
    page.get_by_role("button", name="Mute Drums").tap()
    settle(page)
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    settle(page)
    assert found + violations(page, "color-contrast") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
