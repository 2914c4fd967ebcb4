"""A device that a request is given."""

from dataclasses import dataclass

from solver.domain.quantity import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A device of a kind (-1: not known), its row in the device table (None: not known), and for what."""

    kind: int
    row: int | None = None
    alternative: int = 0
    #: What is taken of its capacities; None: it is not shared.
    consumed: tuple[tuple[str, Quantity], ...] | None = None
