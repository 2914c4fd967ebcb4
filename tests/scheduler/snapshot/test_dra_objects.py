import pytest

from scheduler.snapshot.device_values import UnreadableFieldError
from scheduler.snapshot.dra_objects import read_claim_spec, read_resource_slice
from solver.domain.claim import EXACT_COUNT

QUERY = {"deviceClassName": "gpu", "selectors": [{"cel": {"expression": "true"}}], "adminAccess": False}
POOL = {"name": "p", "generation": 1, "resourceSliceCount": 1}


def a_claim(request: object) -> dict[str, object]:
    return {"metadata": {"name": "c", "namespace": "ml"}, "spec": {"devices": {"requests": [request]}}}


def test_requests_read_alike_in_every_version() -> None:
    """Before v1beta2 the fields stood in the request itself."""
    new = read_claim_spec(a_claim({"name": "r", "exactly": QUERY}))
    old = read_claim_spec(a_claim({"name": "r", **QUERY}))

    assert new == old
    assert new.requests[0].exactly is not None
    assert (EXACT_COUNT, 1) == (new.requests[0].exactly.allocation_mode, new.requests[0].exactly.count)


def test_nothing_is_defaulted_in_a_recording() -> None:
    claim = read_claim_spec(a_claim({"name": "r", "exactly": QUERY}), is_defaulted=False)

    assert claim.requests[0].exactly is not None
    assert ("", 0) == (claim.requests[0].exactly.allocation_mode, claim.requests[0].exactly.count)


def test_an_empty_expression_is_not_a_selector_of_an_unknown_kind() -> None:
    """The one is an error when a device is tried, the other at once."""
    for selector, is_known in (({"cel": {"expression": ""}}, True), ({"rego": {}}, False)):
        claim = read_claim_spec(a_claim({"name": "r", "exactly": {**QUERY, "selectors": [selector]}}))
        assert claim.requests[0].exactly is not None
        assert is_known == bool(claim.requests[0].exactly.selectors[0])


def test_devices_read_alike_in_every_version() -> None:
    """v1beta1 wraps all but the name."""
    body = {"attributes": {"model": {"string": "H100"}}, "capacity": {"memory": {"value": "80Gi"}}}
    spec = {"driver": "gpu", "pool": POOL, "nodeName": "n"}

    def slice_of(device: object) -> object:
        return read_resource_slice({"metadata": {"name": "s"}, "spec": {**spec, "devices": [device]}})

    assert slice_of({"name": "d", **body}) == slice_of({"name": "d", "basic": body})


def test_a_malformed_attribute_makes_the_device_malformed() -> None:
    spec = {
        "driver": "gpu",
        "pool": POOL,
        "allNodes": True,
        "devices": [{"name": "d", "attributes": {"a": {}}}],
    }

    found = read_resource_slice({"metadata": {"name": "s"}, "spec": spec})

    assert found.devices[0].device.malformed is not None


def test_an_amount_that_is_no_quantity_cannot_be_read() -> None:
    with pytest.raises(UnreadableFieldError):
        read_claim_spec(
            a_claim({"name": "r", "exactly": {**QUERY, "capacity": {"requests": {"mem": "much"}}}})
        )


def test_garbage_reads_as_nothing() -> None:
    garbage: list[object] = [None, [], "text", {"spec": 5}, {"spec": {"devices": {"requests": 3}}}]
    for raw in garbage:
        assert () == read_claim_spec(raw).requests
        assert () == read_resource_slice(raw).devices
