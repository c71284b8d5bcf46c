"""What this account answers to the open questions, in a file for the next reader."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from statistics import median

from headstart.app.ports import Description
from headstart.app.records import DecisionRecord
from headstart.domain.model import OutcomeKind, SignalKind
from simulator.doctor.facts import ComponentFacts, Facts, FunctionFacts, Identity, Observed, Unseen
from simulator.doctor.questions import Question, questions

SETTLED = timedelta(minutes=5)
"""After a change of copies: points from before it can still come."""
MATCH = timedelta(seconds=60)
NOT_ASKED = "Not observed. By hand: "

type Answer = Callable[[Facts, ComponentFacts, Observed], Iterator[str]]
"""What one component shows of a question; nothing where it shows nothing."""


def second_write(_: Facts, __: ComponentFacts, seen: Observed) -> Iterator[str]:
    """From the history alone: the doctor writes nothing."""
    yield from _details(seen, OutcomeKind.BLOCKED)


def refusals(_: Facts, __: ComponentFacts, seen: Observed) -> Iterator[str]:
    yield from _details(seen, OutcomeKind.REFUSED)


def _details(seen: Observed, kind: OutcomeKind) -> Iterator[str]:
    records = () if isinstance(seen.outcomes, Unseen) else seen.outcomes
    texts = {one.outcome.detail: one.at for one in reversed(records) if one.outcome.kind is kind and one.outcome.detail}
    yield from (f"{kind} at {at:%Y-%m-%d %H:%M} UTC: “{text}”" for text, at in texts.items())


def unknown_component(_: Facts, __: ComponentFacts, seen: Observed) -> Iterator[str]:
    for call, text in (("describe", seen.unknown_component), ("list-tags", seen.unknown_tags)):
        if not isinstance(text, Unseen):
            matched = "matched" if "could not find" in text.lower() else "NOT matched by “could not find”"
            yield f"{call}: “{text}” ({matched})"


def at_zero(_: Facts, one: ComponentFacts, __: Observed) -> Iterator[str]:
    metrics, copies = one.metrics, one.description
    if isinstance(metrics.concurrency, Unseen) or not isinstance(copies, Description) or one.changed_at is None:
        return
    since = one.changed_at + SETTLED
    if copies.current_copies or copies.desired_copies or metrics.at - since < SETTLED:
        return
    points = [point.value for point in metrics.concurrency if point.at >= since]
    what = f"{len(points)} points, {min(points):g} to {max(points):g}" if points else "silent"
    yield f"at zero copies since {one.changed_at:%H:%M} UTC: {what}; unit {_unit(one)}"


def idle(_: Facts, one: ComponentFacts, __: Observed) -> Iterator[str]:
    metrics, copies = one.metrics, one.description
    if isinstance(metrics.concurrency, Unseen) or isinstance(metrics.invocations, Unseen):
        return
    if not isinstance(copies, Description) or not copies.current_copies or one.changed_at is None:
        return
    begin = (
        max(one.changed_at, *(point.at + SETTLED for point in metrics.invocations if point.value))
        if any(point.value for point in metrics.invocations)
        else one.changed_at
    )
    if metrics.at - begin < 2 * SETTLED:
        return
    points = [point.value for point in metrics.concurrency if point.at >= begin]
    what = f"{len(points)} points, {min(points):g} to {max(points):g}" if points else "silent"
    minutes = min(180, int((metrics.at - begin).total_seconds() // 60))
    yield f"{copies.current_copies} copies, no requests for {minutes} min: {what}"


def _unit(one: ComponentFacts) -> str:
    return str(one.metrics.unit) if isinstance(one.metrics.unit, str) else "not seen"


def dimension(_: Facts, one: ComponentFacts, __: Observed) -> Iterator[str]:
    if not isinstance(one.metrics.names, Unseen) and one.metrics.names:
        also = "" if isinstance(one.metrics.elsewhere, Unseen) else "; ".join(one.metrics.elsewhere)
        yield f"{', '.join(sorted(one.metrics.names))}; unit {_unit(one)}" + (f"; also under {also}" if also else "")


def lag(_: Facts, one: ComponentFacts, __: Observed) -> Iterator[str]:
    lags = [arrival.lag for arrival in one.metrics.arrivals]
    if lags:
        yield f"{len(lags)} points: {min(lags):.0f} to {max(lags):.0f} s after their end, median {median(lags):.0f} s"


def resolution(_: Facts, one: ComponentFacts, __: Observed) -> Iterator[str]:
    if isinstance(one.metrics.refused, Unseen) or not one.metrics.refused:
        return
    points = one.metrics.refused
    inside = sum(bool(point.at.second) for point in points)
    what = "below a minute" if inside else "a minute, as far as these show"
    yield f"{len(points)} points of 10 s, {inside} of them not on the minute: {what}"


def model_latency(_: Facts, one: ComponentFacts, __: Observed) -> Iterator[str]:
    if not isinstance(one.metrics.names, Unseen) and one.metrics.names:
        yield "yes" if "ModelLatency" in one.metrics.names else "no"


def shortage(_: Facts, one: ComponentFacts, __: Observed) -> Iterator[str]:
    if isinstance(one.description, Description) and one.description.failure:
        found = one.description
        yield f"{found.status}, {found.current_copies} of {found.desired_copies} copies: “{found.failure}”"


def repeats(_: Facts, __: ComponentFacts, seen: Observed) -> Iterator[str]:
    activities = () if isinstance(seen.activities, Unseen) else seen.activities
    reasons = {reason["Code"] for one in activities for reason in one.get("NotScaledReasons", [])}
    if activities:
        yield f"“{activities[0]['Description']}”, {activities[0]['StatusCode']}" + (
            f"; not scaled for {', '.join(sorted(reasons))}" if reasons else ""
        )
    starts = sorted(one["StartTime"] for one in activities if not one.get("NotScaledReasons"))
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(starts)]
    if gaps:
        yield f"{len(starts)} activities, the closest {min(gaps):.0f} s apart"


def low_alarm(_: Facts, __: ComponentFacts, seen: Observed) -> Iterator[str]:
    alarms = () if isinstance(seen.tracking_alarms, Unseen) else seen.tracking_alarms
    high = [one["Threshold"] for one in alarms if "AlarmHigh" in one["AlarmName"]]
    for one in alarms:
        factor = (
            f", {one['Threshold'] / high[0]:g} of the high one's" if "AlarmLow" in one["AlarmName"] and high else ""
        )
        points = one.get("DatapointsToAlarm", one["EvaluationPeriods"])
        yield (
            f"{one['AlarmName'].rpartition('/')[2]}: {one['Threshold']:g}{factor}, {points} of "
            f"{one['EvaluationPeriods']} x {one['Period']} s, missing data {one.get('TreatMissingData', 'missing')}"
        )


def listing(_: Facts, one: ComponentFacts, __: Observed) -> Iterator[str]:
    if one.own_tags and not isinstance(one.own_tags, Unseen):
        same = "agrees with" if dict(one.own_tags) == dict(one.tags) else "differs from"
        yield f"at the time of this look the listing {same} the component's own tags"


def latency(_: Facts, __: ComponentFacts, seen: Observed) -> Iterator[str]:
    """Decisions of our alarms' transitions: from the alarm's own time to the function's first look."""
    if isinstance(seen.outcomes, Unseen) or isinstance(seen.transitions, Unseen):
        return
    took = [
        delay.total_seconds()
        for one in seen.outcomes
        if one.signal in (SignalKind.PRESSURE, SignalKind.WAKE)
        for delay in _after(one, seen.transitions.get(one.signal, ()))
    ]
    if took:
        yield f"{len(took)} alarms: decision {min(took):.2f} to {max(took):.2f} s after, median {median(took):.2f} s"


def _after(one: DecisionRecord, transitions: Sequence[object]) -> Iterator[timedelta]:
    delays = [one.at - at for at in transitions]  # type: ignore[operator]
    near = [delay for delay in delays if timedelta(0) <= delay <= MATCH]
    if near:
        yield min(near)


def recursion(facts: Facts, _: ComponentFacts, __: Observed) -> Iterator[str]:
    function = facts.functions.get("FollowFunction")
    if isinstance(function, FunctionFacts) and not isinstance(function.recursive_loop, Unseen):
        yield f"RecursiveLoop is {function.recursive_loop}"


OBSERVERS: Mapping[str, tuple[Answer, ...]] = {
    "Error code and text of a second write": (second_write,),
    "Text for a component that is not there": (unknown_component,),
    "Throttling codes": (second_write, refusals),
    "Is the concurrency metric silent or 0 at zero copies": (at_zero,),
    "Does an idle component with copies publish zeros": (idle,),
    "Does the metric exist under `InferenceComponentName` alone": (dimension,),
    "How late is a 10 s point": (lag,),
    "Resolution of `NoCapacityInvocationFailures`": (resolution,),
    "Does `ModelLatency` come under `InferenceComponentName`": (model_latency,),
    "State after a shortage of instances or a quota refusal": (shortage, refusals),
    "How often an Auto Scaling action repeats": (repeats,),
    "Factor of the low alarm": (low_alarm,),
    "How late does Resource Groups Tagging see a tag": (listing,),
    "Event to handler": (latency,),
    "Recursion stop": (recursion,),
}
"""By the beginning of what stands in bold in docs/live-checks.md."""


def answers(facts: Facts) -> list[dict[str, str]]:
    """Every open question, with what was seen of it: `seen` is empty for one that nothing here shows."""
    return [{"question": one.text, "seen": "; ".join(_seen(one, facts)), "by_hand": one.how} for one in questions()]


def _seen(question: Question, facts: Facts) -> Iterator[str]:
    observers = next((found for name, found in OBSERVERS.items() if question.name.startswith(name)), ())
    told: set[str] = set()
    for observer in observers:
        for name, one in facts.components.items():
            for text in _tried(observer, facts, one, facts.observed[name]):
                if text not in told:
                    told.add(text)
                    yield f"{name}: {text}" if observer not in OF_THE_STACK else text


OF_THE_STACK = (unknown_component, recursion)


def _tried(observer: Answer, facts: Facts, one: ComponentFacts, seen: Observed) -> list[str]:
    try:
        return list(observer(facts, one, seen))
    except Exception as error:  # noqa: BLE001  one answer that breaks must not cost the others
        return [f"could not be told: {type(error).__name__}: {error}"]


def page(facts: Facts, found: Sequence[Mapping[str, str]]) -> str:
    """The answers as a page to be kept, or sent to the project."""
    who = facts.identity.account if isinstance(facts.identity, Identity) else "no account"
    lines = [
        "# Open questions on a live account",
        "",
        f"Seen on {facts.now:%Y-%m-%d %H:%M} UTC in account {who}, {facts.region}, stack {facts.asked.stack}. "
        "Nothing was written to find out; what only a write can show is left to do by hand.",
        "",
        "| question | seen here |",
        "|---|---|",
    ]
    rows = [f"| {one['question']} | {_cell(one)} |" for one in found]
    return "\n".join([*lines, *rows, ""])


def _cell(one: Mapping[str, str]) -> str:
    return one["seen"].replace("|", "\\|").replace("\n", " ") if one["seen"] else NOT_ASKED + one["by_hand"]
