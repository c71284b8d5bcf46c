"""What can go wrong, in the words of the domain. Adapters translate AWS errors into these."""


class HeadstartError(Exception):
    """Base of all errors of this project."""


class InvalidInput(HeadstartError):
    """Bad input: names the field and what is allowed. Trying again cannot help."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class NotEnrolled(HeadstartError):
    """The component is unknown, untagged or another than the one that was enrolled. Nothing is touched."""


class ComponentGone(HeadstartError):
    """SageMaker does not know the component, or the endpoint has no such variant."""


class Conflict(HeadstartError):
    """Somebody else wrote the state first: load it again."""


class Unavailable(HeadstartError):
    """AWS could not answer now; trying again may help. ``code`` is the error's; without one no answer came at all."""

    def __init__(self, problem: str, code: str = "") -> None:
        super().__init__(problem)
        self.code = code


class Refused(HeadstartError):
    """AWS said no, and will say it again until somebody changes something: a permission, a quota, a value."""


class OutOfTime(HeadstartError):
    """This run has no time left for another call; the next run goes on."""
