"""Claims that are wrong whatever is free."""

import pytest

from solver.domain.claim import Claim, ClaimConstraint, ClaimRequest, DeviceQuery
from solver.domain.kubernetes import Gate, SchedulerFeatures
from solver.domain.resource_slice import ResourceSlice
from solver.matching.device_fit import UnusableClaim
from tests.solver.matching.device_fit.builders import (
    EVERYTHING,
    GPU,
    a_claim,
    a_device,
    a_problem,
    a_query,
    a_slice,
    served,
    without,
)


def plain(count: int) -> list[ResourceSlice]:
    return [a_slice(*[a_device(f"d{number}") for number in range(count)])]


@pytest.mark.parametrize(
    ("query", "features", "message"),
    [
        (a_query(device_class=""), EVERYTHING, "names no device class"),
        (a_query(device_class="nope"), EVERYTHING, "device class nope does not exist"),
        (
            DeviceQuery(name="r", device_class=GPU, allocation_mode="Some"),
            EVERYTHING,
            "allocation mode 'Some' is not known",
        ),
        (a_query(selectors=[""]), EVERYTHING, "selector #0 is no CEL expression"),
        (a_query(selectors=["true", "nope"]), EVERYTHING, "selector #1 does not compile"),
        (a_query(admin=False), without(Gate.ADMIN_ACCESS), "mentions admin access"),
    ],
)
def test_unusable_requests_are_refused_for_good(
    query: DeviceQuery, features: SchedulerFeatures, message: str
) -> None:
    """Whatever is free, they are wrong; the claim and the request are named."""
    with pytest.raises(UnusableClaim, match=message) as raised:
        served(a_problem(plain(1), a_claim(query)), features)

    assert ("c", "r") == (raised.value.claim, raised.value.request)


@pytest.mark.parametrize(
    ("claim", "features", "message"),
    [
        (a_claim(("r", [a_query("s")])), without(Gate.PRIORITIZED_LIST), "has alternatives"),
        (a_claim(constraints=[ClaimConstraint()]), EVERYTHING, "constraint #0 is of no kind"),
        (
            a_claim(constraints=[ClaimConstraint(distinct_attribute="a/b")]),
            without(Gate.CONSUMABLE_CAPACITY),
            "constraint #0 is distinctAttribute",
        ),
        (Claim(name="c", requests=(ClaimRequest(name="r"),)), EVERYTHING, "asks for nothing"),
    ],
)
def test_unusable_claims_are_refused_for_good(
    claim: Claim, features: SchedulerFeatures, message: str
) -> None:
    """As for requests."""
    with pytest.raises(UnusableClaim, match=message):
        served(a_problem(plain(1), claim), features)
