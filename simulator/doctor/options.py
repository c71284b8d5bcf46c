"""What the doctor is told, by environment variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from headstart.domain.capacity import NAME

STACK = re.compile(r"[A-Za-z][-A-Za-z0-9]{0,127}")
ON, OFF = ("on", "1", "true", "yes"), ("", "off", "0", "false", "no")
MOST_WATCH = 600
DEFAULT_STACK = "headstart"


class OptionError(ValueError):
    """A variable that cannot be used: names it and what would be right."""


@dataclass(frozen=True, slots=True)
class Options:
    """`region` is None where only the AWS configuration may know it. `watch`: seconds to watch points arrive."""

    stack: str
    region: str | None
    component: str | None
    account: str | None
    probe: bool
    endpoint: str | None
    watch: int
    out: Path
    demo: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Options":
        """Raises OptionError."""
        said = {name: value.strip() for name, value in environment.items() if value.strip()}
        options = cls(
            stack=_matching(said, "STACK", STACK, "letters, digits and hyphens, a letter first, 128 at most")
            or DEFAULT_STACK,
            region=said.get("REGION") or said.get("AWS_REGION") or said.get("AWS_DEFAULT_REGION"),
            component=_matching(said, "COMPONENT", re.compile(NAME), "a component, or ENDPOINT.VARIANT"),
            account=_matching(said, "ACCOUNT", re.compile("[0-9]{12}"), "an AWS account id of twelve digits"),
            probe=_switch(said, "PROBE"),
            endpoint=_matching(
                said, "ENDPOINT", re.compile(r"https?://[^/\s]+/?"), "an address such as http://127.0.0.1:4566"
            ),
            watch=_seconds(said, "WATCH", 20),
            out=_folder(said.get("OUT", "out/doctor")),
            demo=_switch(said, "DEMO"),
        )
        if options.demo and options.endpoint:
            raise OptionError("DEMO=1 starts a local cloud of its own: leave ENDPOINT out")
        if options.probe and not options.component and not options.demo:
            raise OptionError("PROBE=1 sets off an alarm of one component: name it with COMPONENT=name")
        return options


def _matching(said: Mapping[str, str], name: str, pattern: re.Pattern[str], wanted: str) -> str | None:
    if name in said and not pattern.fullmatch(said[name]):
        raise OptionError(f"{name}={said[name]}: must be {wanted}")
    return said.get(name)


def _switch(said: Mapping[str, str], name: str) -> bool:
    text = said.get(name, "").lower()
    if text not in ON + OFF:
        raise OptionError(f"{name}={text}: must be 1 or 0")
    return text in ON


def _seconds(said: Mapping[str, str], name: str, default: int) -> int:
    text = said.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and int(text) <= MOST_WATCH):
        raise OptionError(f"{name}={text}: must be whole seconds, 0 to {MOST_WATCH}")
    return int(text)


def _folder(text: str) -> Path:
    """Makes it, before minutes go into what could not be written down."""
    path = Path(text).expanduser()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(f"OUT={text}: must be a folder that can be made ({error.strerror})") from error
    return path
