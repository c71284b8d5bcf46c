"""What can go wrong around the local cloud, in words a user can act on."""


class CloudError(RuntimeError):
    """The local cloud could not be started, built for or deployed to."""


class PortInUseError(CloudError):
    """A port asked for by number is taken."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} on 127.0.0.1 is already in use; choose another, or leave it out for a free one")


class BuildError(CloudError):
    """`sam build` failed; the message ends with its last lines."""


class DeployError(CloudError):
    """`sam deploy` failed; the message ends with its last lines."""
