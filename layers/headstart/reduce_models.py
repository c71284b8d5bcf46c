"""Writes botocore's descriptions of services with nothing in them but what Headstart calls.

The layer's Makefile runs it (``reduce_models.py FOLDER``) with the botocore of the Python that builds. It is not
shipped itself.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    import botocore
    from botocore.loaders import Loader
    from botocore.model import ServiceModel
except ImportError as missing:
    raise SystemExit(
        f"{sys.executable} has no botocore ({missing}); the layer takes its service descriptions from there. "
        "Build with `make build`, or install botocore for that Python."
    ) from missing

from headstart.adapters.operations import OPERATIONS


def write_models(folder: Path) -> None:
    """Fill a folder with the reduced descriptions, in the layout botocore expects. Raises SystemExit."""
    loader = Loader()
    prefixes = set()
    for service, operations in OPERATIONS.items():
        version = loader.determine_latest_version(service, "service-2")
        model = loader.load_service_model(service, "service-2")
        if unknown := sorted(set(operations) - set(model["operations"])):
            raise SystemExit(f"botocore {botocore.__version__} is too old: {service} has no {', '.join(unknown)}")
        prefixes.add(model["metadata"]["endpointPrefix"])
        _write(folder / service / version / "service-2.json", reduced(model, operations))
    _write(folder / "endpoints.json", _endpoints(loader.load_data("endpoints"), prefixes))


def reduced(model: dict[str, Any], operations: tuple[str, ...]) -> dict[str, Any]:
    """A service description with these operations, the shapes they reach (errors too), and no documentation."""
    kept = {name: _undocumented(model["operations"][name]) for name in operations}
    shapes: dict[str, Any] = {}
    wanted = list(_references(kept))
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = _undocumented(model["shapes"][name])
            wanted += _references(shapes[name])
    # The runtime's botocore may be older than the one that builds, and may not know the newest of a service's
    # protocols, nor that there is a choice.
    metadata = model["metadata"] | {"protocol": ServiceModel(model).resolved_protocol}
    rest = {key: value for key, value in model.items() if key != "documentation"}
    return rest | {"metadata": metadata, "operations": kept, "shapes": shapes}


def _endpoints(everywhere: dict[str, Any], prefixes: set[str]) -> dict[str, Any]:
    partitions = [
        partition | {"services": {name: at for name, at in partition["services"].items() if name in prefixes}}
        for partition in everywhere["partitions"]
    ]
    return everywhere | {"partitions": partitions}


def _references(description: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(description, dict):
        if isinstance(description.get("shape"), str):
            yield description["shape"]
        for value in description.values():
            yield from _references(value)
    elif isinstance(description, list):
        for value in description:
            yield from _references(value)


def _undocumented(description: Any) -> Any:  # noqa: ANN401
    if isinstance(description, dict):
        # A member may itself be called "documentation"; then it is not text.
        return {
            key: _undocumented(value)
            for key, value in description.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    return [_undocumented(value) for value in description] if isinstance(description, list) else description


def _write(file: Path, content: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    write_models(Path(sys.argv[1]))
