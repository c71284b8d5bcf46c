"""The signed API: who gets in."""

import pytest
from botocore.credentials import Credentials

from simulator.cloud import LocalCloud
from tests.local_cloud.helpers import user

pytestmark = pytest.mark.local_cloud


def test_a_signed_request_of_a_user_with_the_right_is_answered(cloud: LocalCloud, probe: dict[str, str]) -> None:
    reader = user(cloud, "reader", probe["ApiReadArn"])
    response = cloud.call_api(probe["ApiUrl"], "/items/a%20b", credentials=reader)
    assert (response.status, response.body) == (200, {"id": "a b"})


def test_an_unsigned_request_is_refused(cloud: LocalCloud, probe: dict[str, str]) -> None:
    response = cloud.call_api(probe["ApiUrl"], "/items/one", credentials=None)
    assert response.status == 403
    assert response.body == {"message": "Missing Authentication Token"}


def test_a_user_without_the_right_is_refused(cloud: LocalCloud, probe: dict[str, str]) -> None:
    stranger = user(cloud, "stranger", probe["ApiReadArn"].replace("/GET/", "/POST/"))
    response = cloud.call_api(probe["ApiUrl"], "/items/one", credentials=stranger)
    assert response.status == 403
    assert "not authorized to perform: execute-api:Invoke" in str(response.body)


def test_a_wrong_signature_is_refused(cloud: LocalCloud, probe: dict[str, str]) -> None:
    forger = user(cloud, "forger", probe["ApiReadArn"])
    forged = Credentials(forger.access_key, "not-the-secret")
    response = cloud.call_api(probe["ApiUrl"], "/items/one", credentials=forged)
    assert response.status == 403
