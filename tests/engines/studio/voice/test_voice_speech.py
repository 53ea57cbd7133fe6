"""The speech server: always the same sound, whatever it spoke before and whichever process dies."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import espeakng_loader
import numpy as np
import pytest

from audiomusic.engines.studio.voice import can_pronounce, speech
from audiomusic.engines.studio.voice.speech import POOL, TEXT_LIMIT, speak


@pytest.fixture(autouse=True)
def no_memory():
    speech._speak_cached.cache_clear()


def ipa_of(spoken):
    return [segment.ipa for segment in spoken.segments if segment.ipa]


def test_speak_gives_samples_phonemes_and_words():
    spoken = speak("hello river", "en")
    assert spoken.pcm.dtype == np.int16
    assert spoken.rate_hz == 22_050
    assert len(spoken.pcm) > 0.5 * spoken.rate_hz
    assert [spoken.text[w.text_start : w.text_end] for w in spoken.words] == ["hello", "river"]
    assert ipa_of(spoken)[:2] == ["h", "ə"]
    assert {segment.stress for segment in spoken.segments} == {0, 2}


def test_segments_follow_one_another():
    segments = speak("walking down the river in the evening", "en").segments
    assert all(a.start_s <= a.end_s <= b.start_s for a, b in zip(segments, segments[1:], strict=False))


def test_the_same_text_sounds_the_same_whatever_was_spoken_before():
    first = speak("the same again", "en", "f2")
    speech._speak_cached.cache_clear()
    speak("something else entirely", "de", "anika")
    again = speak("the same again", "en", "f2")
    assert again is not first
    assert np.array_equal(again.pcm, first.pcm)
    assert again.segments == first.segments


def test_several_threads_each_get_their_own_words():
    texts = [f"{number} bottles on the wall" for number in range(24)]
    alone = [speak(text, "en") for text in texts]
    speech._speak_cached.cache_clear()
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda text: speak(text, "en"), texts))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one.pcm, other.pcm)


def test_a_killed_server_is_replaced():
    speak("warm up", "en")
    for server in POOL.servers:
        if server.process:
            os.kill(server.process.pid, signal.SIGKILL)
    assert ipa_of(speak("still here", "en"))


def test_an_unknown_language_gives_silence():
    assert speak("hello", "xx").segments == ()
    assert not can_pronounce("xx")
    assert not can_pronounce("fo")


@pytest.mark.parametrize("language", ["en", "pt_BR", "pt-PT", "fr", "zh-Hant", "en-AU", "no"])
def test_common_tags_find_a_voice(language):
    assert can_pronounce(language)
    assert ipa_of(speak("la", language))


@pytest.mark.parametrize("text", ["", "   ", "🎵🎶", "\0", "...!?", "\u202e"])
def test_nothing_to_pronounce_gives_silence(text):
    assert speak(text, "en").segments == ()


def test_text_beyond_the_limit_is_not_spoken():
    assert len(speak("la " * 5000, "en").text) == TEXT_LIMIT


def test_a_forked_process_starts_servers_of_its_own():
    before = speak("from the parent", "en")
    context = multiprocessing.get_context("fork")
    inbox = context.Queue()
    child = context.Process(target=_speak_in_child, args=(inbox,))
    child.start()
    samples, pids = inbox.get(timeout=30)
    child.join()
    assert np.array_equal(samples, before.pcm)
    assert not set(pids) & {server.process.pid for server in POOL.servers if server.process}
    assert ipa_of(speak("the parent still speaks", "en"))


def _speak_in_child(inbox):
    speech._speak_cached.cache_clear()
    samples = speak("from the parent", "en").pcm
    inbox.put((samples, [server.process.pid for server in POOL.servers if server.process]))


def test_the_server_ends_with_its_parent_even_when_stdin_stays_open():
    program = (
        "import os, subprocess, sys\n"
        "reader, writer = os.pipe()\n"
        "server = subprocess.Popen([sys.executable, '-I', '-S', *sys.argv[1:], str(os.getpid())],"
        " stdin=reader, stdout=subprocess.DEVNULL)\n"
        "keeper = subprocess.Popen(['sleep', '20'], pass_fds=[writer], stdout=subprocess.DEVNULL)\n"
        "print(server.pid, keeper.pid, flush=True)\n"
    )
    arguments = [
        str(speech._SERVER_PATH),
        espeakng_loader.get_library_path(),
        espeakng_loader.get_data_path(),
    ]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    server, keeper = map(int, done.stdout.split())
    try:
        assert _ends_soon(server)
    finally:
        os.kill(keeper, signal.SIGKILL)


def _ends_soon(pid):
    for _ in range(100):
        try:
            with open(f"/proc/{pid}/stat") as status:
                if status.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.1)
    return False


def test_the_server_imports_no_torch():
    code = "import runpy, sys; runpy.run_path(sys.argv[1]); print({'torch', 'django'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(speech._SERVER_PATH)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"
