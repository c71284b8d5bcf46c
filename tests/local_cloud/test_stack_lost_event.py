"""An alarm that is in ALARM although nobody heard of it: the rule was disabled when its event came (see scene.py)."""

import pytest

from tests.local_cloud.helpers import eventually
from tests.local_cloud.scene import COPIES, LOST, Scene

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]


def test_reconcile_wakes_a_component_whose_alarm_event_was_lost(scene: Scene) -> None:
    (lost,) = eventually("the alarm", lambda: scene.alarm_events(LOST))
    wakes = eventually("the look of the new chain", lambda: scene.decisions(LOST))

    assert [(wakes[0]["signal"], wakes[0]["binding"], wakes[0]["desired"])] == [("follow", "wake", COPIES)]
    assert lost["id"] not in [decision["signal_id"] for decision in wakes]
    assert scene.component(LOST)["episode"]["opened_by"] == "wake"
    write = eventually("the write", lambda: scene.writes(LOST))
    assert write[:1] == [(scene.role("FollowRole"), COPIES)]
