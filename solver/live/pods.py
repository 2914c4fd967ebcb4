"""The pods of a replica, on the nodes that a search chose."""

from collections.abc import Mapping, Sequence

from solver.domain.workload import Engine, ModelDeployment
from solver.live.packing import Trail
from solver.live.shape import Layout
from solver.matching.draft import NewPod


def pods_of(deployment: ModelDeployment, layout: Layout, trails: Sequence[Trail]) -> tuple[NewPod, ...]:
    """The pods in the order of the template, on the nodes of *trails*: one for each fabric."""
    stock = [
        [sorted(node for node, counts in trail for _ in range(counts[number])) for trail in trails]
        for number in range(len(layout.pattern.types))
    ]
    type_of = {
        (engine, member): number
        for number, each in enumerate(layout.pattern.types)
        for engine, member, _ in each.members
    }
    pods: list[NewPod] = []
    gangs_first = sorted(range(len(deployment.engines)), key=lambda e: not deployment.engines[e].is_gang)
    for position in gangs_first:
        engine = deployment.engines[position]
        for copy in range(engine.copies):
            part = _part(engine, position, stock, type_of) if engine.is_gang else None
            for index, member in enumerate(engine.members):
                supply = stock[type_of[position, index]]
                for rank in range(member.pods_per_copy):
                    from_here = part if part is not None else next(i for i, s in enumerate(supply) if s)
                    pods.append(
                        NewPod(
                            engine=engine.name,
                            copy=copy,
                            role=member.role,
                            rank=rank,
                            node=supply[from_here].pop(0),
                            option=layout.options[position][index],
                        )
                    )
    by_engine = {engine.name: number for number, engine in enumerate(deployment.engines)}
    return tuple(sorted(pods, key=lambda pod: by_engine[pod.engine]))


def _part(
    engine: Engine,
    position: int,
    stock: Sequence[Sequence[Sequence[int]]],
    type_of: Mapping[tuple[int, int], int],
) -> int:
    """The first fabric that still has nodes for a whole copy of the gang."""
    asked: dict[int, int] = {}
    for index, member in enumerate(engine.members):
        number = type_of[position, index]
        asked[number] = asked.get(number, 0) + member.pods_per_copy
    return next(
        part
        for part in range(len(stock[0]))
        if all(len(stock[number][part]) >= count for number, count in asked.items())
    )
