"""Four forked workers read one trace at once; exit code 0 if each read what the parent reads.

A program of its own, because only a process without threads may fork safely.
"""

import sys

from simulator.replay.workers import Report, Task, results
from simulator.traces import Trace, generate


def summed(trace: Trace) -> float:
    return sum(arrival for arrival in trace.arrivals() for _ in (1, 2))


def main() -> int:
    trace = generate("steady", 1)

    def task(_: Report) -> float:
        return summed(trace)

    tasks: list[Task[float]] = [task] * 4
    found = [total for _, total in results(tasks, 4, lambda *_: None)]
    return 0 if found == [summed(trace)] * 4 else 1


if __name__ == "__main__":
    sys.exit(main())
