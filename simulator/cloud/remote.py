"""The plant as seen from another process, over the control channel."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping

from simulator.cloud.errors import CloudError
from simulator.cloud.untyped import Payload, Record

REQUEST_SECONDS = 60.0

# Past any proxy of the user's.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class RemotePlant:
    """Reads and prepares the plant of a running local cloud."""

    def __init__(self, gateway_url: str) -> None:
        self._url = f"{gateway_url}/_cloud"

    def state(self, since: int = 0) -> Record:
        """`now` (epoch seconds), `components` (counts by name), `alarms` (standing by name), `calls` (number by
        "service:Operation"), `journal` (entries from number `since` on, oldest first), `next` (for the next `since`).

        A journal entry has `at`, `kind` and its details: `write`, `write_blocked`, `write_refused`, `status` and
        changes of copies, as the plant tells them; `event` for each event of an alarm, `published` when the rules
        have been asked about it.
        """
        return self._call("GET", f"plant?since={since}")

    def journal(self, since: int = 0) -> Iterator[Record]:
        """The journal's entries from number `since` on."""
        yield from self.state(since)["journal"]

    def create_component(
        self,
        name: str,
        endpoint: str,
        copies: int = 0,
        *,
        slots: int = 1,
        warm: bool = False,
        tags: dict[str, str] | None = None,
    ) -> str:
        """A component (and its endpoint, if new) with more say than the AWS API gives; returns its ARN."""
        wanted = {
            "name": name, "endpoint": endpoint, "copies": copies, "slots": slots, "warm": warm, "tags": tags or {}
        }  # fmt: skip
        return str(self._call("POST", "components", wanted)["arn"])

    def set_quotas(self, quotas: Mapping[str, float]) -> None:
        """SageMaker quotas of the account by name, as AWS grants them on request."""
        self._call("POST", "quotas", dict(quotas))

    def wait_for(self, what: str, condition: Callable[[Record], Payload], seconds: float) -> Record:
        """The first state that meets the condition. Raises CloudError, naming `what`, when none does in time."""
        deadline = time.monotonic() + seconds
        while True:
            state = self.state()
            if condition(state):
                return state
            if time.monotonic() > deadline:
                raise CloudError(f"{what}: did not happen within {seconds:.0f} s")
            time.sleep(0.2)

    def _call(self, method: str, path: str, body: Payload = None) -> Record:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}/{path}", data, method=method)  # noqa: S310 - our own address
        try:
            with DIRECT.open(request, timeout=REQUEST_SECONDS) as response:
                answer: Record = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise CloudError(f"{method} {path}: {error.read().decode(errors='replace')}") from error
        except urllib.error.URLError as error:
            raise CloudError(f"the local cloud does not answer: {error.reason}") from error
