"""One local cloud for the whole session, with the controller's stack and the probe stack on it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from simulator.cloud import LocalCloud
from tests.local_cloud.clocks import PLANT
from tests.local_cloud.helpers import put_wake_alarm, start_chain
from tests.local_cloud.scene import STACK, Scene, set_scene

PROBE = Path(__file__).parent / "probe" / "template.yaml"


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """A running local cloud with nothing deployed; asynchronous retries come after a second, not a minute."""
    with LocalCloud.start(plant=PLANT, async_retry_seconds=1.0) as running:
        yield running


@pytest.fixture(scope="session")
def probe(cloud: LocalCloud) -> dict[str, str]:
    """Outputs of the probe stack. What test_waiting.py waits for is already on its way."""
    outputs = cloud.deploy(PROBE, stack="probe")
    cloud.plant.create_component("asleep", "events")
    put_wake_alarm(cloud, "probe/wake", "asleep")
    with pytest.raises(ClientError) as refusal:
        cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName="events", InferenceComponentName="asleep", Body=b'{"service_s": 1}'
        )
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    start_chain(cloud, outputs["OnceQueueUrl"], "bad", fail=1)
    start_chain(cloud, outputs["OnceQueueUrl"], "good", last=1)
    return outputs


@pytest.fixture(scope="session")
def scene(cloud: LocalCloud) -> Scene:
    """The controller's stack, deployed from the repository's template. The wakes from zero are on their way."""
    return set_scene(cloud, cloud.deploy(stack=STACK, parameters={"AllowNativeCreate": "true"}))


@pytest.fixture(scope="session", autouse=True)
def begun_early(request: pytest.FixtureRequest) -> None:
    """What takes its time begins before the first test, if a test of this run will look at it."""
    for name in ("scene", "probe"):
        if any(name in getattr(item, "fixturenames", ()) for item in request.session.items):
            with suppress(Exception):  # the tests that use it will tell
                request.getfixturevalue(name)
