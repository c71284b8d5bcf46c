"""The order in which CloudFormation takes the stack down: dependents first."""

from typing import Any

import pytest
from cfnlint.template import Template

from headstart.app.leaving import LAST_RUN
from tests.template.facts import of_type, translated, written

SIGNALS = ("AWS::Events::Rule", "AWS::Lambda::EventSourceMapping")
WRITERS = ("AlarmFunction", "FollowFunction", "ReconcileFunction")


def needed(name: str, template: dict[str, Any]) -> set[str]:
    """All that a resource depends on, said or implied, and so is deleted before."""
    graph = Template("template.yaml", template).graph
    assert graph is not None
    return {str(found) for found in descendants(graph.graph, name)}


def descendants(graph: Any, name: str) -> set[str]:
    found: set[str] = set()
    following = [name]
    while following:
        for _, other in graph.out_edges(following.pop()):
            if other not in found:
                found.add(other)
                following.append(other)
    return found


@pytest.mark.parametrize("writer", WRITERS)
def test_the_tombstone_is_laid_before_functions_go_and_they_go_before_clean_up(writer: str) -> None:
    template = translated()
    assert writer in needed("Tombstone", template)
    assert "CleanUp" in needed(writer, template)


def test_rules_schedule_and_queue_are_cut_off_before_clean_up() -> None:
    template = translated()
    signals = [name for kind in SIGNALS for name in of_type(template, kind)]
    assert len(signals) == len(WRITERS)
    assert all("CleanUp" in needed(name, template) for name in signals)


def test_clean_up_has_what_it_needs_until_it_is_done() -> None:
    needs = needed("CleanUp", translated())
    assert {"CleanupFunction", "CleanupRole", "CleanupLogGroup", "Table"} <= needs


def test_no_function_outlasts_the_wait_for_the_last_run() -> None:
    functions = of_type(written(), "AWS::Serverless::Function")
    usual = written()["Globals"]["Function"]["Timeout"]
    assert max(functions[name].get("Timeout", usual) for name in WRITERS) < LAST_RUN.total_seconds()


def test_cloudformation_waits_for_a_second_attempt() -> None:
    resources = written()["Resources"]
    timeout = resources["CleanupFunction"]["Properties"]["Timeout"]
    assert resources["CleanUp"]["Properties"]["ServiceTimeout"] > 2 * timeout
    assert all(resources[name]["Properties"]["ServiceTimeout"] <= 3600 for name in ("CleanUp", "Tombstone"))
