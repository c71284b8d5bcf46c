"""Judgements over gathered facts: no clock, no network. Each check is a function that yields findings."""

from collections.abc import Callable, Iterable, Iterator

from simulator.doctor.checks import account, alarms, capacity, components, metrics, native, probe, roles, stack, wiring
from simulator.doctor.facts import ComponentFacts, Facts, Identity
from simulator.doctor.findings import Finding, unchecked

type Check = Callable[[Facts], Iterable[Finding]]
type ComponentCheck = Callable[[Facts, ComponentFacts], Iterable[Finding]]

FIRST: tuple[Check, ...] = (account.region, account.credentials)
OF_THE_STACK: tuple[Check, ...] = (
    stack.functions, stack.errors, stack.reconcile, stack.mode,
    wiring.alarm_rule, wiring.tick, wiring.chain, wiring.queue, wiring.dead_letters, wiring.table,
    roles.permissions, roles.tag, roles.service_role,
    components.enrolled, alarms.stray,
)  # fmt: skip
OF_A_COMPONENT: tuple[ComponentCheck, ...] = (
    components.tags, components.component, components.known,
    alarms.in_place, metrics.present, metrics.lag,
    native.native, native.floor, native.suspended, native.wake_step,
    capacity.instances, capacity.quota,
)  # fmt: skip
LAST: tuple[Check, ...] = (probe.probe,)


def judge(facts: Facts) -> list[Finding]:
    """All findings, in the order in which one thing makes the next possible."""
    found = [finding for check in FIRST for finding in _tried(check.__name__, lambda check=check: check(facts))]  # type: ignore[misc]
    if not isinstance(facts.identity, Identity) or (found and found[-1].status == "FAIL"):
        return [*found, _rest("credentials and a Region")]
    found += _tried("stack", lambda: stack.stack(facts))
    if facts.known_stack is None:
        return [*found, _rest("the stack")]
    for check in OF_THE_STACK:
        found += _tried(check.__name__, lambda check=check: check(facts))  # type: ignore[misc]
    for one in facts.components.values():
        for of_one in OF_A_COMPONENT:
            found += _tried(of_one.__name__, lambda of_one=of_one, one=one: of_one(facts, one), one.name)  # type: ignore[misc]
    for check in LAST:
        found += _tried(check.__name__, lambda check=check: check(facts))  # type: ignore[misc]
    return found


def _rest(what: str) -> Finding:
    return unchecked("everything else", f"It takes {what}.", "Mend the line above first.")


def _tried(name: str, run: Callable[[], Iterable[Finding]], subject: str = "") -> Iterator[Finding]:
    try:
        yield from run()
    except Exception as error:  # noqa: BLE001  one check that breaks must not stop the others
        why = f"the check itself failed: {type(error).__name__}: {error}"
        yield unchecked(name.replace("_", " "), why, "Report it to the project.", subject)
