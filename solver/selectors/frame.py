"""The state of one evaluation: variables and cost."""

from collections.abc import Callable

from solver.selectors.faults import COST_LIMIT, CostExceeded


class Frame:
    """Values of the variables by number, and what the evaluation has cost so far."""

    __slots__ = ("cost", "values")

    def __init__(self, count: int) -> None:
        self.values: list[object] = [None] * count
        self.cost = 0

    def charge(self, cost: int) -> None:
        """Add *cost*.

        Raises:
            CostExceeded: that is more than Kubernetes spends on one evaluation.
        """
        self.cost += cost
        if self.cost > COST_LIMIT:
            raise CostExceeded


#: A compiled expression: a value, or an ``EvaluationError``.
Run = Callable[[Frame], object]


class Constant:
    """A compiled expression whose value is known."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __call__(self, _: Frame) -> object:
        """The value, whatever the device."""
        return self.value
