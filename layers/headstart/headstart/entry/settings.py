"""The functions' environment, checked once at start."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from headstart.app.errors import InvalidInput
from headstart.domain.enrolment import Limits
from headstart.domain.model import Mode


class Settings(BaseModel):
    """What the template tells the functions. Each field's alias is its environment variable."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stack: str = Field(alias="HEADSTART_STACK", min_length=1, max_length=128)
    table: str = Field(alias="HEADSTART_TABLE", min_length=3)
    follow_queue_url: str = Field(alias="HEADSTART_FOLLOW_QUEUE_URL", pattern=r"^https?://")
    highest_mode: Mode = Field(alias="HEADSTART_MAX_MODE")
    retention_days: int = Field(alias="HEADSTART_RETENTION_DAYS", ge=1, le=3653)

    creates_native: bool = Field(alias="HEADSTART_NATIVE_CREATE")

    @property
    def limits(self) -> Limits:
        """What the stack may do at most."""
        return Limits(highest_mode=self.highest_mode, creates_native=self.creates_native)

    @property
    def retention(self) -> timedelta:
        """How long decisions are kept."""
        return timedelta(days=self.retention_days)

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises InvalidInput naming the variable and what it must be."""
        try:
            return cls.model_validate(environment)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise InvalidInput(str(first["loc"][0]), first["msg"]) from error
