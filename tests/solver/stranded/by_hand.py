"""Joint packings by trying everything, with nothing of the product in them."""

from collections.abc import Sequence

from solver.stranded.amounts import FreeNode, Request
from solver.stranded.demand import Demand


def best_value(node: FreeNode, classes: Sequence[Request], weights: Sequence[int]) -> int:
    """The most that any number of *classes* on *node* is worth; every class takes something."""
    return _best(node.host, tuple(sorted(node.devices)), node.kind, tuple(zip(classes, weights, strict=True)))


def best_worth(
    nodes: Sequence[FreeNode], expected: Demand, wanted: Sequence[int], worth: Sequence[int]
) -> int:
    """The most that all *nodes* together can hold of at most *wanted* requests of each class."""
    best = 0
    for number, count in enumerate(wanted):
        if not count:
            continue
        left = [have - (at == number) for at, have in enumerate(wanted)]
        for at, node in enumerate(nodes):
            for after in _placements(node, expected.classes[number]):
                others = [*nodes[:at], after, *nodes[at + 1 :]]
                best = max(best, worth[number] + best_worth(others, expected, left, worth))
    return best


def _best(
    host: tuple[int, ...],
    devices: tuple[int, ...],
    kind: int,
    classes: tuple[tuple[Request, int], ...],
) -> int:
    if not classes:
        return 0
    (request, weight), *others = classes
    best = _best(host, devices, kind, tuple(others))
    for after in _placements(FreeNode(host=host, kind=kind, devices=devices), request):
        best = max(best, weight + _best(after.host, after.devices, kind, classes))
    return best


def _placements(node: FreeNode, request: Request) -> list[FreeNode]:
    host = tuple(have - take for have, take in zip(node.host, request.host, strict=True))
    serves = request.devices == 0 or request.kinds is None or node.kind in request.kinds
    if min(host, default=0) < 0 or not serves:
        return []
    if request.devices == 0:
        return [FreeNode(host=host, kind=node.kind, devices=node.devices)]
    roomy = [at for at, free in enumerate(node.devices) if free >= request.share_milli]
    if len(roomy) < request.devices:
        return []
    chosen = [roomy[: request.devices]] if request.devices > 1 else [[at] for at in roomy]
    found = set()
    for places in chosen:
        after = [free - request.share_milli * (at in places) for at, free in enumerate(node.devices)]
        found.add(tuple(sorted(after)))
    return [FreeNode(host=host, kind=node.kind, devices=devices) for devices in sorted(found)]
