"""A run's numbers kept beside its page, so that the next run on the same window can stand next to it."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from simulator.demo.figures import copy_seconds, waits, wake
from simulator.demo.options import Options
from simulator.demo.story import Story
from simulator.demo.tables import number_rows


@dataclass(frozen=True, slots=True)
class Comparison:
    """`same` tells windows, plants and seeds apart: only equal ones may be compared. Seconds; None: did not happen."""

    name: str
    same: str
    first_success_s: float | None
    asked: int | None
    asked_at_s: float | None
    mean_wait_s: float
    p95_wait_s: float
    slow_share: float
    unserved: int
    copy_seconds: float
    numbers: list[tuple[str, str]]

    @classmethod
    def of(cls, story: Story) -> "Comparison":
        woken, waited = wake(story), waits(story)
        refused, served = woken.first_refusal, woken.first_success
        return cls(
            name="with Headstart" if story.headstart else "native alone",
            same=_fingerprint(story),
            first_success_s=None if refused is None or served is None else round(served - refused, 1),
            asked=woken.asked,
            asked_at_s=None if woken.write is None else round(woken.write, 1),
            mean_wait_s=round(waited.mean_s, 1),
            p95_wait_s=round(waited.p95_s, 1),
            slow_share=round(waited.slow_share, 3),
            unserved=waited.unserved,
            copy_seconds=round(copy_seconds(story)),
            numbers=number_rows(story),
        )

    def tiles(self) -> list[tuple[str, str, str]]:
        """(number, what it is, the number as it stands in the other run's tile)."""
        first = "-" if self.first_success_s is None else f"{self.first_success_s:.0f} s"
        waiting = f" so far: {self.unserved} not served yet at the end" if self.unserved else ""
        unserved = f", {self.unserved} not served yet" if self.unserved else ""
        asked, at = "nothing", ""
        if self.asked is not None and self.asked_at_s is not None:
            asked = f"{self.asked} {'copy' if self.asked == 1 else 'copies'}"
            at = f"at {self.asked_at_s:.0f} s"
        mean, late = f"{self.mean_wait_s:.1f} s", f"{self.p95_wait_s:.1f} s"
        slow, cost = f"{self.slow_share:.0%}", f"{self.copy_seconds:.0f}"
        return [
            (first, "from the first refusal to the first answer", first),
            (asked, f"asked for by the first write, {at}".rstrip(", "), f"{asked} {at}".strip()),
            (mean, f"mean wait{waiting}", f"{mean}{unserved}"),
            (late, "95 % of requests waited less", late),
            (slow, "waited over 10 s", slow),
            (cost, "copy-seconds, starting copies included", f"{cost}{unserved}"),
        ]

    def save(self, options: Options) -> None:
        _file(options.out, headstart=options.headstart).write_text(json.dumps(asdict(self), indent=1) + "\n")


def other_run(story: Story, options: Options) -> Comparison | None:
    """The last run of the other kind, if it was on the same window, plant and seed."""
    try:
        saved = json.loads(_file(options.out, headstart=not options.headstart).read_text())
        found = Comparison(**saved | {"numbers": [(name, value) for name, value in saved["numbers"]]})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if found.same == _fingerprint(story) else None


def _file(out: Path, *, headstart: bool) -> Path:
    return out / ("demo.json" if headstart else "demo-native.json")


def _fingerprint(story: Story) -> str:
    return sha256(repr((story.trace, story.window, story.plant, story.seed)).encode()).hexdigest()[:16]
