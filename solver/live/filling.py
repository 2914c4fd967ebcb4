"""A whole fleet filled one replica at a time, higher priorities first: the plan for fleets too large for a model."""

from solver.domain.workload import ModelDeployment
from solver.greedy import kept_only
from solver.insertion import Insertion
from solver.live.fleet import LiveFleet
from solver.live.preemption import Preempting
from solver.matching.draft import Draft
from solver.matching.levels import filling_order
from solver.matching.survey import Survey


def filled(survey: Survey) -> Draft:
    """What runs, everything missing that finds a place or makes room, and then who belongs elsewhere moved."""
    start = kept_only(survey)
    highest = max((deployment.priority for deployment in survey.problem.deployments), default=0)
    # Pods that larger templates add to kept replicas come first; nothing new is inserted there.
    live = LiveFleet(survey, Insertion(survey, start).run(above=highest))
    _fill(live)
    if _move_misplaced(live):
        _fill(live)
    live.take_back_all()
    return live.draft()


def _fill(live: LiveFleet) -> None:
    preempting = Preempting(live)
    for deployment in filling_order(live.survey.problem.deployments):
        _fill_one(live, preempting, deployment)


def _fill_one(live: LiveFleet, preempting: Preempting, deployment: ModelDeployment) -> None:
    while live.count(deployment.key) < deployment.replicas:
        if live.put(deployment) is None and preempting.put(deployment) is None:
            return


def _move_misplaced(live: LiveFleet) -> bool:
    """Replicas that do not fit or belong where they are, on a better place if there is one; whether any moved.

    Only once everybody has had the chance to be placed: a replica that stays where it should not be is the lesser evil.
    """
    moved = False
    misplaced = {standing.replica.key: standing for standing in live.kept() if standing.is_misplaced}
    owners = filling_order(
        {s.deployment.key: s.deployment for s in misplaced.values() if s.deployment}.values()
    )
    for owner in owners:
        for key, standing in misplaced.items():
            if key.deployment == owner.key:
                live.give_up(standing)
                if live.put(owner) is not None:
                    moved = True
                else:
                    live.restore(standing)
    return moved
