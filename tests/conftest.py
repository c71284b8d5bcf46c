"""What every test gets: an environment without secrets, no network beyond this machine, repeatable examples."""

import os

import pytest
from hypothesis import HealthCheck, settings

LOOPBACK = ["127.0.0.1", "::1", "localhost"]

# moto and the simulator accept any key.
os.environ.setdefault("AWS_ACCESS_KEY_ID", "testing")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "testing")
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

# Whether an example is slow says something of the machine, not of the code.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("everyday", UNTIMED, derandomize=True, database=None, max_examples=40)
settings.register_profile("long", UNTIMED, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        offline = not {"unit", "component"}.isdisjoint(item.path.parts)
        item.add_marker(pytest.mark.disable_socket if offline else pytest.mark.allow_hosts(LOOPBACK))
