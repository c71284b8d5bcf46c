"""MiniStack in this process: imported late, checked for its version, mended where `README.md` lists a gap."""

import importlib
import importlib.metadata
import logging
from pathlib import Path

from simulator.cloud import policies, provisioning, recursion, sandbox
from simulator.cloud.delivery import Delivery
from simulator.cloud.errors import CloudError
from simulator.cloud.iam import AccessControl
from simulator.cloud.settings import MINISTACK_VERSION, CloudSettings
from simulator.cloud.untyped import Asgi, MiniStack

logger = logging.getLogger(__name__)


class Gateway:
    """MiniStack's application with our changes in place. One per process: MiniStack keeps its state in modules."""

    def __init__(self, settings: CloudSettings, endpoints: dict[str, str]) -> None:
        installed = importlib.metadata.version("ministack")
        if installed != MINISTACK_VERSION:
            needed = f"ministack {MINISTACK_VERSION} is needed, {installed} is installed"
            raise CloudError(f"{needed}: the local cloud replaces parts of it")
        # MiniStack reads the environment while it is imported, which is why nothing above imports it.
        self._app = importlib.import_module("ministack.app")
        self._workers = importlib.import_module("ministack.core.lambda_runtime")
        evaluator = importlib.import_module("ministack.core.iam_evaluator")
        provisioners = importlib.import_module("ministack.services.cloudformation.provisioners")
        lambda_svc = importlib.import_module("ministack.services.lambda_svc")
        eventbridge: MiniStack = importlib.import_module("ministack.services.eventbridge")
        sqs = importlib.import_module("ministack.services.sqs")
        iam = importlib.import_module("ministack.services.iam")

        runtime = Path(settings.scratch, "runtime")
        sandbox.make_runtime(runtime)
        store = sandbox.CodeStore(Path(settings.scratch, "code"))
        sandbox.install(lambda_svc, self._workers, store, runtime, endpoints)
        recursion.install(lambda_svc, sqs)
        self.access = AccessControl(evaluator, sqs, iam)
        policies.install(iam, self.access)
        provisioning.install(provisioners, lambda_svc, sqs, self.access)
        self.delivery = Delivery(lambda_svc, eventbridge, sqs, self.access, retry_seconds=settings.async_retry_seconds)
        self.delivery.install()
        # A schedule fires within a second of its time instead of ten.
        eventbridge._SCHEDULER_TICK_INTERVAL = 1

    @property
    def application(self) -> Asgi:
        """The ASGI application to serve."""
        return recursion.trace_middleware(self._app.app)

    def stop_functions(self) -> None:
        """Ends every function process."""
        self._workers.reset()
