"""Rows of the device table that stand for one device which several nodes reach."""

from collections.abc import Mapping

from solver.matching.kinds import bits
from solver.matching.survey import Survey


def twins(survey: Survey) -> Mapping[int, tuple[int, ...]]:
    """For each row of such a device all rows that stand for it; empty where nodes share no device."""
    table, kinds = survey.kinds.table, survey.kinds
    if not kinds.networked:
        return {}
    by_device: dict[tuple[str, str, str, str], list[int]] = {}
    networked = set(bits(kinds.networked))
    for row in range(len(table)):
        kind = int(kinds.kind_of_row[row])
        if kind in networked:
            cluster = survey.problem.fleet.nodes[int(kinds.node_of_row[row])].key.cluster
            key = (cluster, kinds.examples[kind].driver, table.resource_pools[row], table.names[row])
            by_device.setdefault(key, []).append(row)
    return {row: tuple(rows) for rows in by_device.values() for row in rows}
