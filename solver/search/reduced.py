"""A matrix with its settled variables taken out: what CP-SAT does not see costs it nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from solver.formulation.build import Stage
from solver.formulation.matrix import Expression, Matrix, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """The rows and stages over the variables that are still open."""

    matrix: Matrix
    stages: tuple[Stage, ...]
    #: For each variable of the whole matrix: its number here, or -1 and its value in *settled*.
    number: tuple[int, ...]
    settled: tuple[int, ...]

    def restored(self, solution: Sequence[int]) -> list[int]:
        """*solution* with the settled variables put back."""
        return [
            solution[number] if number >= 0 else value
            for number, value in zip(self.number, self.settled, strict=True)
        ]


def reduced(matrix: Matrix, lower: Sequence[int], upper: Sequence[int], stages: Sequence[Stage]) -> Reduced:
    """*matrix* between *lower* and *upper*, without the variables for which they are equal."""
    number: list[int] = []
    small = Matrix()
    for low, high in zip(lower, upper, strict=True):
        number.append(small.variable(low, high) if low < high else -1)
    settled = tuple(lower)
    for row in matrix.rows:
        rest = _row(row, number, settled)
        if rest is not None:
            small.rows.append(rest)
    return Reduced(
        matrix=small,
        stages=tuple(
            replace(
                stage,
                objective=replace(
                    stage.objective, expression=_expression(stage.objective.expression, number, settled)
                ),
            )
            for stage in stages
        ),
        number=tuple(number),
        settled=settled,
    )


def _row(row: Row, number: Sequence[int], settled: Sequence[int]) -> Row | None:
    pairs = list(zip(row.variables, row.coefficients, strict=True))
    gone = sum(c * settled[v] for v, c in pairs if number[v] < 0)
    left = [(number[v], c) for v, c in pairs if number[v] >= 0]
    if not left and row.lower <= gone <= row.upper:
        return None
    return Row(
        tuple(v for v, _ in left), tuple(c for _, c in left), row.lower - gone, row.upper - gone, row.rule
    )


def _expression(expression: Expression, number: Sequence[int], settled: Sequence[int]) -> Expression:
    terms = {number[v]: c for v, c in expression.terms.items() if number[v] >= 0}
    gone = sum(c * settled[v] for v, c in expression.terms.items() if number[v] < 0)
    return Expression(terms, expression.constant + gone)
