"""The arrays of a shape, put together from what each cluster has."""

import numpy as np

from solver.live.nodes import Ints, NodeArrays
from solver.live.shape import PodType, Shape


def collected(
    shape: Shape, spots: list[tuple[Ints, Ints, int]], area_layout: list[int], nodes: NodeArrays
) -> Shape:
    """*shape* with its arrays.

    Args:
        shape: its layouts and areas.
        spots: nodes, what a replica costs on each, and the layout.
        area_layout: the layout of each area.
        nodes: the fleet.
    """
    _collect_claims(shape)
    _collect_spots(shape, spots, nodes)
    _collect_areas(shape, area_layout)
    return shape


def _collect_claims(shape: Shape) -> None:
    for number, layout in enumerate(shape.layouts):
        for each in layout.pattern.types:
            option = layout.option(each)
            for need, name in zip(option.needs, option.classes, strict=True):
                if name is not None:
                    empty = np.zeros(len(shape.layouts), dtype=np.int64)
                    shape.claims.setdefault(name, empty)[number] += need.devices * each.count


def _collect_spots(shape: Shape, spots: list[tuple[Ints, Ints, int]], nodes: NodeArrays) -> None:
    """Spots of one pattern in one run, so that it is looked up once."""
    runs: dict[tuple[int, int], list[tuple[Ints, Ints, int]]] = {}
    for each in spots:
        pattern = shape.layouts[each[2]].pattern
        if len(each[0]):
            runs.setdefault((pattern.whole, pattern.taken), []).append(each)
    ordered = [each for run in runs.values() for each in run]
    if not ordered:
        return
    shape.spots = np.concatenate([found for found, _, _ in ordered])
    shape.spot_price = np.concatenate([price for _, price, _ in ordered])
    shape.spot_layout = np.concatenate([np.full(len(found), number) for found, _, number in ordered])
    shape.spot_cluster = nodes.cluster[shape.spots]
    start = 0
    for run in runs.values():
        end = start + sum(len(found) for found, _, _ in run)
        shape.runs.append((start, end, shape.layouts[run[0][2]].pattern))
        start = end


def _collect_areas(shape: Shape, area_layout: list[int]) -> None:
    shape.area_layout = np.array(area_layout, dtype=np.int64)
    shape.area_cluster = np.array([area.cluster for area in shape.areas], dtype=np.int64)
    shape.area_zone = np.array([area.zone for area in shape.areas], dtype=np.int64)
    shape.area_level = np.array([area.level for area in shape.areas], dtype=np.int64)
    supplies: dict[PodType, list[tuple[int, Ints]]] = {}
    for index, (area, number) in enumerate(zip(shape.areas, area_layout, strict=True)):
        for each, nodes in zip(shape.layouts[number].pattern.types, area.nodes, strict=True):
            supplies.setdefault(each, []).append((index, nodes))
    for each, found in supplies.items():
        sizes = np.array([len(nodes) for _, nodes in found], dtype=np.int64)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)[:-1]])
        areas = np.array([index for index, _ in found], dtype=np.int64)
        shape.supplies.append((each, np.concatenate([nodes for _, nodes in found]), starts, areas))
