"""New replicas on clusters where the cache they name is not Ready."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables


class LocalityTerm:
    """Weights that are already on a cluster need not be fetched again."""

    tier = TierName.LOCALITY

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        survey = variables.scene.survey
        terms: dict[int, int] = {}
        for candidate, new in zip(variables.scene.candidates, variables.replicas, strict=True):
            cache = survey.cache_of(survey.problem.deployments[candidate.deployment])
            if cache is not None and candidate.cluster not in cache.ready_clusters:
                terms.update(new.terms)
        yield Objective(name=self.tier.value, unit="replicas", expression=Expression(terms))
