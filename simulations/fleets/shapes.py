"""Shapes of replicas: engines, members and how many deployments and replicas have each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulations.fleets.drawing import apportioned
from simulations.fleets.statistics import FEWEST_MANIFESTS, MANIFESTS_BY_SHAPE, PODS_BY_GPUS

_KINDS = ("gang", "pair")
_PERMILLE = 1000


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Shape:
    """``single``: one pod; ``gang``: leader and worker; ``pair``: prefill and decode; each pod has *gpus* GPUs."""

    kind: str
    gpus: int

    @property
    def name(self) -> str:
        """Such as ``gang-8``."""
        return f"{self.kind}-{self.gpus}"

    @property
    def pods(self) -> int:
        """Pods of a replica."""
        return 1 if self.kind == "single" else 2

    @property
    def gpus_per_replica(self) -> int:
        """GPUs of all its pods."""
        return self.pods * self.gpus

    @property
    def needs_nics(self) -> bool:
        """Whether its pods talk to each other, over a NIC for each GPU (of the smaller ones: one at all)."""
        return self.pods > 1


SHAPES = tuple(
    Shape(kind=kind, gpus=gpus)
    for kind, gpus in sorted({*MANIFESTS_BY_SHAPE, *(("single", gpus) for gpus in PODS_BY_GPUS)})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Deployments and wanted replicas of each shape, in the order of the shapes."""

    shapes: tuple[Shape, ...]
    deployments: tuple[int, ...]
    replicas: tuple[int, ...]


def mix(shapes: Sequence[Shape], *, deployments: int, replicas: int, gpus: int) -> Mix:
    """*deployments* and *replicas* over *shapes*, so that they take *gpus* as nearly as can be.

    What deployments ask for is half way between the manifests and the pods of the trace. Replicas are between
    the two as well, as near to the manifests as makes the GPUs come out.
    """
    published = _in_a_million({shape: _manifests(shape) for shape in shapes})
    running = _in_a_million(
        {shape: PODS_BY_GPUS[shape.gpus] if shape.kind == "single" else 0 for shape in shapes}
    )
    both = [one + other for one, other in zip(published, running, strict=True)]
    counts = apportioned(deployments, both)
    present = [at for at, count in enumerate(counts) if count]
    kept = [shapes[at] for at in present]
    least = [counts[at] for at in present]

    def wanted(part: int) -> list[int]:
        weights = [running[at] * (_PERMILLE - part) + published[at] * part for at in present]
        return _at_least(least, replicas, weights)

    def miss(part: int) -> int:
        taken = sum(count * shape.gpus_per_replica for count, shape in zip(wanted(part), kept, strict=True))
        return abs(taken - gpus)

    best = min(range(_PERMILLE + 1), key=miss)
    return Mix(shapes=tuple(kept), deployments=tuple(least), replicas=tuple(wanted(best)))


def _manifests(shape: Shape) -> int:
    found = MANIFESTS_BY_SHAPE.get((shape.kind, shape.gpus), 0)
    return found if shape.kind in _KINDS else max(found, FEWEST_MANIFESTS)


def _in_a_million(weights: Mapping[Shape, int]) -> list[int]:
    whole = max(1, sum(weights.values()))
    return [weight * 1_000_000 // whole for weight in weights.values()]


def _at_least(least: Sequence[int], total: int, weights: Sequence[int]) -> list[int]:
    """*total* by *weights*, with *least* for each that would get less."""
    parts = apportioned(total - sum(least), weights)
    return [one + other for one, other in zip(least, parts, strict=True)]
