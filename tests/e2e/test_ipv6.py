"""The server on IPv6: where it listens, what it prints, and which client address it sees."""

import json
import socket
from urllib.request import Request, urlopen

import pytest

from audiomusic.server.http import open_listener
from tests.support.prepared import PreparedServer


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6"),
]


def ask(url, key=""):
    with urlopen(Request(url, headers={"X-API-Key": key} if key else {}), timeout=30) as answer:
        return (
            json.loads(answer.read()) if "json" in answer.headers["Content-Type"] else answer.read().decode()
        )


def test_it_listens_prints_and_links_in_brackets(prepared_folder):
    server = PreparedServer(prepared_folder, "web", HOST="[::]")
    server.base_url = here = f"http://[::1]:{server.port}"
    with server:
        assert ask(f"{here}/healthz") == {"status": "live"}
        said = server.log_path.read_text()
        assert f"is at {here}/" in said and "DisallowedHost" not in said
        assert "audiomusic_" in ask(f"{here}/metrics")  # open to this machine only, which the caller is
        assert ask(f"{here}/api/v1/auth/me", server.key)["username"] == "scratch"
        by_ipv4 = f"http://127.0.0.1:{server.port}"  # also recognised as local, not as ::ffff:127.0.0.1
        assert "audiomusic_" in ask(f"{by_ipv4}/metrics")
        assert ask(f"{by_ipv4}/api/v1/auth/me", server.key)["username"] == "scratch"
        seen = server.python("manage.py", "shell", "-v", "0", "-c", LAST_ADDRESS).split()
        assert seen == ["::1"]


def test_one_address_is_open_to_no_other():
    with open_listener("::1", 0) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        socket.create_connection(("::1", port), timeout=5).close()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=5)


#: The address from which the key was last used, as the account page shows it.
LAST_ADDRESS = """
from audiomusic.accounts.models import ApiKey
print(ApiKey.objects.exclude(last_address=None).values_list("last_address", flat=True)[0])
"""
