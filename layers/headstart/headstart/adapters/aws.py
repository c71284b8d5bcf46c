"""What all adapters share: how clients are set up, and how AWS errors become ours."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from headstart.app.errors import Unavailable

CLIENT_CONFIG: Final = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)
"""A look must end well within its function's 30 s, and the chain looks again anyway."""


def code_and_message(error: ClientError) -> tuple[str, str]:
    """The two parts of an AWS error that callers match on."""
    details = error.response.get("Error", {})
    return details.get("Code", ""), details.get("Message", "")


@contextmanager
def unavailable_on_error(operation: str) -> Iterator[None]:
    """Turn whatever AWS or the network answers into Unavailable, naming the operation."""
    try:
        yield
    except ClientError as error:
        code, message = code_and_message(error)
        raise Unavailable(f"{operation}: {code}: {message}", code) from error
    except BotoCoreError as error:
        raise Unavailable(f"{operation}: {error}") from error


type Wait = Callable[[str], None]
"""Called before each call, with a name of ``app.pace.QUOTAS``."""


def unpaced(operation: str) -> None:
    """Calls that are few enough to be made at once."""


def paced[T](pages: Iterable[T], wait: Wait, operation: str) -> Iterator[T]:
    """The pages of a paginator, each asked for when its turn has come."""
    following = iter(pages)
    while True:
        wait(operation)
        try:
            page = next(following)
        except StopIteration:
            return
        yield page
