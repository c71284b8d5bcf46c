"""Pages with opaque tokens, the same for every list operation."""

import base64
import binascii
from collections.abc import Sequence

from simulator.services.errors import ServiceError


def page[T](items: Sequence[T], size: int, token: str | None, error_code: str) -> tuple[list[T], str | None]:
    """The page that `token` names, and the token of the next one. Raises ServiceError(error_code) for a bad token."""
    start = offset(token, error_code)
    following = start + size
    return list(items[start:following]), _encode(following) if following < len(items) else None


def offset(token: str | None, error_code: str) -> int:
    """Where the page that `token` names begins; 0 without a token."""
    if not token:
        return 0
    try:
        kind, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if kind == "offset":
            return int(number)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise ServiceError(error_code, "The token is not valid.")


def _encode(start: int) -> str:
    return base64.urlsafe_b64encode(f"offset:{start}".encode()).decode()
