"""What a check has to say."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """`UNCHECKED`: the doctor could not look, which is neither good nor bad."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"
    UNCHECKED = "could not be checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was seen, what it means, what to do (empty: nothing). `subject` is the component, if it is one."""

    status: Status
    check: str
    seen: str
    means: str
    do: str = ""
    subject: str = ""


def ok(check: str, seen: str, means: str, subject: str = "") -> Finding:
    return Finding(Status.OK, check, seen, means, subject=subject)


def warn(check: str, seen: str, means: str, do: str, subject: str = "") -> Finding:
    return Finding(Status.WARN, check, seen, means, do, subject)


def fail(check: str, seen: str, means: str, do: str, subject: str = "") -> Finding:
    return Finding(Status.FAIL, check, seen, means, do, subject)


def unchecked(check: str, why: str, do: str, subject: str = "") -> Finding:
    return Finding(Status.UNCHECKED, check, sentence(why), "Nothing is known about it.", do, subject)


def sentence(text: str) -> str:
    """One line that ends like a sentence; AWS's messages often do not."""
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?")) else f"{line}."


def exit_code(findings: Sequence[Finding]) -> int:
    """1 for a failure; what could not be checked is no failure."""
    return int(any(finding.status is Status.FAIL for finding in findings))
