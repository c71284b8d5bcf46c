"""The decisions as anybody would fetch them: from the history API, signed with SigV4."""

from collections.abc import Iterator
from typing import Any

from simulator.cloud import ApiResponse, CloudError, LocalCloud
from simulator.demo.stage import COMPONENT, Deployed

type Decision = dict[str, Any]
PAGE = 10


class History:
    """Reads `GET /components/{name}/decisions`."""

    def __init__(self, cloud: LocalCloud, deployed: Deployed) -> None:
        self._cloud = cloud
        self._api = deployed.api
        self._path = f"/components/{COMPONENT}/decisions"
        self.pages = 0

    def newest(self) -> list[Decision]:
        """The latest decisions, oldest first; for a look in passing."""
        answer = self._cloud.call_api(self._api, self._path, {"limit": "50"})
        found: list[Decision] = _body(answer)["decisions"]
        return found[::-1]

    def all(self) -> list[Decision]:
        """Every decision, oldest first, following the cursor from page to page. Raises CloudError."""
        return [decision for page in self._pages() for decision in page][::-1]

    def _pages(self) -> Iterator[list[Decision]]:
        query = {"limit": str(PAGE)}
        self.pages = 0
        while True:
            body = _body(self._cloud.call_api(self._api, self._path, query))
            self.pages += 1
            yield body["decisions"]
            if body["cursor"] is None:
                return
            query["cursor"] = body["cursor"]

    def unsigned_status(self) -> int:
        """What the API answers a caller who did not sign: 403 when all is well."""
        return self._cloud.call_api(self._api, self._path, credentials=None).status


def _body(answer: ApiResponse) -> dict[str, Any]:
    if answer.status != 200:
        raise CloudError(f"the history API answered {answer.status}: {answer.body}")
    body: dict[str, Any] = answer.body
    return body
