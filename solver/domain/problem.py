"""Everything one decision depends on."""

from dataclasses import dataclass, field

from solver.domain.fleet import Fleet
from solver.domain.policy import Policy
from solver.domain.replica import Replica
from solver.domain.workload import ModelCache, ModelDeployment


class InvalidProblem(ValueError):
    """The problem contradicts itself; nothing was solved."""

    def __init__(self, path: str, complaint: str) -> None:
        super().__init__(path, complaint)
        self.path = path
        self.complaint = complaint

    def __str__(self) -> str:
        return f"{self.path}: {self.complaint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A fleet, what is wanted on it, what runs on it and the policy; all in canonical order.

    Raises:
        InvalidProblem: two deployments, replicas or caches share a key.
    """

    fleet: Fleet
    deployments: tuple[ModelDeployment, ...]
    replicas: tuple[Replica, ...] = ()
    caches: tuple[ModelCache, ...] = ()
    policy: Policy = field(default_factory=Policy)
    #: False: no InferenceCluster was read at all, so no cluster counts as gone.
    knows_clusters: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "deployments", tuple(sorted(self.deployments, key=lambda d: d.key)))
        object.__setattr__(self, "replicas", tuple(sorted(self.replicas, key=lambda r: (r.key, r.name))))
        object.__setattr__(self, "caches", tuple(sorted(self.caches, key=lambda c: (c.namespace, c.name))))
        _refuse_repeats("deployments", [d.key for d in self.deployments])
        _refuse_repeats("replicas", [r.key for r in self.replicas])
        _refuse_repeats("caches", [f"{c.namespace}/{c.name}" for c in self.caches])


def _refuse_repeats(what: str, keys: list[object]) -> None:
    seen = set()
    for key in keys:
        if key in seen:
            raise InvalidProblem(f"{what}[{key}]", "the key must be unique, it was found twice")
        seen.add(key)
