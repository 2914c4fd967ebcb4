"""Claims of pods in the terms of the device fit."""

from functools import lru_cache

from solver.matching.device_fit import Alternative, ClaimDemand, Constraint, RequestDemand, Scope
from solver.matching.pod_claim import PodClaim


@lru_cache(maxsize=4096)
def demand(claim: PodClaim) -> ClaimDemand:
    """*claim* as the device fit takes it."""
    position = {
        (request, query.alternative): index
        for request, ways in enumerate(claim.requests)
        for index, query in enumerate(ways)
    }
    return ClaimDemand(
        requests=tuple(
            RequestDemand(
                alternatives=tuple(
                    Alternative(
                        accepts=query.accepts,
                        count=query.count,
                        is_admin=query.is_admin,
                        capacity=dict(query.capacity),
                    )
                    for query in ways
                )
            )
            for ways in claim.requests
        ),
        constraints=tuple(
            Constraint(
                attribute=each.attribute,
                is_distinct=each.is_distinct,
                scopes=frozenset(
                    Scope(scope.request, None)
                    if scope.alternative is None
                    else Scope(scope.request, position[scope.request, scope.alternative])
                    for scope in each.scopes
                    if scope.alternative is None or (scope.request, scope.alternative) in position
                ),
            )
            for each in claim.constraints
        ),
    )
