"""A boto3 session that starts quickly.

Much of a cold start would go into reading descriptions of operations nobody calls: SageMaker's alone is 394 kB
compressed, the list of all endpoints 1.2 MB. The layer's build puts what Headstart needs of them into ``models``
(``layers/headstart/reduce_models.py``). Whatever is not there is read from botocore: endpoint rules, partitions,
paginators, retries; and everything in a source tree, which has no such folder.
"""

from pathlib import Path
from typing import Final, override

import boto3
import botocore.session
from botocore.loaders import Loader

from headstart.adapters.operations import OPERATIONS

MODELS: Final = Path(__file__).with_name("models")


class _ReducedModels(Loader):
    """Looks into a folder of reduced models before botocore's own data."""

    def __init__(self, models: Path) -> None:
        super().__init__()
        self._models = models
        self.search_paths.insert(0, str(models))

    @override
    def list_available_services(self, type_name: str) -> list[str]:
        # botocore would list the folders of all of AWS to know that a service exists.
        return sorted(OPERATIONS)

    @override
    def is_builtin_path(self, path: str) -> bool:
        # botocore takes endpoints from any other file than its own for a user's choice, and lets them outrank its
        # endpoint rules. Ours are its own, shortened.
        return Path(path).is_relative_to(self._models) or super().is_builtin_path(path)


def aws_session(models: Path = MODELS) -> boto3.session.Session:
    """A session as the environment configures it; with a folder of models, for the services in ``OPERATIONS`` only."""
    if not models.is_dir():
        return boto3.session.Session()
    core = botocore.session.Session()
    core.register_component("data_loader", _ReducedModels(models))
    return boto3.session.Session(botocore_session=core)
