"""From options to an exit code: the trace, the scene, the run, the report."""

import time
from collections.abc import Callable
from random import Random

from rich.console import Console

from simulator.cloud import CloudError, LocalCloud
from simulator.demo import stage
from simulator.demo.act import Act
from simulator.demo.client import CONTAINER_S
from simulator.demo.comparison import Comparison, other_run
from simulator.demo.options import Options
from simulator.demo.page import render
from simulator.demo.story import Story
from simulator.demo.tables import report
from simulator.demo.verdict import broken
from simulator.demo.window import BURST_COPIES, Offer, Window, choose
from simulator.plant.spec import PlantSpec, load_plant
from simulator.traces import Trace, read
from simulator.traces.shapes import Lengths, Piece, poisson

PLANT = "demo"
NOTICE = "Start-ups are shortened: 20 to 40 s, not 2 to 9 min. All else is real time."
GENERATED = (Piece(75.0, 2.2, 2.2), Piece(45.0, 6.6, 6.6), Piece(60.0, 1.8, 1.8))
"""Without a trace: a wake, a burst of three times as much, and what follows it."""


def run(options: Options, console: Console) -> int:
    """Exit code: 0 when the whole chain happened, 1 when a link broke, 2 for a trace that cannot be used."""
    spec = load_plant(PLANT)
    try:
        name, window = _window(options, spec)
    except ValueError as error:
        _fail(console, str(error))
        return 2
    _introduce(console, options, name, window)
    try:
        story = _on_a_cloud(options, console, spec, window, name)
    except CloudError as error:
        _fail(console, f"{error}\ndemo: the local cloud's log is {options.log}")
        return 1
    console.print(report(story))
    try:
        options.page.write_text(render(story, other_run(story, options)), encoding="utf-8")
        Comparison.of(story).save(options)
    except OSError as error:
        _fail(console, f"the page could not be written: {error}")
        return 1
    console.print(f"\nThe page with the timeline: {options.page}", soft_wrap=True, highlight=False)
    link = broken(story)
    if link is None:
        return 0
    _fail(console, f"broken at “{link.name}”: {link.broken}\ndemo: the local cloud's log is {options.log}")
    return 1


def _fail(console: Console, text: str) -> None:
    console.print(f"demo: {text}", style="red", soft_wrap=True, highlight=False, markup=False)


def _window(options: Options, spec: PlantSpec) -> tuple[str, Window]:
    """Raises ValueError (TraceError is one)."""
    trace = read(options.trace) if options.trace else _generated(options.seed)
    offers = [Offer(*demand) for demand in trace.demands(spec.service)]
    window = choose(offers, spec.service.slots)
    if window.mean_service_s > CONTAINER_S:
        raise ValueError(
            f"{trace.name}: {len(window.offers)} requests in its best {window.length_s:.0f} s are too few; to keep "
            f"{BURST_COPIES} copies busy each would take {window.mean_service_s:.0f} s, and SageMaker gives a "
            f"container {CONTAINER_S:.0f} s"
        )
    return trace.name, window


def _generated(seed: int) -> Trace:
    return poisson(f"generated-{seed}", iter(GENERATED), Random(f"demo/{seed}"), 1.0, Lengths())


def _introduce(console: Console, options: Options, name: str, window: Window) -> None:
    kept = "" if window.kept_one_in == 1 else f", one in {window.kept_one_in} kept"
    wake, burst, target = window.wake_load, window.burst_load, window.target
    lines = [
        "[bold]Headstart demo[/bold]" if options.headstart else "[bold]Native scaling alone[/bold], for comparison",
        f"trace     {name}, from second {window.starts_at_s:.0f}: {len(window.offers)} requests in "
        f"{window.length_s:.0f} s{kept}",
        f"derived   service times x {window.factor:g} (mean {window.mean_service_s:.1f} s), "
        f"{window.slots} slots a copy, target {target:g}",
        f"demand    {wake:.1f} requests at once on waking, {burst:.1f} in the burst",
        f"          (about {wake / target:.0f} and {burst / target:.0f} copies at the target)",
        f"[yellow]note[/yellow]      {NOTICE}",
        "",
    ]
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _on_a_cloud(options: Options, console: Console, spec: PlantSpec, window: Window, name: str) -> Story:
    def step[T](what: str, action: Callable[[], T]) -> T:
        began = time.monotonic()
        with console.status(f"{what} ..."):
            result = action()
        console.print(f"{what:<58}{time.monotonic() - began:5.1f} s", highlight=False)
        return result

    with step("start the local cloud", lambda: LocalCloud.start(PLANT, seed=options.seed, log=options.log)) as cloud:
        deployed = step("sam build, sam deploy", lambda: stage.deploy(cloud)) if options.headstart else None
        arn = step("endpoint, component at zero copies, native scaling", lambda: stage.create_component(cloud, window))
        if deployed is not None:
            step("tag headstart:mode=act, wait for the alarms", lambda: stage.enrol(cloud, deployed, arn, window))
        console.print()
        return Act(cloud, deployed, window, name, spec, options.seed).play(console, NOTICE)
