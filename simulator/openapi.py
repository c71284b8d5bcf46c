"""`python -m simulator.openapi FILE`, called by `make openapi`: the history API as its routes describe themselves."""

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from functions.history.handler import QUESTIONS, resolver
from headstart.app.records import ID
from headstart.domain.capacity import NAME
from headstart.entry.questions import Question

ROOT = Path(__file__).resolve().parents[1]
ABOUT = (
    "Components and the decisions made for them, read only. Requests are signed (SigV4, service `execute-api`); the "
    "address of the API is the stack's output `ApiUrl`."
)
IN_PATHS = {
    "name": (NAME, "my-llama"),
    "decision_id": (ID.pattern, "my-llama.20261122T121025123Z.3f9a07c2"),
}
"""Pattern and example."""
ERRORS = {
    "400": ("A parameter is wrong, unknown or given twice: `field` names it.", "BadRequest"),
    "403": ("Not signed, or not allowed.", "Error"),
    "404": ("Nothing is recorded under that name or id.", "Error"),
    "503": ("The table did not answer; try again.", "Error"),
}
MESSAGE = {"message": {"type": "string"}}
SCHEMAS = {
    "Error": {"type": "object", "required": ["message"], "properties": MESSAGE},
    "BadRequest": {
        "type": "object",
        "required": ["message", "field"],
        "properties": MESSAGE | {"field": {"type": "string"}},
    },
}
SIGNED = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}


def description() -> dict[str, Any]:
    """The OpenAPI document of the history API."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    found: dict[str, Any] = json.loads(
        resolver.get_openapi_json_schema(title="Headstart history", version=version, description=ABOUT)
    )
    del found["servers"]  # which is another for each stack
    for item in found["paths"].values():
        _complete(item["get"])
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:  # answers are whole: a default is written like any other value
            schema["required"] = list(schema["properties"])
    found["components"]["schemas"] |= SCHEMAS
    found["components"]["securitySchemes"] = {"AWS_IAM": SIGNED}
    return found | {"security": [{"AWS_IAM": []}]}


def _complete(operation: dict[str, Any]) -> None:
    """What Powertools cannot know: patterns of names, the query, and how requests fail."""
    in_path = operation.get("parameters", [])
    for parameter in in_path:
        pattern, parameter["example"] = IN_PATHS[parameter["name"]]
        parameter["schema"]["pattern"] = f"^{pattern}$"
    operation["parameters"] = in_path + _query(QUESTIONS[operation["operationId"]])
    for status, (text, schema) in ERRORS.items():
        if status == "404" and not in_path:
            continue
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
        operation["responses"][status] = {"description": text, "content": content}


def _query(question: type[Question]) -> list[dict[str, Any]]:
    found = []
    for name, schema in question.model_json_schema(by_alias=True)["properties"].items():
        text = schema.pop("description")
        if schema.get("default") is None:
            schema.pop("default", None)
        found.append({"name": name, "in": "query", "required": False, "description": text, "schema": schema})
    return found


def written() -> str:
    """The file's text."""
    return json.dumps(description(), indent=2) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(written())
