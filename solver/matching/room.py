"""What the nodes of each cell could give at the most: what is free, and what those hold who may be evicted."""

from solver.domain.identity import DeploymentKey
from solver.domain.workload import Member
from solver.matching.cells import Cells
from solver.matching.ledger import Ledger
from solver.matching.node_fit import Need, claims_of, fits
from solver.matching.options import Options


class Room:
    """The room of every cell, worked out once for all deployments of a scene.

    Claims that are more than counts are tried beside what stays for certain (*staying*); an *optimistic* room
    looks at every node as if it were empty.
    """

    def __init__(self, cells: Cells, options: Options, staying: Ledger, *, is_optimistic: bool) -> None:
        self._cells = cells.cells
        self._options = options
        self._staying = None if is_optimistic else staying
        #: Devices by kind, then pods, CPU and memory that evictions would give back; None: whatever is asked.
        self._room: list[tuple[dict[int, int], list[int] | None]] = [
            (dict(cell.total), None) if is_optimistic else (dict(cell.free), [0, 0, 0])
            for cell in self._cells
        ]
        if not is_optimistic:
            self._give_back(cells)

    def has(self, index: int, needs: tuple[Need, ...], *, pods: int, cpu: int, memory: int) -> bool:
        """Whether one unit fits on a node of the cell at *index* (milli-cores, bytes)."""
        devices, extra = self._room[index]
        left = self._cells[index].resources
        if left is not None and extra is not None:
            enough = (
                left.pods + extra[0] >= pods
                and left.cpu_millicores + extra[1] >= cpu
                and left.memory_bytes + extra[2] >= memory
            )
            if not enough:
                return False
        return fits(needs, devices) and self._claim_fits(index, needs)

    def may_host(self, index: int, deployment: DeploymentKey, member: Member) -> bool:
        """Whether some node of the cell is not closed to every pod of *member*."""
        return any(self._options.may_host(node, deployment, member) for node in self._cells[index].nodes)

    def _claim_fits(self, index: int, needs: tuple[Need, ...]) -> bool:
        """Whether a pod with a claim fits beside what stays; what may be evicted is taken to be gone."""
        if not claims_of(needs):
            return True
        node = self._cells[index].nodes[0]
        if self._staying is None:
            return self._options.special.fits_empty(node, needs)
        return self._staying.claims_fit(node, needs)

    def _give_back(self, cells: Cells) -> None:
        for movable in cells.movable:
            for load in movable.loads:
                devices, amounts = self._room[load.cell]
                for kind, count in load.held:
                    # The load is somewhere on the cell; no node gets back more than it has.
                    most = self._cells[load.cell].total.get(kind, 0)
                    devices[kind] = min(most, devices.get(kind, 0) + count * movable.count)
                if amounts is not None:
                    amounts[0] += load.pods * movable.count
                    amounts[1] += load.cpu_millicores * movable.count
                    amounts[2] += load.memory_bytes * movable.count
