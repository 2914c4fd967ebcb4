"""What joins the pods of a replica."""

from collections.abc import Collection
from enum import IntEnum

from solver.matching.inventory import Inventory


class Distance(IntEnum):
    """Levels of joining, nearest first; less is nearer."""

    NODE = 0
    NVLINK = 1
    FABRIC = 2
    CLUSTER = 3


def joined(inventory: Inventory, nodes: Collection[int]) -> Distance:
    """The nearest level that joins all of *nodes* (positions in the fleet); no nodes: the nearest."""
    distinct = sorted(set(nodes))
    if len(distinct) <= 1:
        return Distance.NODE
    places = [inventory.places[node] for node in distinct]
    if places[0].clique is not None and len({place.clique for place in places}) == 1:
        return Distance.NVLINK
    if len({place.fabric for place in places}) == 1:
        return Distance.FABRIC
    return Distance.CLUSTER
