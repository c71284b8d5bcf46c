from collections.abc import Iterator

import pytest

from tests.support.aws import Plant


@pytest.fixture
def plant() -> Iterator[Plant]:
    with Plant() as plant:
        yield plant
