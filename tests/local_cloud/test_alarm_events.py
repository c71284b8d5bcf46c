"""Which alarm events a rule lets through."""

import pytest

from simulator.cloud import LocalCloud
from tests.local_cloud.helpers import delivered, eventually, put_wake_alarm

pytestmark = pytest.mark.local_cloud


def test_a_rule_passes_over_alarms_of_others(cloud: LocalCloud, probe: dict[str, str]) -> None:
    for name in ("other/alarm", "probe/mine"):
        put_wake_alarm(cloud, name, "nobody")
        cloud.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    eventually("the event of the probe's alarm", lambda: delivered(cloud, probe["TableName"], "probe/mine"))
    assert delivered(cloud, probe["TableName"], "other/alarm") is None
