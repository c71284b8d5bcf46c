"""Refusals as AWS words them: a code, a message, an HTTP status."""

from simulator.plant.errors import PlantError


class ServiceError(Exception):
    """What a client sees as botocore's ClientError."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status

    @classmethod
    def of(cls, error: PlantError) -> "ServiceError":
        return cls(error.code, error.message, error.status)


class NotModelled(ServiceError):
    """Something AWS offers and these services do not; says so instead of answering wrongly."""

    def __init__(self, what: str) -> None:
        super().__init__("NotModelled", f"{what} is not modelled by the simulator", 501)
