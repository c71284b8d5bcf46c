"""The control channel: what tests and the demo see of the plant, and do to it, past any AWS API.

Part of the gateway's address, under /_cloud/: `GET plant?since=N`, `GET addresses`, `POST components`, `POST quotas`.
"""

import asyncio
import json
from urllib.parse import parse_qs

from simulator.cloud.plant_side import PlantSide
from simulator.cloud.untyped import Asgi, Payload
from simulator.plant.errors import PlantError

PREFIX = "/_cloud/"


def with_control(application: Asgi, plant: PlantSide) -> Asgi:
    """The application with the control channel in front of it."""

    async def wrapped(scope: Asgi, receive: Asgi, send: Asgi) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await application(scope, receive, send)
            return
        body = await _body(receive)
        status, answer = await asyncio.to_thread(_answer, plant, scope, body)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer, default=str).encode()})

    return wrapped


def _answer(plant: PlantSide, scope: Asgi, body: bytes) -> tuple[int, Payload]:
    query = parse_qs(scope["query_string"].decode())
    routes: dict[tuple[str, str], Payload] = {
        ("GET", "plant"): lambda: plant.state(int(query.get("since", ["0"])[0])),
        ("GET", "addresses"): lambda: {"plant": plant.address},
        ("POST", "quotas"): lambda: plant.set_quotas(json.loads(body)),
        ("POST", "components"): lambda: plant.create_component(json.loads(body)),
    }
    route = routes.get((scope["method"], scope["path"].removeprefix(PREFIX)))
    if route is None:
        return 404, {"error": f"no {scope['method']} {scope['path']}"}
    try:
        return 200, route()
    except (PlantError, KeyError, ValueError) as error:
        return 400, {"error": f"{type(error).__name__}: {error}"}


async def _body(receive: Asgi) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
