import pytest
from django.test import RequestFactory

from audiomusic.http.client_address import client_address


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:50123", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:50123", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:1", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", None),
        ("[", None),
        ("", None),
    ],
)
def test_an_address_is_known_however_it_is_written(said, address):
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=said)) == address
