"""How fast and how large a replay is: each run in a process of its own, by processor time on one core."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

from simulator.perf.artifacts import ROOT
from simulator.plant.sizing import derive_for
from simulator.plant.spec import load_plant
from simulator.replay.choose import maker
from simulator.replay.run import run
from simulator.traces import Trace, generate, read

SHARED = ROOT.parent / "shared" / "traces" / "servegen_r1_24h_thin8.csv.gz"
AIMS = {"headstart": 3_600, "native-high-res": 20_000}
"""Times faster than real time."""


@dataclass(frozen=True, slots=True)
class Replay:
    """`trace_s`: from the trace's start to its last arrival; the half hour of draining is in `cpu_s`, not in it."""

    policy: str
    trace: str
    requests: int
    trace_s: float
    cpu_s: float
    reading_s: float
    peak_mb: float

    @property
    def speed(self) -> float:
        return self.trace_s / self.cpu_s


def timed(repeat: int, progress: Callable[[], None]) -> dict[str, Replay]:
    """The fastest of `repeat` runs of each policy: what else runs on the machine can only slow one down."""
    fastest: dict[str, Replay] = {}
    for _ in range(repeat):
        for policy in AIMS:
            found = _in_a_fresh_process(policy)
            if policy not in fastest or found.cpu_s < fastest[policy].cpu_s:
                fastest[policy] = found
            progress()
    return fastest


def _in_a_fresh_process(policy: str) -> Replay:
    command = [sys.executable, "-m", "simulator.perf.replays", policy]
    found = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Replay(**json.loads(found.stdout))


def a_day() -> Trace:
    """24 h of a public trace, or without it a generated day of about as many requests."""
    return read(SHARED) if SHARED.exists() else generate("day", 1, scale=1.8)


def measure(policy: str, trace: Trace, reading_s: float = 0.0) -> Replay:
    """One replay on the standard plant, in this process."""
    spec = load_plant("standard")
    begun = time.process_time()
    derived = derive_for(trace, spec)
    reading_s += time.process_time() - begun
    begun = time.process_time()
    run(trace, spec, derived, maker(policy)(), seed=1)
    cpu_s = time.process_time() - begun
    kilobytes = getrusage(RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Replay(policy, trace.name, trace.requests, trace.last_s, cpu_s, reading_s, kilobytes / 1024)


def main() -> None:
    sys.path.append(str(Path(ROOT, "layers", "headstart")))
    begun = time.process_time()
    trace = a_day()
    sys.stdout.write(json.dumps(asdict(measure(sys.argv[1], trace, time.process_time() - begun))))


if __name__ == "__main__":
    main()
