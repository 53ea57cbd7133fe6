"""`bench slow` on a small scale: a few slow clients of each kind beside a real server."""

import json
from urllib.parse import urlsplit

import pytest

from audiomusic.bench.load import slow
from audiomusic.bench.load.slow import SPELLINGS, SlowClient, half_sent
from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import HIGH_RATES
from tests.support.prepared import PreparedServer
from tests.support.sounds import web_server

pytestmark = pytest.mark.e2e


def test_it_tells_what_others_notice_of_slow_clients(prepared_folder, monkeypatch):
    monkeypatch.setattr(slow, "RATE_S", 0.5)
    monkeypatch.setattr(slow, "REQUESTS", 80)
    monkeypatch.setattr(slow, "SONG", slow.SONG | {"audio_duration": 10})
    report = Report()
    with PreparedServer(prepared_folder, **HIGH_RATES) as server:
        slow.measure(server, report, half_sent_count=2 * len(SPELLINGS), readers=5)
    told = json.loads(report.to_json())
    assert told["figures"]["slow_opened"] >= 2 * len(SPELLINGS) + 5
    assert told["figures"]["slow_beside_status_per_s"] > 0
    assert set(told["wanted"]) == {
        "slow_beside_sign_in_p95_ms", "slow_beside_status_p95_ms", "slow_rss_growth_mb", "slow_connected",
    }  # fmt: skip


def test_a_slow_client_that_is_disconnected_comes_back():
    with web_server({}) as address:  # the server rejects the request line and closes the connection
        client = SlowClient(urlsplit(address).port, b"nonsense\r\n\r\n", reads=True)
        client.step()
        while client.connection is not None:
            client.step()
        client.step()
        assert client.times_opened == 2
        client.close()


def test_each_spelling_is_half_a_request():
    assert len(SPELLINGS) == len({half_sent(name, "ap_key") for name in SPELLINGS}) == 10
    assert half_sent("half a trailer", "ap_key").endswith(b"\r\n2\r\n{}\r\n0\r\nX-Half: ")
