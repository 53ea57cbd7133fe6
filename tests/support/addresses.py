"""Every address of the server, read from the URL table: what is added there is tested from then on."""

import re
from typing import NamedTuple

from django.urls import get_resolver
from django.urls.resolvers import URLPattern

VERBS = ("get", "head", "post", "put", "patch", "delete")
UNSAFE = ("post", "put", "patch", "delete")
PARAMETER = re.compile(r"<(\w+):(\w+)>")

#: What opens without credentials; each has a reason. Whatever is not named here does not.
PUBLIC = {
    "sign-in", "sign-in-factor", "sign-in-factor-options", "sign-in-passkey", "sign-in-passkey-options",
    "sign-in-oidc", "sign-in-oidc-callback", "sign-up", "token", "token-refresh",  # how one gets credentials
    "sign-out",  # of nobody: changes nothing
    "schema", "api-docs",  # what the API is
    "healthz", "readyz",  # for what watches the server: no more than whether it lives
    "metrics",  # by a key of its own, or for this machine alone: tests/monitoring/test_metrics.py
    "web-manifest", "service-worker", "offline",  # asked for without cookies, and of nobody
    "mcp",  # tells everybody that it takes POST alone, and that wants a key: tests/mcp
}  # fmt: skip
#: What opens to anyone who holds the token in it; see test_links.
BY_TOKEN = {"audio", "cover", "peaks", "lrc", "score", "recipe", "archive", "source"}
BY_TOKEN |= {"shared", "shared-sound", "shared-cover", "shared-place-cover", "shared-gone"}
#: And music players and assistants, whose every call signs in by itself: tests/library/subsonic, tests/mcp.
BY_TOKEN |= {"rest", "mcp"}


class Address(NamedTuple):
    """One entry of the URL table."""

    name: str
    route: str  # "/tracks/<int:job_id>/row"
    view: type | None  # of a class-based view
    actions: tuple = ()  # of a viewset: the verbs that lead to an action here

    @property
    def is_api(self):
        return self.route.startswith("/api/v1/")

    @property
    def parameters(self):
        """What has to be filled in: ["job_id"]"""
        return [name for _, name in PARAMETER.findall(self.route)]

    @property
    def verbs(self):
        """Of an API view: what it answers to."""
        names = self.actions or self.view.http_method_names
        return [verb for verb in VERBS if verb in names and (self.actions or hasattr(self.view, verb))]

    def fill(self, values):
        return PARAMETER.sub(lambda match: str(values[match[2]]), self.route)


def _walk(patterns, prefix):
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            view = getattr(each.callback, "cls", None) or getattr(each.callback, "view_class", None)
            yield Address(each.name or "", route, view, tuple(getattr(each.callback, "actions", ())))
        else:
            yield from _walk(each.url_patterns, route)


EVERYTHING = list(_walk(get_resolver().url_patterns, "/"))
ADDRESSES = [address for address in EVERYTHING if not address.route.startswith("/admin/")]
API = [address for address in ADDRESSES if address.is_api]
PAGES = [address for address in ADDRESSES if not address.is_api and address.name not in BY_TOKEN]
CLOSED = [address for address in ADDRESSES if address.name not in PUBLIC | BY_TOKEN]


def named(addresses):
    """For parametrize: one case an address, called by its name."""
    return {"argvalues": addresses, "ids": [address.name for address in addresses]}
