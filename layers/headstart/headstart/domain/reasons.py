"""One sentence a person can check, for each decision."""

from collections.abc import Sequence

from headstart.domain.model import Action, Demand, Observation, Policy, Status, Term

NEEDS = ("load", "backlog", "wake")


def explain(
    policy: Policy,
    seen: Observation,
    demand: Demand,
    terms: tuple[Term, ...],
    action: Action,
    desired: int,
    limits: Sequence[str] = (),
) -> str:
    """Say what is asked for, what stands, and the numbers of the binding term: the largest, the first of equals."""
    binding = max(terms, key=lambda term: term.copies)
    why = _kept(binding, terms, demand) if binding.name in ("hold", "reserve", "burst") else _term(binding, demand)
    if binding.copies > policy.max_copies:
        why += f"; the owner's maximum is {policy.max_copies}"
    why = "; ".join([why, *limits])
    standing = f"{seen.current_copies} in service"
    if seen.desired_copies != seen.current_copies:
        standing += f", {seen.desired_copies} asked for"
    match action:
        case Action.HOLD:
            return f"Holds ({standing}): {_held(seen, demand, why)}."
        case Action.WAIT:
            return f"Needs {desired} copies ({standing}), but an update is in flight: {why}."
        case Action.OBSERVE:
            because = f", because {policy.observes_because}" if policy.observes_because else ""
            return f"Would {_change(seen, desired)} ({standing}), but only observes{because}: {why}."
        case Action.SETTLE:
            return f"Needs {desired} copies ({standing}), but waits for one more look: {why}."
        case Action.WRITE:
            verb, _, rest = _change(seen, desired).partition(" ")
            return f"{verb.capitalize()}s {rest} ({standing}): {why}."


def _change(seen: Observation, desired: int) -> str:
    surplus = seen.desired_copies - desired
    return f"give back {surplus} of its own copies" if surplus > 0 else f"ask for {desired} copies"


def _held(seen: Observation, demand: Demand, why: str) -> str:
    if seen.status in (Status.FAILED, Status.DELETING):
        return f"the component is {seen.status}" + (f", {seen.failure}" if seen.failure else "")
    if demand.offered_load is None and demand.refused_requests == 0:
        return "no recent data points, and no data is not no load"
    return why


def _kept(term: Term, terms: tuple[Term, ...], demand: Demand) -> str:
    """What is held rests on a need: of this moment, which is then explained itself, or of the last two minutes."""
    needed = term.numbers["needed"]
    now = next((t for t in terms if t.name in NEEDS and t.copies == needed), None)
    lately = f"{_load(demand)}, and {needed:.0f} copies were needed within the last two minutes"
    why = lately if now is None else _term(now, demand)
    if term.name == "hold":
        return why
    if term.name == "burst":
        return f"{why}; {term.numbers['burst']:g} more at once are to find a free slot while the component is active"
    free = term.numbers["reserve"]
    return f"{why}; {free:.0f} copies' worth of slots are kept free while the component is active"


def _term(term: Term, demand: Demand) -> str:
    n = term.numbers
    match term.name:
        case "wake":
            return (
                f"{n['refused_requests']:.0f} requests were refused within {n['refused_seconds']:.0f} s, about "
                f"{n['refused_clients']:.0f} clients or {n['arrivals_per_second']:.2f}/s, at "
                f"{n['service_seconds']:.1f} s each {n['offered_load']:.1f} at once, "
                f"and {n['waiting']:.0f} will be waiting"
            )
        case "backlog":
            return (
                f"an offered load of {n['offered_load']:.1f} and {n['queue']:.0f} queued at "
                f"{n['service_seconds']:.1f} s each, over {n['slots']:g} slots a copy"
            )
        case "load":
            return f"an offered load of {n['offered_load']:.1f} over a target of {n['target']:g} a copy"
        case "schedule":
            return f"{_load(demand)}, and the owner's schedule asks for at least {term.copies}"
        case "season":
            return f"{_load(demand)}, and by its last weeks this hour, or the next, needs at least {term.copies}"
        case _:
            return f"{_load(demand)}, and the owner's minimum is {term.copies}"


def _load(demand: Demand) -> str:
    return "no load was seen" if demand.offered_load is None else f"an offered load of {demand.offered_load:.1f}"
