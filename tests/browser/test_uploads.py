"""Your audio: files are chosen or dropped, rejected with a message beside the file, and analyzed."""

import base64

import pytest
from playwright.sync_api import expect

from jobs.analysis.orders import analysis_answer, analysis_claim
from jobs.heartbeat import heartbeat_write
from jobs.models import SourceFile
from jobs.worker.threads.analyst import answer_to
from tests.browser.test_for_everybody import PHONE, violations
from tests.support.band import RATE_HZ, band
from tests.support.sounds import sound_bytes

DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  for (const type of ["dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture(scope="module")
def wav():
    return sound_bytes(
        "WAV", rate_hz=RATE_HZ, samples=band([(57, "m"), (50, "m"), (52, ""), (57, "m")], bars=4)
    )


def test_a_file_is_sent_heard_and_deleted(open_page, owner, transactional_db, wav, complaints):
    page = open_page(owner, **PHONE)
    page.goto("/create")
    page.get_by_role("link", name="Your audio").click()
    expect(page.get_by_role("heading", name="Your audio")).to_be_visible()
    page.get_by_label("Choose audio files").set_input_files(
        [
            {"name": "Night.wav", "mimeType": "audio/wav", "buffer": wav},
            {"name": "letter.mp3", "mimeType": "audio/mpeg", "buffer": b"Dear Otto"},
        ]
    )
    expect(page.get_by_role("link", name="Night.wav")).to_be_visible()
    refused = page.get_by_role("listitem").filter(has_text="letter.mp3")
    expect(refused.get_by_role("alert")).to_contain_text("Choose WAV, FLAC")
    complaints.clear()  # the browser's own message about the 415

    heartbeat_write()
    page.get_by_role("button", name="Analyze Night.wav").press("Enter")
    expect(page.get_by_text("Analyzing…")).to_be_visible()
    order = analysis_claim()
    analysis_answer(order=order, answer=answer_to(order))
    expect(page.get_by_text("120 bpm")).to_be_visible()
    expect(page.get_by_text("A Minor")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
    assert violations(page) == []
    page.get_by_role("button", name="Close the message about letter.mp3").press("Enter")
    expect(refused).to_have_count(0)
    expect(page.get_by_label("Choose audio files")).to_be_focused()

    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete Night.wav").press("Enter")
    expect(page.get_by_text("“Night.wav” deleted.")).to_be_focused()
    assert not SourceFile.objects.exists()


def test_a_file_is_dropped_anywhere_and_what_was_heard_stays(page, transactional_db, wav):
    page.goto("/uploads")
    page.evaluate(DROP, ["Night.wav", base64.b64encode(wav).decode()])
    expect(page.get_by_role("link", name="Night.wav")).to_be_visible()
    page.get_by_role("button", name="Analyze Night.wav").click()
    expect(page.get_by_text("No worker is running")).to_be_visible()
    page.evaluate(DROP, ["Day.wav", base64.b64encode(wav).decode()])
    expect(page.get_by_role("link", name="Day.wav")).to_be_visible()
    expect(page.get_by_text("No worker is running")).to_be_visible()


def test_a_file_that_is_too_large_is_not_even_sent(page, transactional_db, wav, settings):
    settings.SOURCE_MAX_SIZE = "1kB"
    page.goto("/uploads")
    page.get_by_label("Choose audio files").set_input_files(
        [{"name": "Night.wav", "mimeType": "audio/wav", "buffer": wav}]
    )
    expect(page.get_by_text("This file is too large: the limit is 1 kB.")).to_be_visible()
    expect(page.get_by_role("button", name="Send Night.wav again")).to_be_hidden()
