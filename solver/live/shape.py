"""Where replicas of one shape can go at all: spots on single nodes, and areas of several."""

from dataclasses import dataclass, field

import numpy as np

from solver.live.nodes import Ints
from solver.matching.ledger import Unit
from solver.matching.options import MemberOption


@dataclass(frozen=True, slots=True, kw_only=True)
class PodType:
    """Pods of a replica that are alike: *count* of them, of the members at these positions."""

    #: Their devices, and the number under which the arrays look them up.
    unit: Unit
    number: int
    #: What one takes of the devices of its node, in the unit of ``survey.shares``.
    taken: int
    count: int
    #: Engine and member of the deployment, and how many pods those have.
    members: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """The pods of a replica wherever its pools are."""

    types: tuple[PodType, ...]
    #: Number of all their devices on one node.
    whole: int
    pods: int
    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One joint option of all members of a replica on one cluster."""

    options: tuple[tuple[MemberOption, ...], ...]
    pattern: Pattern

    def option(self, each: PodType) -> MemberOption:
        """How pods of a type of the pattern are served."""
        engine, member, _ = each.members[0]
        return self.options[engine][member]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Nodes among which the pods of a replica may be spread."""

    cluster: int
    #: Where the replica counts for a spread by zone, -1 where that is not known or does not matter.
    zone: int
    level: int
    #: Nodes of each type of the layout.
    nodes: tuple[Ints, ...]
    #: Whether each copy of a gang still has to stay on one fabric of several.
    splits: bool = False


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


@dataclass(slots=True)
class Shape:
    """All spots and areas of a shape on all clusters of the fleet, as arrays by spot and by area."""

    layouts: list[Layout] = field(default_factory=list)
    #: Devices of each class that a replica claims, by layout.
    claims: dict[str, Ints] = field(default_factory=dict)
    spots: Ints = field(default_factory=_none)
    spot_layout: Ints = field(default_factory=_none)
    spot_cluster: Ints = field(default_factory=_none)
    spot_price: Ints = field(default_factory=_none)
    #: Runs of spots with one pattern: first spot, the one after the last, and the pattern.
    runs: list[tuple[int, int, Pattern]] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    area_layout: Ints = field(default_factory=_none)
    area_cluster: Ints = field(default_factory=_none)
    area_zone: Ints = field(default_factory=_none)
    area_level: Ints = field(default_factory=_none)
    #: What a replica in each area costs at the least.
    area_price: Ints = field(default_factory=_none)
    #: For each type that areas have: nodes of all areas in turn, where each starts, and which areas those are.
    supplies: list[tuple[PodType, Ints, Ints, Ints]] = field(default_factory=list)
