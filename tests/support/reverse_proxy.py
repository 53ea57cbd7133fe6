"""A small reverse proxy on loopback that serves a server under a path of a site, as nginx or Caddy do."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: Headers that belong to a single connection, or that are set here.
NOT_HANDED_ON = {"connection", "keep-alive", "transfer-encoding", "upgrade", "host"}


class ReverseProxy:
    """Forward everything under `proxy.url`: `with ReverseProxy(port, "/music", takes_away=True) as proxy:`.

    `takes_away`: whether the prefix is removed from the path, as by nginx's `proxy_pass` with a trailing
    slash. Paths outside the prefix belong to another program and are answered with 418.
    """

    def __init__(self, port, prefix, *, takes_away):
        self.target_port, self.prefix, self.takes_away = port, prefix, takes_away
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                proxy.hand_on(self)

            do_GET = do_POST = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_one

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.url = self.origin + prefix
        self.outside = []  # paths requested outside the prefix

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()

    def hand_on(self, asked):
        path = asked.path
        if not (path == self.prefix or path.startswith((f"{self.prefix}/", f"{self.prefix}?"))):
            self.outside.append(path)
            asked.send_response(418)
            asked.send_header("Content-Length", "0")
            asked.end_headers()
            return
        if self.takes_away:
            path = path.removeprefix(self.prefix) or "/"
        body = asked.rfile.read(int(asked.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in asked.headers.items() if name.lower() not in NOT_HANDED_ON}
        headers |= {"Host": asked.headers["Host"], "X-Forwarded-For": asked.client_address[0]}
        connection = http.client.HTTPConnection("127.0.0.1", self.target_port, timeout=60)
        connection.request(asked.command, path, body or None, headers)
        self.bring_back(asked, connection.getresponse())
        connection.close()

    def bring_back(self, asked, answer):
        content = answer.read()
        asked.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in NOT_HANDED_ON | {"content-length"}:
                asked.send_header(name, value)
        length = answer.headers["Content-Length"] if asked.command == "HEAD" else len(content)
        asked.send_header("Content-Length", str(length or 0))
        asked.end_headers()
        if asked.command != "HEAD":
            asked.wfile.write(content)
