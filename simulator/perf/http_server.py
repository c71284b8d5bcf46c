"""A small HTTP/1.1 server on 127.0.0.1 that adds as little time of its own as it can."""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override


@dataclass(frozen=True, slots=True)
class Request:
    """``headers`` are looked up without regard to case."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


class LocalServer:
    """Answers with ``respond``, a thread per connection, until ``close``."""

    def __init__(self, respond: Callable[[Request], Response]) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.respond = respond
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening. Requests that are still held end with their process."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    respond: Callable[[Request], Response]

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        # A process that is ended while it waits for its next event leaves its connection behind.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one segment and at once.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        response = self.server.respond(Request(self.command, self.path, self.headers, body))
        try:
            self.send_response_only(response.status)
            for name, value in (response.headers | {"Content-Length": str(len(response.body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            # The process that asked has been ended.
            self.close_connection = True

    do_GET = do_POST = _answer  # noqa: N815  http.server's naming

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the table at the end says it all."""
