"""A whole fleet filled one replica at a time, higher priorities first: the plan for fleets too large for a model."""

from solver.domain.workload import ModelDeployment
from solver.greedy import kept_only
from solver.insertion import Insertion
from solver.live.fleet import LiveFleet
from solver.live.preemption import Preempting
from solver.matching.draft import Draft
from solver.matching.levels import devices_per_replica
from solver.matching.survey import Survey


def filled(survey: Survey) -> Draft:
    """What runs, what of it belongs elsewhere moved, and everything missing that finds a place or makes room."""
    start = kept_only(survey)
    highest = max((deployment.priority for deployment in survey.problem.deployments), default=0)
    # Pods that larger templates add to kept replicas come first; nothing new is inserted there.
    live = LiveFleet(survey, Insertion(survey, start).run(above=highest))
    preempting = Preempting(live)
    _move_misplaced(live)
    for deployment in sorted(
        survey.problem.deployments, key=lambda d: (-d.priority, -devices_per_replica(d), d.key)
    ):
        _fill(live, preempting, deployment)
    live.take_back_all()
    return live.draft()


def _move_misplaced(live: LiveFleet) -> None:
    """Replicas that do not fit or belong where they are, on a better place if there is one."""
    for standing in live.kept():
        if standing.is_misplaced and standing.deployment is not None:
            live.give_up(standing)
            if live.put(standing.deployment) is None:
                live.restore(standing)


def _fill(live: LiveFleet, preempting: Preempting, deployment: ModelDeployment) -> None:
    while live.count(deployment.key) < deployment.replicas:
        if live.put(deployment) is None and preempting.put(deployment) is None:
            return
