"""Fails every time."""


class BrokenError(Exception):
    pass


def lambda_handler(event: object, context: object) -> None:
    raise BrokenError("on purpose")
