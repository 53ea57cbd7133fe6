"""Accessibility of every page: no axe violation, fits a phone, no layout shift, usable by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from library.playlists.services import SongRef, playlist_create
from library.services import playlist_share_create, share_create
from library.smart_lists.services import smart_list_create
from library.tags.services import job_tags_update

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
MAX_SHIFT = 0.02
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""


@pytest.fixture
def addresses(make_song, presets):
    """Path -> whether it requires a signed-in user."""
    song = make_song("Tide", takes=2, genres=["Jazz"], lyrics="[Verse]\nDown by the water", like="like")
    make_song("Broken", status="FAILED", error_message="The studio burned down.")
    make_song("Going", status="PROCESSING", stage="rendering", progress=30)
    link = share_create(job=song, days=7)
    job_tags_update(job=song, add=["gym"])
    smart_list = smart_list_create(user=song.user, name="Mine", conditions={"tag": "gym"}, order="newest")
    playlist = playlist_create(user=song.user, name="Evening", items=[SongRef(song.id)])
    list_link = playlist_share_create(playlist=playlist, days=7)
    return {
        f"/lists/{smart_list.pk}": True, f"/tracks/{song.id}/cover": True, f"/playlists/{playlist.pk}": True,
        f"/s/{list_link.token}": False,
        "/?genre=Jazz": True, "/?search=tdie": True, "/create": True, f"/tracks/{song.id}": True,
        "/queue": True, "/account": True, f"/s/{link.token}": False, "/sign-in": False, "/sign-up": False,
        "/offline": False,
    }  # fmt: skip


def violations(page, *rules):
    """Return axe's violations; with `rules`, only of those rules."""
    # Without `preload`, axe does not fetch style sheets a second time: no active rule reads them.
    options = {"resultTypes": ["violations"], "preload": False}
    options |= {"runOnly": list(rules)} if rules else {}
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    firsts = [(each["id"], each["nodes"][0]) for each in found]
    return [f"{page.url} {name}: {node['html'][:200]} {node['failureSummary']}" for name, node in firsts]


def test_axe_finds_nothing(open_page, owner, addresses):
    windows = {True: open_page(owner), False: open_page()}
    found = []
    for address, is_signed_in in addresses.items():
        page = windows[is_signed_in]
        page.emulate_media(color_scheme="light")
        page.goto(address)
        found += violations(page)
        page.emulate_media(color_scheme="dark")
        settle(page)
        found += violations(page, "color-contrast")
    page = windows[True]
    page.goto("/")
    page.get_by_role("button", name="Play Tide").click()
    expect(page.get_by_role("region", name="Player")).to_be_visible()
    page.keyboard.press("l")
    settle(page)
    found += violations(page)
    assert found == []


def settle(page):
    """Wait until all animations end, because colours in transition have no meaningful contrast. An inherited
    colour starts its transition in the children only after the parent's has ended."""
    page.evaluate(
        """async () => {
            const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
            for (let still = 0; still < 3; ) {
                await frame();
                const all = document.getAnimations();
                const ending = all.filter(({ effect }) => effect.getComputedTiming().endTime < Infinity);
                await Promise.allSettled(ending.map(({ finished }) => finished));
                still = ending.length ? 0 : still + 1;
            }
        }"""
    )


def test_a_phone_holds_every_page(open_page, owner, addresses):
    windows = {True: open_page(owner, **PHONE), False: open_page(**PHONE)}
    wide, nameless = [], []
    for address, is_signed_in in addresses.items():
        page = windows[is_signed_in]
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["viewport"]["width"]:
            wide.append((address, width))
        nameless += violations(page, "summary-name", "button-name", "link-name")  # labels may be hidden here
    assert (wide, nameless) == ([], [])
    page = windows[True]
    page.goto("/")
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("link", name="Jazz 1").click()
    expect(page.locator(".row")).to_have_count(1)


def test_the_first_page_stands_still(open_page, owner, addresses):
    page = open_page(owner)
    page.goto("/")
    assert page.evaluate(SHIFTS) < MAX_SHIFT


def test_the_keyboard_alone_reaches_and_plays_a_song(open_page, owner, addresses):
    page = open_page(owner)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Play Tide":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause Tide")).to_be_focused()
