"""What our code costs on top of boto3, how many calls come before the write, and how fast a replay is."""

import argparse
import os
import platform
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from simulator.perf.artifacts import build, make_runtime
from simulator.perf.aws import Call, RecordingAws
from simulator.perf.layer import unzipped_bytes, zipped_bytes
from simulator.perf.measure import HOLD, Timings, alarm_events, record, rounds_before_write, run, variants, write_calls
from simulator.perf.replays import AIMS, Replay, timed

COLD_AIM, WARM_AIM, ROUNDS_AIM = 1.2, 1.5, 3


def main() -> None:
    """Build, record one decision's calls, time both variants in turn, and print one table."""
    parser = argparse.ArgumentParser(prog="python -m simulator.perf", description=__doc__)
    parser.add_argument("--repeat", type=int, default=11, help="fresh processes of each variant (default: 11)")
    parser.add_argument("--warm", type=int, default=40, help="warm invocations in each process (default: 40)")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="how long each AWS call takes (default: 0)")
    parser.add_argument("--replays", type=int, default=3, help="replays of each policy, 0 for none (default: 3)")
    options = parser.parse_args()

    console = Console()
    _function(options, console)
    if options.replays:
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("replaying", total=options.replays * len(AIMS))
            replays = timed(options.replays, lambda: progress.advance(task))
        console.print(_replays(replays))
    console.print(f"{_machine()}: the ratios count; the seconds are this machine's, not Lambda's")


def _function(options: argparse.Namespace, console: Console) -> None:
    with console.status("building"):
        built = build()
    with tempfile.TemporaryDirectory(prefix="headstart-perf-") as scratch:
        runtime = Path(scratch, "runtime")
        with console.status("compiling boto3"):
            make_runtime(runtime)
        timings, calls = _measure(built, runtime, Path(scratch, "calls.json"), options, console)
    layer = built / "HeadstartLayer"
    console.print(_table(timings, calls))
    console.print(f"calls of one decision: {', '.join(call.operation for call in calls)}")
    console.print(f"layer: {unzipped_bytes(layer) / 1e6:.1f} MB unzipped, {zipped_bytes(layer) / 1e6:.1f} MB zipped")


def _measure(
    built: Path, runtime: Path, calls_file: Path, options: argparse.Namespace, console: Console
) -> tuple[dict[str, Timings], list[Call]]:
    slow = RecordingAws(HOLD)
    ours, _ = variants(built, runtime, calls_file, slow.url)
    calls = record(ours, slow, alarm_events())
    slow.close()
    write_calls(calls, calls_file)
    aws = RecordingAws(options.latency_ms / 1000)
    both = variants(built, runtime, calls_file, aws.url)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("timing", total=options.repeat * len(both))
        timings = run(both, aws, options.repeat, options.warm, lambda: progress.advance(task))
    aws.close()
    return timings, calls


def _table(timings: dict[str, Timings], calls: list[Call]) -> Table:
    ours, bare = timings.values()
    table = Table(title="Medians; the bare handler makes the same AWS calls")
    for column in ("", *timings, "ratio", "aim", ""):
        table.add_column(column, justify="left" if column in ("", "aim") else "right")

    def row(name: str, mine: list[float], other: list[float], aim: float) -> None:
        ratio = median(mine) / median(other)
        values = (f"{median(values) * 1000:.1f} ms" for values in (mine, other))
        table.add_row(name, *values, f"{ratio:.2f}", f"≤ {aim}", _verdict(ratio <= aim))

    row("fresh process to first write", ours.cold, bare.cold, COLD_AIM)
    row("warm, one decision", ours.warm, bare.warm, WARM_AIM)
    rounds = rounds_before_write(calls)
    in_sequence = ("AWS calls in sequence before it", str(rounds), "", "", f"≤ {ROUNDS_AIM}")
    table.add_row(*in_sequence, _verdict(rounds <= ROUNDS_AIM))
    return table


def _replays(replays: dict[str, Replay]) -> Table:
    some = next(iter(replays.values()))
    title = f"{some.trace}: {some.requests} requests in {some.trace_s / 3600:.1f} h; processor time on one core"
    table = Table(title=title, caption=f"reading and sizing the trace, once: {some.reading_s:.1f} s")
    for column in ("policy", "replay", "real time", "aim", "", "peak memory"):
        table.add_column(column, justify="left" if column in ("policy", "aim", "") else "right")
    for name, found in replays.items():
        aim = AIMS[name]
        values = (f"{found.cpu_s:.2f} s", f"{found.speed:,.0f} x", f"≥ {aim:,} x", _verdict(found.speed >= aim))
        table.add_row(name, *values, f"{found.peak_mb:.0f} MB")
    return table


def _machine() -> str:
    return f"{platform.system()} on {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"


def _verdict(met: bool) -> str:
    return "[green]met[/]" if met else "[red]missed[/]"


if __name__ == "__main__":
    main()
