"""The rules and the objective terms, in order. A new one is a file of its own and a line here."""

from collections.abc import Mapping

from solver.domain.policy import TierName
from solver.formulation.constraint import Constraint
from solver.formulation.constraints.networked_devices import NetworkedDevices
from solver.formulation.constraints.node_capacity import NodeCapacity
from solver.formulation.constraints.node_resources import NodeResources
from solver.formulation.constraints.quota import Quota
from solver.formulation.constraints.refused_combinations import RefusedCombinations
from solver.formulation.constraints.replica_count import ReplicaCount
from solver.formulation.constraints.required_spread import RequiredSpread
from solver.formulation.constraints.shared_amounts import SharedAmounts
from solver.formulation.constraints.tier_maximum import TierMaximum
from solver.formulation.objective import ObjectiveTerm
from solver.formulation.terms.canonical import CanonicalTerm
from solver.formulation.terms.distance import DistanceTerm
from solver.formulation.terms.evictions import EvictionsTerm
from solver.formulation.terms.expected import ExpectedTerm
from solver.formulation.terms.locality import LocalityTerm
from solver.formulation.terms.price import PriceTerm
from solver.formulation.terms.shortfall import ShortfallTerm
from solver.formulation.terms.spread import SpreadTerm
from solver.formulation.terms.stranded import StrandedTerm

CONSTRAINTS: tuple[Constraint, ...] = (
    ReplicaCount(),
    SharedAmounts(),
    NetworkedDevices(),
    NodeCapacity(),
    NodeResources(),
    Quota(),
    RefusedCombinations(),
    RequiredSpread(),
    TierMaximum(),
)

TERMS: Mapping[TierName, ObjectiveTerm] = {
    term.tier: term
    for term in (
        ShortfallTerm(),
        EvictionsTerm(),
        ExpectedTerm(),
        SpreadTerm(),
        DistanceTerm(),
        LocalityTerm(),
        PriceTerm(),
        StrandedTerm(),
        CanonicalTerm(),
    )
}
