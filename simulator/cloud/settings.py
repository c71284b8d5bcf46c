"""What the launcher is told, and the environments its processes run in.

Nothing of the user's AWS set-up may leak in: every environment here is either written from scratch
or has all AWS_* variables taken out and the credential and config files pointed at nothing.
"""

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
# MiniStack takes a twelve-digit access key for the root user of that account; root's secret is not checked.
ADMIN_ACCESS_KEY = ACCOUNT_ID
ADMIN_SECRET_KEY = "local-cloud"  # noqa: S105 - a dummy, valid nowhere

MINISTACK_VERSION = "1.5.33"

# Services of ours, by the name boto3 gives the client; the values are botocore's AWS_ENDPOINT_URL_* suffixes
# (the service id in capitals, blanks as underscores). Everything else is MiniStack's.
PLANT_SERVICES = {
    "sagemaker": "SAGEMAKER",
    "sagemaker-runtime": "SAGEMAKER_RUNTIME",
    "application-autoscaling": "APPLICATION_AUTO_SCALING",
    "cloudwatch": "CLOUDWATCH",
    "resourcegroupstaggingapi": "RESOURCE_GROUPS_TAGGING_API",
    "service-quotas": "SERVICE_QUOTAS",
}


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """Everything the launcher process needs to know; travels as one JSON argument."""

    scratch: str
    """Directory of this cloud alone; removed when it stops."""
    plant: str
    """Path of the plant's TOML file."""
    seed: int
    port: int
    """Gateway port; 0 takes a free one."""
    async_retry_seconds: float
    """Wait before the first retry of an asynchronous invocation; doubles for the second. AWS: one minute, then two
    (Lambda Developer Guide, "Asynchronous invocation")."""

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "CloudSettings":
        return cls(**json.loads(text))


def endpoint_environment(gateway_url: str, plant_url: str) -> dict[str, str]:
    """The variables that point every boto3 client at the local cloud."""
    plant = {f"AWS_ENDPOINT_URL_{suffix}": plant_url for suffix in PLANT_SERVICES.values()}
    return {"AWS_ENDPOINT_URL": gateway_url} | plant


def admin_environment() -> dict[str, str]:
    """Dummy credentials of the local account's root user, and no way to any others."""
    return {
        "AWS_ACCESS_KEY_ID": ADMIN_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ADMIN_SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def launcher_environment(settings: CloudSettings) -> dict[str, str]:
    """The launcher's whole environment; MiniStack reads its configuration from it on import."""
    home = str(Path(settings.scratch, "home"))
    return admin_environment() | {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": home,
        "TMPDIR": str(Path(settings.scratch, "tmp")),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "S3_DATA_DIR": str(Path(settings.scratch, "s3")),
        "LAMBDA_EXECUTOR": "local",
        # No listener but the gateway, and no container engine even where there is one.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{home}/no-docker.sock",
    }


def tool_environment(scratch: str | Path, endpoints: dict[str, str]) -> dict[str, str]:
    """The environment of `sam`: the user's (pip settings, proxies, PATH) without anything of AWS or of Python."""
    foreign = ("AWS_", "SAM_CLI_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    kept.pop("VIRTUAL_ENV", None)
    return (
        kept
        | admin_environment()
        | endpoints
        | {
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
            # What an interrupted build leaves behind goes with the scratch directory.
            "TMPDIR": str(Path(scratch, "tmp")),
            # Keeps `sam` from writing ~/.aws-sam.
            "__SAM_CLI_APP_DIR": str(Path(scratch, "sam")),
        }
    )
