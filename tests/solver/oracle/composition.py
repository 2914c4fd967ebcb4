"""The plan of what was chosen, and its score, checked against that of ``solver.measures``."""

from solver.domain.plan import Plan
from solver.domain.workload import ModelDeployment
from solver.matching.compose import compose
from solver.matching.draft import Draft, KeptReplica, NewPod, NewReplica, PodKey
from solver.matching.options import MemberOption
from solver.measures import measures
from tests.solver.oracle.placements import Placement
from tests.solver.oracle.setting import Addition, Setting, Trail, Vector


class DisagreementError(AssertionError):
    """The oracle's own arithmetic and ``solver.measures`` differ on a plan."""


def checked(setting: Setting, kept: frozenset[int], vector: Vector, trail: Trail) -> Plan:
    plan = compose(setting.survey, _draft(setting, kept, trail))
    scored = tuple(m.value for m in measures(setting.survey, plan))
    if scored != vector:
        differs = [
            f"{name}: own {mine}, measured {theirs}"
            for name, mine, theirs in zip(setting.names, vector, scored, strict=True)
            if mine != theirs
        ]
        raise DisagreementError("; ".join(differs))
    return plan


def _draft(setting: Setting, kept: frozenset[int], trail: Trail) -> Draft:
    new: list[NewReplica] = []
    added: dict[int, dict[PodKey, int]] = {}
    while trail is not None:
        trail, what = trail
        if isinstance(what, Addition):
            added[what.standing] = {key: node for key, node in what.nodes if node is not None}
            continue
        assert isinstance(what, tuple)
        new.append(_new(setting, *what))
    return Draft(
        kept=tuple(KeptReplica(standing=setting.standings[i], added=added.get(i, {})) for i in sorted(kept)),
        evicted=tuple(s for i, s in enumerate(setting.standings) if i not in kept),
        new=tuple(reversed(new)),
    )


def _new(setting: Setting, deployment: ModelDeployment, placement: Placement) -> NewReplica:
    members = {(e.name, m.role): m for e in deployment.engines for m in e.members}
    pods = []
    for pod in placement.pods:
        options = setting.survey.options.of_pool(members[(pod.engine, pod.role)], pod.choice.pool)
        assert isinstance(options, tuple), "the oracle uses a pool that options refuse"
        option: MemberOption = next(o for o in options if o.classes == pod.choice.classes)
        pods.append(
            NewPod(
                engine=pod.engine,
                copy=pod.copy,
                role=pod.role,
                rank=pod.rank,
                node=pod.node,
                option=option,
            )
        )
    return NewReplica(deployment=deployment, cluster=placement.cluster, pods=tuple(pods))
