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
    """The nearest level that joins all of *nodes* (positions in the fleet); no nodes: the nearest.

    An NVLink domain joins only what is on one fabric too: a label that spans fabrics promises nothing.
    """
    distinct = sorted(set(nodes))
    if len(distinct) <= 1:
        return Distance.NODE
    places = [inventory.places[node] for node in distinct]
    if len({place.fabric for place in places}) > 1:
        return Distance.CLUSTER
    is_one_clique = places[0].clique is not None and len({place.clique for place in places}) == 1
    return Distance.NVLINK if is_one_clique else Distance.FABRIC
