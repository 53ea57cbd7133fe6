import pytest

from audiomusic.server.addresses import listen_url, split_url, url_host


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("", ("", "", "")),
        ("https://music.example.org", ("https://music.example.org", "music.example.org", "")),
        ("http://example.org:8443/a/music/", ("http://example.org:8443", "example.org", "/a/music")),
        ("https://[2001:db8::5]:8443/x", ("https://[2001:db8::5]:8443", "[2001:db8::5]", "/x")),
        ("music.example.org", ("", "", "")),
        ("http://[::1", ("", "", "")),
        ("http://example.org:port", ("", "", "")),
    ],
)
def test_a_public_url_has_an_origin_a_host_and_a_path(url, parts):
    assert split_url(url) == parts


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("2001:db8::5", "http://[2001:db8::5]:80"),
        ("music.local", "http://music.local:80"),
    ],
)
def test_a_browser_here_finds_what_listens(host, url):
    assert listen_url(host, "80") == url
    assert url_host("::1") == "[::1]"
