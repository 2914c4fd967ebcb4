"""The two ways an expression fails: it does not compile, or it does not evaluate on one device."""

#: Kubernetes aborts an evaluation that gets more expensive than this.
COST_LIMIT = 1_000_000


class CompileError(ValueError):
    """An expression that Kubernetes would not accept; nothing was evaluated."""

    def __init__(self, message: str, *, text: str = "", offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        before = text[:offset]
        self.line = before.count("\n") + 1
        self.column = offset - (before.rfind("\n") + 1) + 1

    def sentence(self) -> str:
        """What was wrong and where, in one line."""
        return f"line {self.line}, column {self.column}: {self.message}"

    def caret(self) -> str:
        """The source line and, below it, a ``^`` under the offending column."""
        lines = self.text.split("\n")
        source = lines[self.line - 1] if self.line <= len(lines) else ""
        # A tab keeps its width, so the caret stays below its column.
        indent = "".join("\t" if character == "\t" else " " for character in source[: self.column - 1])
        return f"{source}\n{indent.ljust(self.column - 1)}^"


class EvaluationError(Exception):
    """A run-time error of one sub-expression; ``&&``, ``||`` and quantifiers may absorb it."""


class CostExceeded(Exception):
    """The evaluation was cancelled; nothing absorbs that."""

    def __init__(self) -> None:
        super().__init__("operation cancelled: actual cost limit exceeded")


def no_such_overload() -> EvaluationError:
    """The error of an operator or a function that got a value of a type it is not defined for."""
    return EvaluationError("no such overload")
