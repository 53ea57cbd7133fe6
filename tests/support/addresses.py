"""Every route of the server, read from the URL table, so that tests cover new routes automatically."""

import re
from typing import NamedTuple

from django.urls import get_resolver
from django.urls.resolvers import URLPattern

VERBS = ("get", "head", "post", "put", "patch", "delete")
UNSAFE = ("post", "put", "patch", "delete")
PARAMETER = re.compile(r"<(\w+):(\w+)>")

#: Routes that open without credentials, each with its reason. All others require credentials.
PUBLIC = {
    "sign-in", "sign-in-factor", "sign-in-factor-options", "sign-in-passkey", "sign-in-passkey-options",
    "sign-in-oidc", "sign-in-oidc-callback", "sign-up", "token", "token-refresh",  # to obtain credentials
    "sign-out",  # without a session it changes nothing
    "schema", "api-docs",  # describe the API
    "healthz", "readyz",  # for monitoring: say only whether the server is alive
    "metrics",  # opened by its own key, or from this machine only: tests/monitoring/test_metrics.py
    "web-manifest", "service-worker", "offline",  # fetched without cookies, and the same for everyone
    "mcp",  # anyone may learn that it takes only POST and requires a key: tests/mcp
}  # fmt: skip
#: Routes that open to anyone who holds the token in them; see test_links.
BY_TOKEN = {"audio", "cover", "peaks", "lrc", "score", "recipe", "archive", "source"}
BY_TOKEN |= {"shared", "shared-sound", "shared-cover", "shared-place-cover", "shared-gone"}
#: Routes for music players and assistants, which authenticate each call: tests/library/subsonic, tests/mcp.
BY_TOKEN |= {"rest", "mcp"}


class Address(NamedTuple):
    """One entry of the URL table."""

    name: str
    route: str  # "/tracks/<int:job_id>/row"
    view: type | None  # for class-based views
    actions: tuple = ()  # for viewsets: the HTTP methods that map to an action here

    @property
    def is_api(self):
        return self.route.startswith("/api/v1/")

    @property
    def parameters(self):
        """Return the names of the URL parameters: ["job_id"]."""
        return [name for _, name in PARAMETER.findall(self.route)]

    @property
    def verbs(self):
        """Return the HTTP methods that an API view answers."""
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
    """Return arguments for parametrize: one case for each route, with the route's name as its id."""
    return {"argvalues": addresses, "ids": [address.name for address in addresses]}
