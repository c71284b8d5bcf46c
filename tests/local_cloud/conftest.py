"""One local cloud for the whole session, with the probe stack on it; the controller's own stack on request."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.cloud import LocalCloud

PROBE = Path(__file__).parent / "probe" / "template.yaml"


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """A running local cloud with nothing deployed; asynchronous retries come after a second, not a minute."""
    with LocalCloud.start(plant="demo", async_retry_seconds=1.0) as running:
        yield running


@pytest.fixture(scope="session")
def probe(cloud: LocalCloud) -> dict[str, str]:
    """Outputs of the probe stack."""
    return cloud.deploy(PROBE, stack="probe")


@pytest.fixture(scope="session")
def stack(cloud: LocalCloud) -> dict[str, str]:
    """Outputs of the controller's stack, deployed from the repository's template."""
    return cloud.deploy()
