"""Several amounts in one integer, so that one subtraction compares them all."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """Amounts that are left.

    Each has a guard bit above it, set in *packed*: ``packed - need`` clears the guard of whatever does not
    suffice.
    """

    amounts: tuple[int, ...]
    packed: int
    guards: int

    @classmethod
    def of(cls, amounts: Sequence[int]) -> "Vector":
        """The vector of *amounts*; one below zero makes it a vector that admits nothing."""
        packed = guards = shift = 0
        for amount in amounts:
            width = max(amount, 0).bit_length()
            packed |= max(amount, 0) << shift
            guards |= 1 << (shift + width)
            shift += width + 1
        return cls(amounts=tuple(amounts), packed=packed | guards, guards=guards)

    def need(self, amounts: Sequence[int]) -> int | None:
        """*amounts* packed to be subtracted; None: one of them is more than there is."""
        packed = shift = 0
        for amount, left in zip(amounts, self.amounts, strict=True):
            if amount > left or left < 0:
                return None
            packed |= amount << shift
            shift += left.bit_length() + 1
        return packed
