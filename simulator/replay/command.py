"""One trace under several policies and seeds, from options to files and an exit code."""

from functools import partial

from rich.console import Console

from simulator.plant.errors import SpecError
from simulator.plant.sizing import derive_for
from simulator.plant.spec import load_plant
from simulator.replay.choose import Maker, UnknownPolicy, chosen
from simulator.replay.files import write_all
from simulator.replay.options import OptionError, Options, open_trace
from simulator.replay.outcome import Outcome, Scene, replay
from simulator.replay.progress import bar
from simulator.replay.report import render
from simulator.replay.stack import preload
from simulator.replay.summary import as_json, summary, timeline
from simulator.replay.table import table, troubles
from simulator.replay.workers import WorkerFailed, cores, results
from simulator.traces import TraceError

REFUSED = (OptionError, UnknownPolicy, TraceError, SpecError)
"""What a user can put right."""


def command(options: Options, console: Console) -> int:
    """Exit code: 0, or 1 where a run broke. Raises one of REFUSED before anything runs."""
    makers = chosen(options.policies)
    # The spinner's thread is gone before anything forks.
    with console.status("reading the trace and sizing the plant"):
        scene = stage(options)
        preload()
    console.print(
        f"[bold]{scene.trace.name}[/]: {scene.trace.requests} requests in {scene.trace.last_s / 3600:.2f} h; "
        f"plant [bold]{scene.spec.name}[/]: {scene.derived}",
        highlight=False,
    )
    try:
        outcomes = run_all(scene, makers, options, console)
    except WorkerFailed as failed:
        console.print(f"replay: a run broke, nothing was written:\n{failed}", markup=False, highlight=False)
        return 1
    write_all(
        options.out,
        {
            "summary.json": [as_json(summary(scene, outcomes))],
            "timeline.csv": timeline(scene, outcomes),
            "report.html": [render(scene, outcomes)],
        },
    )
    console.print(table(outcomes), highlight=False)
    for trouble in troubles(outcomes):
        console.print(trouble, style="red", markup=False, highlight=False)
    console.print(f"{options.out}/summary.json, timeline.csv, report.html", markup=False, highlight=False)
    return 0


def stage(options: Options) -> Scene:
    """Raises one of REFUSED."""
    spec = load_plant(options.plant)
    trace = open_trace(options.trace)
    if not trace.requests:
        raise OptionError(f"TRACE={options.trace}: has no requests")
    return Scene(trace, spec, derive_for(trace, spec))


def run_all(scene: Scene, makers: dict[str, Maker], options: Options, console: Console) -> list[Outcome]:
    """Policy by policy and seed by seed, whatever order they finished in. Raises WorkerFailed."""
    tasks = [
        partial(replay, scene, make, seed, in_detail=seed == options.seeds[0])
        for make in makers.values()
        for seed in options.seeds
    ]
    with bar(console, "replaying", [scene.duration_s] * len(tasks)) as progress:
        found = dict(results(tasks, options.workers or cores(), progress))
    return [found[number] for number in range(len(tasks))]
