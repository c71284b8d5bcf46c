"""What a function sees of this machine."""

import pytest

from simulator.cloud import LocalCloud
from tests.local_cloud.helpers import invoke

pytestmark = pytest.mark.local_cloud

RUNTIME = ["awslambdaric", "boto3", "botocore"]
OURS = ["simulator", "headstart", "ministack", "moto", "pydantic", "pip", "pytest", "aws_lambda_powertools"]


def test_a_function_sees_the_runtimes_packages_and_its_own_role_only(cloud: LocalCloud, probe: dict[str, str]) -> None:
    seen = invoke(cloud, probe["TargetName"], {"ask": "surroundings", "modules": RUNTIME + OURS})
    environment = seen["environment"]
    assert seen["modules"] == RUNTIME
    assert ":assumed-role/probe-TargetRole" in seen["who"]
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == probe["TargetName"]
    assert environment.items() >= cloud.endpoint_urls.items()
    leaked = {"AWS_PROFILE", "VIRTUAL_ENV", "AUTH", "MINISTACK_ACCOUNT_ID", "PYTEST_CURRENT_TEST"}
    assert not leaked & environment.keys()
