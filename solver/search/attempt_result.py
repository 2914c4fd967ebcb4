"""What a method found: a draft and bounds."""

from collections.abc import Mapping
from dataclasses import dataclass

from solver.domain.decision import Path, SolveRecord
from solver.matching.draft import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A draft (None: nothing was found) with a lower bound for each tier that has one."""

    draft: Draft | None
    path: Path
    bounds: Mapping[str, int]
    record: SolveRecord
