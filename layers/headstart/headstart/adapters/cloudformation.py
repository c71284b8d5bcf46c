"""How a custom resource answers CloudFormation: one PUT to the URL that came with the request."""

import time
import urllib.error
import urllib.request
from typing import Final

ATTEMPTS: Final = 4
TIMEOUT_S: Final = 5


def put(url: str, body: bytes) -> None:
    """Tries a few times: without an answer CloudFormation waits until its own time is up.

    Raises:
        OSError: the last attempt failed too.
    """
    # The URL is signed for an empty content type.
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310  from CloudFormation
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
                return
        except urllib.error.URLError:
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(2**attempt)
