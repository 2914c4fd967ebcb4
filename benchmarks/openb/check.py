"""The replay's own books: counts what is given out and refuses what breaks a limit.

Shares nothing with the policies but the words of the trace: plain integers, one pod and one device at a time.
"""

from collections.abc import Sequence

from benchmarks.openb.policy import Place
from benchmarks.openb.trace import DEVICE_MILLI, Node, Pod


class LimitBroken(Exception):
    """A policy gave out what there is not, or the wrong devices."""


class Books:
    """Who is where, for each node and device."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._cpu = [0] * len(nodes)
        self._memory = [0] * len(nodes)
        self._devices = [[0] * node.devices for node in nodes]
        self._places: dict[int, tuple[Pod, Place]] = {}
        self.used_milli = 0

    def book(self, number: int, pod: Pod, place: Place) -> None:
        """Pod *number* is at *place*.

        Raises:
            LimitBroken: it does not fit there; nothing is booked.
        """
        node, request = self._nodes[place.node], pod.request
        where = f"{pod.name} on {node.name}"
        if number in self._places:
            raise LimitBroken(f"{where}: it is placed already")
        if self._cpu[place.node] + request.cpu_milli > node.cpu_milli:
            raise LimitBroken(f"{where}: {self._cpu[place.node]} of {node.cpu_milli} milli-cores are taken")
        if self._memory[place.node] + request.memory_mib > node.memory_mib:
            raise LimitBroken(f"{where}: {self._memory[place.node]} of {node.memory_mib} MiB are taken")
        if len(set(place.devices)) != request.devices:
            raise LimitBroken(f"{where}: it got devices {place.devices}, expected {request.devices}")
        if request.devices and request.models and node.model not in request.models:
            raise LimitBroken(f"{where}: {node.model}, expected one of {', '.join(request.models)}")
        for device in place.devices:
            self._check_device(where, place.node, device, request.share_milli)
        self._cpu[place.node] += request.cpu_milli
        self._memory[place.node] += request.memory_mib
        for device in place.devices:
            self._devices[place.node][device] += request.share_milli
        self.used_milli += request.device_milli
        self._places[number] = (pod, place)

    def unbook(self, number: int) -> tuple[Pod, Place]:
        """Pod *number* has left; who it was, and from where."""
        pod, place = self._places.pop(number)
        self._cpu[place.node] -= pod.request.cpu_milli
        self._memory[place.node] -= pod.request.memory_mib
        for device in place.devices:
            self._devices[place.node][device] -= pod.request.share_milli
        self.used_milli -= pod.request.device_milli
        return pod, place

    def fits_somewhere(self, pod: Pod) -> bool:
        """Whether any node has room for *pod*."""
        return any(self._fits(number, pod) for number in range(len(self._nodes)))

    def _fits(self, number: int, pod: Pod) -> bool:
        node, request = self._nodes[number], pod.request
        if self._cpu[number] + request.cpu_milli > node.cpu_milli:
            return False
        if self._memory[number] + request.memory_mib > node.memory_mib:
            return False
        if request.devices and request.models and node.model not in request.models:
            return False
        roomy = [used for used in self._devices[number] if used + request.share_milli <= DEVICE_MILLI]
        return len(roomy) >= request.devices

    def _check_device(self, where: str, number: int, device: int, share: int) -> None:
        if not 0 <= device < len(self._devices[number]):
            raise LimitBroken(f"{where}: there is no device {device}")
        used = self._devices[number][device]
        if used + share > DEVICE_MILLI:
            raise LimitBroken(f"{where}: {used} of {DEVICE_MILLI} of device {device} are taken")
