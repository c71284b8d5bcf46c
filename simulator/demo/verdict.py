"""Whether the chain really happened, link by link; the first one that did not is what the demo fails with."""

from collections.abc import Iterator
from typing import NamedTuple

from simulator.demo.figures import decision_of
from simulator.demo.story import Move, Story, Write


class Link(NamedTuple):
    """One link of the chain. `broken` says what did not happen; empty when it did. `at`: seconds, if any."""

    name: str
    at: float | None
    seen: str
    broken: str = ""


def links(story: Story) -> list[Link]:
    """The chain as far as it held, up to and including the first broken link."""
    found = []
    for link in _headstart(story) if story.headstart else _native(story):
        found.append(link)
        if link.broken:
            break
    return found


def broken(story: Story) -> Link | None:
    last = links(story)[-1]
    return last if last.broken else None


def _headstart(story: Story) -> Iterator[Link]:
    yield _refusal(story)
    alarm = story.alarmed(story.wake_alarm)
    yield _alarm(story, alarm)
    if alarm is not None:
        yield _invocation(story)
        yield _function(story, alarm)
        write = next((one for one in story.writes() if one.caller in story.roles and one.outcome == "accepted"), None)
        yield _write(story, write)
        yield _record(story, write)
    yield from _served(story)
    yield _follow_up(story)
    yield _schedule(story)
    yield _api(story)


def _native(story: Story) -> Iterator[Link]:
    yield _refusal(story)
    yield _alarm(story, story.alarmed(story.wake_alarm))
    write = next((one for one in story.writes() if one.is_native and one.outcome == "accepted"), None)
    name = "Auto Scaling asked for copies"
    if write is None:
        yield Link(name, None, "", "the step policy of the alarm never wrote a copy count")
    else:
        yield Link(name, write.at, f"for {write.asked}")
    yield from _served(story)


def _refusal(story: Story) -> Link:
    at, name = story.first_refusal, "request refused at zero copies"
    if at is None:
        reason = f": {story.trouble}" if story.trouble else ""
        return Link(name, None, "", f"no request was refused although the component stood at zero copies{reason}")
    return Link(name, at, "HTTP 400, no capacity")


def _alarm(story: Story, alarm: Move | None) -> Link:
    name = "its alarm in ALARM"
    if alarm is None:
        states = {move.state for move in story.moves() if move.alarm == story.wake_alarm}
        stood = f"it was seen in {', '.join(sorted(states))}" if states else "it never changed its state"
        return Link(name, None, "", f"the alarm {story.wake_alarm} never went to ALARM ({stood})")
    return Link(name, alarm.at, alarm.alarm)


def _invocation(story: Story) -> Link:
    name, log = "EventBridge ran the alarm function", story.functions.get("alarm")
    if log is None or not log.runs:
        letters = f"; dead-letter queue: {story.dead_letters[0]}" if story.dead_letters else ""
        return Link(name, None, "", f"EventBridge never invoked the alarm function: its log is empty{letters}")
    return Link(name, None, f"{log.runs} times in its log")


def _function(story: Story, alarm: Move) -> Link:
    name = "the function answered this event"
    if any(decision["signal_id"] == alarm.event_id for decision in story.decisions):
        return Link(name, None, f"event {alarm.event_id[:8]}")
    errors = [*story.functions["alarm"].errors, *story.dead_letters]
    said = f"it failed with: {errors[0]}" if errors else "its log shows no error either"
    return Link(name, None, "", f"no decision names event {alarm.event_id} of the wake alarm; {said}")


def _write(story: Story, write: Write | None) -> Link:
    name = "SageMaker accepted its write"
    if write is None:
        others = "; ".join(f"{story.who(one)} asked for {one.asked}: {one.outcome}" for one in story.writes())
        reason = f"no copy-count write with a role of the stack was accepted ({others or 'no write came'})"
        return Link(name, None, "", reason)
    return Link(name, write.at, f"{write.standing} to {write.asked} copies, {write.caller.rpartition('/')[2]}")


def _record(story: Story, write: Write | None) -> Link:
    name = "decision and outcome recorded"
    decision = decision_of(story, write) if write else None
    if decision is None:
        return Link(name, None, "", "no recorded decision asks for the copies that were written")
    if decision["outcome"]["kind"] != "applied":
        return Link(name, None, "", f"the decision {decision['id']} says {decision['outcome']['kind']}, not applied")
    return Link(name, None, decision["id"])


def _served(story: Story) -> Iterator[Link]:
    ready = next((entry["at"] for entry in story.journal if entry.get("in_service")), None)
    name = "copy in service"
    if ready is None:
        yield Link(name, None, "", "no copy came into service before the run ended")
    else:
        yield Link(name, ready - story.starts_at, "")
    name, at = "request served", story.first_success
    if at is None:
        yield Link(name, None, "", f"no request was served{f': {story.trouble}' if story.trouble else ''}")
    else:
        yield Link(name, at, "")


def _follow_up(story: Story) -> Link:
    name = "follow-ups went on (SQS)"
    hops = sum(decision["signal"] == "follow" for decision in story.decisions)
    if not hops:
        errors = story.functions["follow"].errors if "follow" in story.functions else ()
        return Link(name, None, "", f"no follow-up was decided{f'; the function said: {errors[0]}' if errors else ''}")
    return Link(name, None, f"{hops} looks")


def _schedule(story: Story) -> Link:
    name, log = "schedule ran reconcile", story.functions.get("reconcile")
    # The demo runs it once itself.
    runs = log.runs - 1 if log else 0
    if runs < 1:
        return Link(name, None, "", "rate(1 minute) never invoked the reconcile function")
    return Link(name, None, f"{runs} times")


def _api(story: Story) -> Link:
    name, api = "history API answered, signed", story.api
    if api.error:
        return Link(name, None, "", api.error)
    if api.unsigned_status != 403:
        return Link(name, None, "", f"the history API answered {api.unsigned_status} to an unsigned request, not 403")
    return Link(name, None, f"{len(story.decisions)} decisions on {api.pages} pages; unsigned: 403")
