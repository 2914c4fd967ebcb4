"""What a device table says, without how it is stored."""

from solver.domain.device import Device
from solver.domain.device_table import DeviceTable
from solver.domain.device_terms import DeviceTerms

Row = tuple[Device, str, str, DeviceTerms, int, bool, object]


def contents(table: DeviceTable) -> list[Row]:
    """Each device with its resource pool, slice, terms, whether it is withheld or in use, and what is taken."""
    return [
        (
            table.device(row),
            table.resource_pools[row],
            table.slices[row],
            table.terms(row),
            int(table.withheld[row]),
            bool(table.in_use[row]),
            table.consumed.get(row),
        )
        for row in range(len(table))
    ]
