"""The launcher: one process holding MiniStack, the plant and the plant's AWS services.

`python -m simulator.cloud.server SETTINGS` prints one line of JSON with its addresses when it is ready, and runs until
its standard input ends or it gets SIGTERM or SIGINT. The open pipe is the leash: whatever becomes of the parent
(exit, exception, kill -9), the pipe closes, the function processes are ended and the scratch directory is removed.
"""

import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import sys
import threading
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config

from simulator.cloud.control import with_control
from simulator.cloud.errors import CloudError
from simulator.cloud.gateway import Gateway
from simulator.cloud.plant_side import PlantSide
from simulator.cloud.settings import CloudSettings, endpoint_environment
from simulator.cloud.untyped import Asgi

logger = logging.getLogger("simulator.cloud")

# Time the orderly way down may take before the process group is ended regardless.
STOP_SECONDS = 5.0
ANSWER_SECONDS = 60.0


def main(argument: str) -> None:
    """Runs the local cloud until told to stop."""
    settings = CloudSettings.from_json(argument)
    for name in ("home", "tmp", "s3"):
        Path(settings.scratch, name).mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s [%(name)s] %(message)s")
    try:
        asyncio.run(_serve(settings))
    finally:
        _end_process_group()
        shutil.rmtree(settings.scratch, ignore_errors=True)
    os._exit(0)  # MiniStack leaves daemon threads that must not hold up the exit


async def _serve(settings: CloudSettings) -> None:
    stopping = _stop_signal(asyncio.get_running_loop())
    listener = _listen(settings.port)
    host, port = listener.getsockname()[:2]
    os.environ["GATEWAY_PORT"] = str(port)
    url = f"http://{host}:{port}"
    plant = PlantSide(settings)
    gateway = Gateway(settings, endpoint_environment(url, plant.address))
    application = with_control(gateway.application, plant)
    server = asyncio.create_task(_run_application(application, listener, stopping))
    try:
        plant.start(gateway.access, gateway.delivery.publish)
        await _until_answering(listener, server)
        print(json.dumps({"gateway": url, "plant": plant.address}), flush=True)
        await stopping.wait()
    finally:
        stopping.set()
        threading.Timer(STOP_SECONDS, _give_up, args=(settings.scratch,)).start()
        await asyncio.to_thread(plant.stop)
        gateway.stop_functions()
        await asyncio.wait([server], timeout=1.0)


async def _run_application(application: Asgi, listener: socket.socket, stopping: asyncio.Event) -> None:
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    config.accesslog = None
    await serve(application, config, shutdown_trigger=stopping.wait)


async def _until_answering(listener: socket.socket, server: "asyncio.Task[None]") -> None:
    """Waits until the application accepts connections: MiniStack binds after its start-up hooks."""
    for _ in range(int(ANSWER_SECONDS / 0.05)):
        if server.done():
            server.result()
            raise CloudError("the gateway ended while starting")
        try:
            _reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.05)
    raise CloudError("the gateway does not answer after a minute")


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def _stop_signal(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    """Set by SIGTERM, SIGINT, or the end of standard input."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)

    def leash() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        loop.call_soon_threadsafe(stopping.set)

    threading.Thread(target=leash, daemon=True, name="leash").start()
    return stopping


def _give_up(scratch: str) -> None:
    logger.error("the local cloud did not stop in %.0f s", STOP_SECONDS)
    _end_process_group()
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)


def _end_process_group() -> None:
    """Ends what is left of the function processes; they share our group, which we lead (see `local.py`)."""
    if os.getpgrp() == os.getpid():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1])
