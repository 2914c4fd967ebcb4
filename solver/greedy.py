"""The baseline and the fallback: keep what can stay, then best fit, one replica at a time.

It knows no model and no bound. It never evicts but to scale down, so it is always safe, and it is what a plan
falls back to when the audit refuses the solver's.
"""

from collections.abc import Sequence

from solver.domain.replica import Health
from solver.insertion import Insertion
from solver.matching.draft import Draft, KeptReplica
from solver.matching.standing import Standing
from solver.matching.survey import Survey


def greedy(survey: Survey) -> Draft:
    """Keep, scale down, fill: higher priorities first, larger replicas first among equals."""
    return insert(survey, kept_only(survey))


def kept_only(survey: Survey) -> Draft:
    """Everything that can stay and is wanted, and nothing new."""
    kept, evicted = _kept(survey)
    return Draft(kept=tuple(kept), evicted=tuple(evicted), new=())


def insert(survey: Survey, draft: Draft) -> Draft:
    """*draft* with every missing replica that still fits somewhere, and every added pod that does."""
    return Insertion(survey, draft).run()


def _kept(survey: Survey) -> tuple[list[KeptReplica], list[Standing]]:
    evicted: list[Standing] = []
    gone = set()
    for deployment in survey.problem.deployments:
        standing = list(survey.standing_of(deployment))
        while len(standing) > deployment.replicas:
            victim = max(standing, key=lambda s: _victim_key(s, standing))
            standing.remove(victim)
            evicted.append(victim)
            gone.add(victim.replica.key)
    kept = [
        KeptReplica(standing=standing, added={})
        for standing in survey.observed.standing
        if standing.replica.key not in gone
    ]
    return kept, evicted


def _victim_key(standing: Standing, among: Sequence[Standing]) -> tuple[bool, bool, int, str, int]:
    key = standing.replica.key
    crowd = sum(other.replica.key.cluster == key.cluster for other in among)
    not_ready = standing.replica.health is Health.NOT_READY
    return (standing.is_misplaced, not_ready, crowd, key.cluster, key.index)
