"""What the reader of a plan must know: how clusters were counted, what was assumed, what is withheld."""

from collections.abc import Iterator

import numpy as np

from solver.domain.device_table import WITHHELD
from solver.domain.fleet import CapacitySource
from solver.domain.plan import Plan
from solver.matching.kinds import bits
from solver.matching.survey import Survey


def notes(survey: Survey, plan: Plan) -> tuple[str, ...]:
    """Sentences in stable order."""
    return (
        *_sources(survey),
        *_assumed_ready(survey),
        *_stand_ins(survey),
        *_withheld(survey),
        *_broken_selectors(survey),
        *_prices(survey),
        *_assumed_nodes(plan),
    )


def _sources(survey: Survey) -> Iterator[str]:
    for source, how in (
        (CapacitySource.OBSERVED, "counted device by device from what it reports"),
        (CapacitySource.DECLARED, "counted from its declared classes"),
    ):
        for cluster in survey.problem.fleet.clusters:
            if cluster.source is source:
                yield f"cluster {cluster.name} is {how}"


def _assumed_ready(survey: Survey) -> Iterator[str]:
    for cluster in survey.problem.fleet.clusters:
        if cluster.is_assumed_ready:
            yield f"cluster {cluster.name} has no status and is assumed to be ready"


def _stand_ins(survey: Survey) -> Iterator[str]:
    for cluster in survey.problem.fleet.clusters:
        yield from cluster.stand_ins()


def _withheld(survey: Survey) -> Iterator[str]:
    table = survey.problem.fleet.devices
    counts = np.bincount(table.withheld, minlength=len(WITHHELD) + 1)
    for position, why in enumerate(WITHHELD, 1):
        if counts[position]:
            s = "" if counts[position] == 1 else "s"
            yield f"{counts[position]} device{s} offer{'s' if not s else ''} nothing: each {why}"
    kinds = bits(survey.kinds.tainted & ~survey.tolerated)
    repelled = int(survey.kinds.total[:, list(kinds)].sum())
    if repelled:
        s = "" if repelled == 1 else "s"
        yield f"{repelled} device{s} offer{'s' if not s else ''} nothing: each has a taint that no request tolerates"


def _broken_selectors(survey: Survey) -> Iterator[str]:
    for deployment in survey.problem.deployments:
        for engine in deployment.engines:
            for member in engine.members:
                for request in member.requests:
                    for query in request.queries:
                        name = f"{request.name}/{query.name}" if request.alternatives else request.name
                        for text in query.selectors:
                            if text in survey.kinds.broken:
                                yield (
                                    f"deployment {deployment.key}: engine {engine.name}, request {name}: selector "
                                    f"does not compile: {survey.kinds.broken[text].message}; nothing new is placed "
                                    "for it"
                                )


def _prices(survey: Survey) -> Iterator[str]:
    if not survey.prices.in_dollars and any(
        survey.inventory.price(pool.key) is not None for pool in survey.problem.fleet.node_pools
    ):
        yield "some eligible node pool has no price, so price is counted in bytes of device memory"


def _assumed_nodes(plan: Plan) -> Iterator[str]:
    for keep in plan.keeps:
        if any(slot.is_assumed for slot in keep.slots):
            yield f"replica {keep.replica}: nodes were not observed and are assumed, best fit in name order"
        for flag in keep.flags:
            yield f"replica {keep.replica} is kept: {flag}"
