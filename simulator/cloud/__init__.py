"""The local cloud in real time: the SAM stack deployed and running on this machine, without AWS and without Docker.

    with LocalCloud.start(plant="demo") as cloud:
        outputs = cloud.deploy()
        cloud.plant.create_component("chat", "endpoint", tags={"headstart:mode": "act"})
        cloud.client("sagemaker-runtime").invoke_endpoint(...)

How it is made, and where it differs from AWS, is in `README.md` beside this file.
"""

from simulator.cloud.api import ApiResponse
from simulator.cloud.errors import BuildError, CloudError, DeployError, PortInUseError
from simulator.cloud.local import LocalCloud
from simulator.cloud.remote import RemotePlant

__all__ = [
    "ApiResponse",
    "BuildError",
    "CloudError",
    "DeployError",
    "LocalCloud",
    "PortInUseError",
    "RemotePlant",
]
