"""How much search a decision may cost, in deterministic time; the wall clock is only a backstop."""

from dataclasses import dataclass

#: The wall clock stops at this many times the deterministic budget.
_BACKSTOP = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Deterministic seconds of CP-SAT for one plan, shared by its stages.

    A plan that the device fit or an allocator refuses is followed by another one with a budget of its own.

    Raises:
        ValueError: the budget is not above 0.
    """

    deterministic_seconds: float = 10.0

    def __post_init__(self) -> None:
        if not self.deterministic_seconds > 0:
            raise ValueError(f"budget is {self.deterministic_seconds} seconds, expected more than 0")

    @property
    def wall_seconds(self) -> float:
        """When the backstop ends a solve; the decision says so if it does."""
        return self.deterministic_seconds * _BACKSTOP
