"""The same plant, the same functions and the same requests, in real time and in virtual time."""

import pytest

from tests.local_cloud.clocks import CLOCKS, ENDS_WITH, counts, in_virtual_time
from tests.local_cloud.helpers import eventually
from tests.local_cloud.scene import Scene

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]


def test_both_clocks_tell_the_same_copy_counts(scene: Scene) -> None:
    """Desired and in service, change by change. The story began with the session (see scene.py)."""

    def ended() -> bool:
        return bool(scene.cloud.plant.state()["components"][CLOCKS]["in_service"] == ENDS_WITH)

    eventually("the story of the two clocks", ended, 120)
    real = counts(entry for entry in scene.journal("", CLOCKS) if "desired" in entry)
    virtual = in_virtual_time(180)
    assert [desired for desired, _ in virtual if desired] == [3, 3, 3, 3, 4, 4]
    assert real == virtual
