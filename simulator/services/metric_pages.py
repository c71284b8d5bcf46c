"""GetMetricData's pages: MaxDatapoints counts over all queries together."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.services.errors import ServiceError
from simulator.services.paging import offset, page

type Points = list[tuple[float, float]]
type Part = tuple[Mapping[str, Any], Points, bool]


def cut(
    series: Sequence[tuple[Mapping[str, Any], Points]], size: int, token: str | None
) -> tuple[list[Part], str | None]:
    """Per query the points of this page and whether they are its last; and the token of the next page."""
    if size < 1:
        raise ServiceError("ValidationError", "MaxDatapoints must be at least 1.")
    if token is None and sum(len(points) for _, points in series) <= size:
        return [(query, points, True) for query, points in series], None
    places = [(index, point) for index, (_, points) in enumerate(series) for point in points]
    shown, following = page(places, size, token, "InvalidNextToken")
    last = offset(token, "InvalidNextToken") + len(shown)
    parts: list[Part] = []
    end = 0
    for index, (query, points) in enumerate(series):
        end += len(points)
        parts.append((query, [point for at, point in shown if at == index], end <= last))
    return parts, following
