"""Tombstone and deed in memory, in DynamoDB, and in the replays' table; and the answer to CloudFormation."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.error import HTTPError

import pytest
from moto import mock_aws

from headstart.adapters.cloudformation import ATTEMPTS, put
from headstart.adapters.deed import DynamoDeed
from headstart.adapters.tombstone import DynamoTombstone
from headstart.app.errors import Conflict, Unavailable
from headstart.app.ports import Deed, Tombstone
from simulator.replay.inprocess import InProcessClients
from simulator.services.dynamodb import DynamoTable
from tests.support.aws import client, create_table
from tests.support.builders import NOW
from tests.support.fakes import FakeDeed, FakeTombstone


def on_moto() -> Tombstone:
    create_table(client("dynamodb"), "table")
    return DynamoTombstone(client("dynamodb"), "table")


def in_replays() -> Tombstone:
    table = DynamoTable("table")
    clients = InProcessClients(lambda _, operation, params: table.call(operation, params))
    return DynamoTombstone(clients("dynamodb"), "table")


@pytest.mark.parametrize("make", [FakeTombstone, on_moto, in_replays])
def test_it_is_laid_and_lifted_any_number_of_times(make: Callable[[], Tombstone]) -> None:
    with mock_aws():
        tombstone = make()
        tombstone.lift()
        assert tombstone.laid() is None
        tombstone.lay(NOW, {})
        tombstone.lay(NOW, {"my-llama": "RegisterScalableTarget: ThrottlingException"})
        assert tombstone.laid() == NOW
        tombstone.lift()
        tombstone.lift()
        assert tombstone.laid() is None


def test_a_table_that_is_not_there_is_no_answer() -> None:
    with mock_aws():
        tombstone = DynamoTombstone(client("dynamodb"), "gone")
        for call in (tombstone.laid, tombstone.lift, lambda: tombstone.lay(NOW, {})):
            with pytest.raises(Unavailable, match="ResourceNotFoundException"):
                call()


def deed_on_moto() -> Deed:
    create_table(client("dynamodb"), "table")
    return DynamoDeed(client("dynamodb"), "table")


def deed_in_replays() -> Deed:
    table = DynamoTable("table")
    clients = InProcessClients(lambda _, operation, params: table.call(operation, params))
    return DynamoDeed(clients("dynamodb"), "table")


@pytest.mark.parametrize("make", [FakeDeed, deed_on_moto, deed_in_replays])
def test_a_table_changes_hands_only_from_who_had_it(make: Callable[[], Deed]) -> None:
    with mock_aws():
        deed = make()
        deed.give_up()
        assert deed.owner() is None
        deed.take("stack/one", None)
        for had in (None, "stack/three"):
            with pytest.raises(Conflict, match="another stack took the table"):
                deed.take("stack/two", had)
        assert deed.owner() == "stack/one"
        deed.take("stack/two", "stack/one")
        assert deed.owner() == "stack/two"
        deed.give_up()
        assert deed.owner() is None


@contextmanager
def cloudformation_answering(*statuses: int) -> Iterator[tuple[str, list[tuple[str, str | None, bytes]]]]:
    """An address for answers, and what arrives there; the last status counts for all that follow."""
    got: list[tuple[str, str | None, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, self.headers["Content-Type"], body))
            self.send_response(statuses[min(len(got), len(statuses)) - 1])
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()


def test_an_answer_is_put_without_a_content_type(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    with cloudformation_answering(503, 503, 200) as (url, got):
        put(f"{url}/answer?Signature=a%2Fb", b'{"Status": "SUCCESS"}')
    assert got == [("/answer?Signature=a%2Fb", "", b'{"Status": "SUCCESS"}')] * 3
    assert waits == [1, 2]


def test_an_answer_that_is_never_taken_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with cloudformation_answering(500) as (url, got), pytest.raises(HTTPError):
        put(url, b"{}")
    assert len(got) == ATTEMPTS
