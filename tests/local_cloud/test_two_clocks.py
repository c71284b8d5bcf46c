"""The same plant, the same functions and the same requests, in real time and in virtual time."""

import pytest

from tests.local_cloud.clocks import CLOCKS, ENDS_WITH, Counts, counts, in_virtual_time
from tests.local_cloud.helpers import eventually
from tests.local_cloud.scene import Scene

pytestmark = [pytest.mark.local_cloud, pytest.mark.slow]


def test_both_clocks_tell_the_same_copy_counts(scene: Scene) -> None:
    """Desired and in service, change by change. The story began with the session (see scene.py)."""

    def told() -> Counts:
        """Up to its end: what is given back later is another story."""
        changes = counts(entry for entry in scene.journal("", CLOCKS) if "desired" in entry)
        ends = [number for number, (_, in_service) in enumerate(changes, 1) if in_service == ENDS_WITH]
        return changes[: ends[0]] if ends else []

    real = eventually(f"{ENDS_WITH} copies in service", told)
    virtual = in_virtual_time(180)
    assert [desired for desired, _ in virtual if desired] == [3, 3, 3, 3, 4, 4]
    assert real == virtual, [(one["at"], one["reason"]) for one in scene.decisions(CLOCKS)]
