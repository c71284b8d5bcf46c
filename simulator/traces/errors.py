"""What is wrong with a trace, where, and what would be right."""


class TraceError(ValueError):
    """`line` counts from 1 and is absent where the file as a whole is meant; so is `column`, a column's name."""

    def __init__(self, path: str, message: str, line: int | None = None, column: str | None = None) -> None:
        place = path if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {message}")
        self.path = path
        self.line = line
        self.column = column
