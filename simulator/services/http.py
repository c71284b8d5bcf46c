"""The services over HTTP, on 127.0.0.1, in real time: what boto3 clients are pointed at.

A thread per connection: held InvokeEndpoint requests wait on an event outside the plant's lock.
"""

import logging
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

from simulator.engine import RealTime
from simulator.services.caller import Caller
from simulator.services.errors import ServiceError
from simulator.services.registry import Services
from simulator.services.runtime import Invocation
from simulator.services.wire import WireAnswer, WireCall, WireRequest, answer, parse, refusal

logger = logging.getLogger(__name__)

STOP_POLL_S = 0.05
"""How often the accepting thread looks whether it is to stop."""

type RoleOf = Callable[[str], str | None]
"""The ARN of the role behind an access key, where there is one."""


class HttpServer:
    """Serves `services` until `stop`; the plant's clock is started and stopped by whoever made it."""

    def __init__(self, realtime: RealTime, services: Services, *, port: int = 0, role_of: RoleOf | None = None) -> None:
        self._realtime = realtime
        self._services = services
        self._role_of = role_of
        self._held: set[_Held] = set()
        # Not the plant's lock: that one refuses once the plant has failed, and stopping must work then as well.
        self._held_lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(STOP_POLL_S,), name="aws-services", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Refuses what is held, and closes the port."""
        self._server.shutdown()
        with self._held_lock:
            held = list(self._held)
        for one in held:
            one.end(None)
        self._server.server_close()
        if self._thread is not None:
            self._thread.join()

    def respond(self, request: WireRequest) -> WireAnswer:
        request_id = str(uuid.uuid4())
        call: WireCall | None = None
        try:
            call = parse(request)
            output = self._perform(call)
            made = answer(call, output, request_id)
        except ServiceError as error:
            made = refusal(call, error, request_id)
        except Exception:
            logger.exception("a request could not be answered")
            made = refusal(call, ServiceError("InternalFailure", "The simulator failed; see its log.", 500), request_id)
        made.headers["x-amzn-RequestId"] = request_id
        return made

    def _perform(self, call: WireCall) -> dict[str, Any]:
        caller = Caller(call.access_key, self._role_of(call.access_key) if self._role_of else None)
        if call.operation == "InvokeEndpoint":
            return self._hold(call, caller)
        with self._realtime.locked():
            return self._services.call(call.service, call.operation, call.params, caller)

    def _hold(self, call: WireCall, caller: Caller) -> dict[str, Any]:
        held = _Held()
        # Before it goes in, so that a server that stops finds all that have.
        with self._held_lock:
            self._held.add(held)
        try:
            with self._realtime.locked():
                self._services.invoke(call.params, caller, held.end)
            ended = held.wait()
        finally:
            with self._held_lock:
                self._held.discard(held)
        if ended is None:
            raise ServiceError("ServiceUnavailable", "The simulator is stopping.", 503)
        if ended.error is not None:
            raise ended.error
        return ended.output or {}


class _Held:
    """One InvokeEndpoint request between its arrival and its end."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._ended: Invocation | None = None

    def end(self, ended: Invocation | None) -> None:
        if not self._event.is_set():
            self._ended = ended
            self._event.set()

    def wait(self) -> Invocation | None:
        self._event.wait()
        return self._ended


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A burst connects hundreds of clients at once.
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], front: HttpServer) -> None:
        super().__init__(address, _Handler)
        self.front = front


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one segment: an answer must not wait for the client's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = self.path.partition("?")[0]
        self._send(self.server.front.respond(WireRequest(self.command, path, self.headers, body)))

    def do_GET(self) -> None:
        self._send(WireAnswer(404, {"Content-Type": "text/plain"}, b"the AWS services of the simulator\n"))

    def _send(self, made: WireAnswer) -> None:
        try:
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(made.body)))
            self.end_headers()
            self.wfile.write(made.body)
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            # The client gave up on a held request; the copy works on regardless, as a real container does.
            self.close_connection = True

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the plant's own record says more."""
