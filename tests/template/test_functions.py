"""Functions and layer: code, environment, architecture."""

import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest

from headstart.entry.settings import Settings
from tests.template.facts import ROOT, of_type, translated, written

FUNCTIONS = of_type(written(), "AWS::Serverless::Function")
GLOBALS = written()["Globals"]["Function"]
ARCHITECTURE = {"Ref": "Architecture"}
# Read by Powertools itself, not by us.
LIBRARY_VARIABLES = {"POWERTOOLS_LOG_LEVEL"}


def module(properties: dict[str, Any]) -> str:
    file = str(GLOBALS["Handler"]).partition(".")[0]
    return f"{str(properties['CodeUri']).replace('/', '.')}.{file}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_handler_can_be_imported_without_an_environment(name: str) -> None:
    handler = getattr(importlib.import_module(module(FUNCTIONS[name])), GLOBALS["Handler"].partition(".")[2])
    assert list(inspect.signature(handler).parameters)[:2] == ["event", "context"]


def test_every_function_folder_is_deployed_once() -> None:
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "functions").glob("*/handler.py")}
    deployed = [Path(properties["CodeUri"]) for properties in FUNCTIONS.values()]
    assert sorted(deployed) == sorted(folders)


def test_environment_is_what_the_settings_read() -> None:
    variables = set(GLOBALS["Environment"]["Variables"])
    read = {field.alias for field in Settings.model_fields.values()}
    assert variables - LIBRARY_VARIABLES == read
    assert variables >= LIBRARY_VARIABLES
    assert all("Environment" not in properties for properties in FUNCTIONS.values())


@pytest.mark.parametrize("mode", written()["Parameters"]["MaximumMode"]["AllowedValues"])
@pytest.mark.parametrize("bound", ["Default", "MinValue", "MaxValue"])
def test_settings_accept_what_the_parameters_allow(mode: str, bound: str) -> None:
    environment = {
        "HEADSTART_STACK": "headstart",
        "HEADSTART_TABLE": "headstart-Table-1A2B3C",
        "HEADSTART_FOLLOW_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/headstart-FollowQueue",
        "HEADSTART_MAX_MODE": mode,
        "HEADSTART_RETENTION_DAYS": str(written()["Parameters"]["DecisionRetentionDays"][bound]),
        "HEADSTART_NATIVE_CREATE": written()["Parameters"]["AllowNativeCreate"]["AllowedValues"][0],
    }
    assert Settings.from_env(environment).highest_mode == mode


def test_functions_layer_and_build_agree_on_the_architecture() -> None:
    layer = written()["Resources"]["HeadstartLayer"]
    assert layer["Properties"]["CompatibleArchitectures"] == [ARCHITECTURE]
    assert layer["Metadata"]["BuildArchitecture"] == ARCHITECTURE
    assert layer["Metadata"]["WorkingDirectory"] == {"Fn::Sub": "layers/headstart/targets/${Architecture}"}
    assert GLOBALS["Architectures"] == [ARCHITECTURE]
    assert all("Architectures" not in properties for properties in FUNCTIONS.values())


def test_layer_can_be_built_for_every_allowed_architecture() -> None:
    allowed = written()["Parameters"]["Architecture"]["AllowedValues"]
    assert sorted(path.name for path in (ROOT / "layers/headstart/targets").iterdir()) == sorted(allowed)


def test_functions_and_layer_agree_on_the_runtime() -> None:
    layer = written()["Resources"]["HeadstartLayer"]["Properties"]
    assert layer["CompatibleRuntimes"] == [GLOBALS["Runtime"]] == ["python3.13"]
    assert (ROOT / ".python-version").read_text().strip() == GLOBALS["Runtime"].removeprefix("python")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_has_a_role_and_a_log_group_of_its_own(name: str) -> None:
    purpose = name.removesuffix("Function")
    template = written()
    assert FUNCTIONS[name]["Role"] == {"Fn::GetAtt": [f"{purpose}Role", "Arn"]}
    assert FUNCTIONS[name]["LoggingConfig"] == {"LogGroup": {"Ref": f"{purpose}LogGroup"}}
    assert of_type(template, "AWS::Logs::LogGroup")[f"{purpose}LogGroup"]["RetentionInDays"] == {
        "Ref": "LogRetentionDays"
    }


def test_sam_adds_no_role_of_its_own() -> None:
    assert of_type(translated(), "AWS::IAM::Role").keys() == of_type(written(), "AWS::IAM::Role").keys()
