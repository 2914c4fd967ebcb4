"""Which devices a query accepts: the selectors of its class, then its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from solver.domain.claim import DeviceQuery
from solver.domain.device import Device
from solver.domain.fleet import DeviceClass
from solver.domain.resource_slice import DeviceId
from solver.selectors.selector import Outcome, OutcomeKind, compile_selector


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorFault:
    """A selector that failed on a device, which the request therefore cannot have."""

    claim: str
    request: str
    device: DeviceId
    selector: str
    message: str

    def __str__(self) -> str:
        return (
            f"claim {self.claim}, request {self.request}: {self.selector!r} on {self.device}: {self.message}"
        )


class Eligibility:
    """Evaluates selectors, each once for a device, and keeps what went wrong."""

    def __init__(self, classes: Mapping[str, DeviceClass]) -> None:
        self._classes = classes
        self._outcomes: dict[tuple[str, DeviceId], Outcome] = {}
        self.faults: list[SelectorFault] = []

    def accepts(self, claim: str, request: str, query: DeviceQuery, at: DeviceId, device: Device) -> bool:
        """Whether *query* accepts the device; no, if a selector fails."""
        for text in (*self._classes[query.device_class].selectors, *query.selectors):
            outcome = self._outcome(text, at, device)
            if outcome.kind is OutcomeKind.TRUE:
                continue
            if outcome.kind is not OutcomeKind.FALSE:
                fault = SelectorFault(
                    claim=claim, request=request, device=at, selector=text, message=outcome.message
                )
                self.faults.append(fault)
            return False
        return True

    def _outcome(self, text: str, at: DeviceId, device: Device) -> Outcome:
        outcome = self._outcomes.get((text, at))
        if outcome is None:
            outcome = compile_selector(text).match(device)
            self._outcomes[text, at] = outcome
        return outcome
