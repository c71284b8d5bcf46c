"""The face of the local cloud: start it, get clients for it, deploy onto it, stop it."""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from simulator.cloud import api, deploy, launch
from simulator.cloud.api import ApiResponse
from simulator.cloud.errors import CloudError, DeployError
from simulator.cloud.remote import RemotePlant
from simulator.cloud.settings import (
    ACCOUNT_ID,
    ADMIN_ACCESS_KEY,
    ADMIN_SECRET_KEY,
    PLANT_SERVICES,
    REGION,
    CloudSettings,
    endpoint_environment,
)
from simulator.cloud.untyped import Payload
from simulator.plant.errors import SpecError
from simulator.plant.spec import load_plant

ADMIN = Credentials(ADMIN_ACCESS_KEY, ADMIN_SECRET_KEY)
# As many connections as a burst of held InvokeEndpoint requests needs, and no retries that would hide a refusal.
CLIENT = Config(max_pool_connections=200, retries={"total_max_attempts": 1}, read_timeout=120, proxies={})
# Neither the user's profile nor their configuration files are looked at.
FROM_NOWHERE = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class LocalCloud:
    """A running local cloud; use `LocalCloud.start(...)` as a context manager, or call `stop()`."""

    account_id = ACCOUNT_ID
    region = REGION

    def __init__(
        self, process: subprocess.Popen[str], scratch: Path, log: launch.Log, addresses: Mapping[str, str]
    ) -> None:
        self._process = process
        self._scratch = scratch
        self._log = log
        self._clients: dict[str, Payload] = {}
        self.gateway_url = addresses["gateway"]
        self.plant_url = addresses["plant"]
        self.plant = RemotePlant(self.gateway_url)
        atexit.register(self.stop)

    @classmethod
    def start(
        cls,
        plant: str | Path = "standard",
        *,
        seed: int = 1,
        port: int = 0,
        async_retry_seconds: float = 60.0,
        log: Path | None = None,
    ) -> Self:
        """Starts everything and returns when it answers.

        `plant` names a file of `simulator/plants/` or is the path of one; `port` is the gateway's (0: a free one);
        `async_retry_seconds` is AWS's minute before the first retry of a failed asynchronous invocation, for tests
        to shorten; `log` keeps the launcher's log after the end. Raises CloudError.
        """
        try:
            load_plant(plant)
        except SpecError as error:
            raise CloudError(str(error)) from error
        scratch = Path(tempfile.mkdtemp(prefix="headstart-cloud-"))
        settings = CloudSettings(
            scratch=str(scratch),
            plant=str(plant),
            seed=seed,
            port=port,
            async_retry_seconds=async_retry_seconds,
        )
        try:
            writing = launch.Log(log or scratch / "launcher.log")
            process, addresses = launch.launch(settings, writing)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        return cls(process, scratch, writing, addresses)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def endpoint_urls(self) -> dict[str, str]:
        """Environment variables that point boto3, the SAM CLI and any SDK here."""
        return endpoint_environment(self.gateway_url, self.plant_url)

    def endpoint_url(self, service: str) -> str:
        """The endpoint of a service by its boto3 client name."""
        return self.plant_url if service in PLANT_SERVICES else self.gateway_url

    def client(self, service: str, credentials: Credentials | None = None) -> Payload:
        """A boto3 client with the rights of the account's root user, or of the credentials given."""
        if credentials is None and service in self._clients:
            return self._clients[service]
        who = credentials or ADMIN
        session = boto3.Session(
            who.access_key, who.secret_key, who.token, REGION, botocore_session=botocore.session.Session(FROM_NOWHERE)
        )
        make: Payload = session.client  # overloaded for each service by name; this one comes at run time
        client = make(service, endpoint_url=self.endpoint_url(service), config=CLIENT)
        if credentials is None:
            self._clients[service] = client
        return client

    def call_api(
        self,
        stage_url: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        credentials: Credentials | None = ADMIN,
    ) -> ApiResponse:
        """GETs a path of a deployed API by its stage's address (a stack output); `credentials=None` does not sign."""
        return api.call(self.gateway_url, stage_url, path, dict(query or {}), credentials)

    def deploy(
        self,
        template: Path = launch.REPOSITORY / "template.yaml",
        *,
        stack: str = "headstart",
        parameters: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Builds for this host, deploys with the SAM CLI, returns the stack's outputs. Raises CloudError."""
        try:
            deploy.build_and_deploy(template, stack, dict(parameters or {}), self.endpoint_urls, self._scratch)
        except DeployError as error:
            raise DeployError("\n".join([str(error), *self._stack_failures(stack)])) from error
        description = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}

    def _stack_failures(self, stack: str) -> list[str]:
        """What CloudFormation said about each resource it could not make; sam breaks these lines into columns."""
        try:
            events = self.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
        except ClientError:  # no stack of that name: it failed before there was one
            return []
        return [
            f"{event['LogicalResourceId']} ({event['ResourceType']}): {event['ResourceStatusReason']}"
            for event in reversed(events)
            if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
        ]

    def log_tail(self, lines: int = launch.LOG_LINES) -> str:
        """The last lines of the launcher's log: MiniStack's, the functions' and the plant's."""
        return self._log.tail(lines)

    def stop(self) -> None:
        """Ends every process and removes the scratch directory. May be called twice."""
        atexit.unregister(self.stop)
        launch.end(self._process)
        shutil.rmtree(self._scratch, ignore_errors=True)
