"""What holds for every allocation, whatever the allocator gets wrong on the way."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.domain.claim import AllocationOutcome, AllocationVerdict, Claim
from solver.domain.kubernetes import Release
from solver.domain.resource_slice import ResourceSlice
from tests.solver.matching.replay.nodes import a_claim, a_device, a_request, a_slice, one_of, verdict

_names = st.integers(0, 3).map("d{}".format)
_values = st.sampled_from("ab")


@st.composite
def devices(draw: st.DrawFn, name: str) -> dict[str, object]:
    fields: dict[str, object] = {"capacity": {"mem": draw(st.sampled_from(["2", "4"]))}}
    if draw(st.booleans()):
        fields["attributes"] = {"v": draw(_values)}
    if draw(st.booleans()):
        fields["allowMultipleAllocations"] = True
    return a_device(name, **fields)


@st.composite
def pools(draw: st.DrawFn) -> list[ResourceSlice]:
    found = []
    for pool in range(draw(st.integers(1, 3))):
        published = [draw(devices(f"d{number}")) for number in range(draw(st.integers(1, 3)))]
        found.append(a_slice(*published, name=f"s{pool}", pool=f"p{pool}"))
    return found


@st.composite
def claims(draw: st.DrawFn) -> list[Claim]:
    def fields() -> dict[str, object]:
        capacity = {"capacity": {"requests": {"mem": draw(st.sampled_from(["1", "2"]))}}}
        return {"count": draw(st.integers(1, 3)), **(capacity if draw(st.booleans()) else {})}

    found = []
    for number in range(draw(st.integers(1, 2))):
        requests = [
            one_of(f"r{r}", s0=fields(), s1=fields())
            if draw(st.booleans())
            else a_request(f"r{r}", **fields())
            for r in range(draw(st.integers(1, 2)))
        ]
        constraints = [{"matchAttribute": "gpu/v"}] if draw(st.booleans()) else []
        found.append(a_claim(*requests, name=f"c{number}", constraints=constraints))
    return found


@settings(max_examples=150, deadline=None)
@given(pools(), claims(), st.sampled_from(Release))
def test_an_allocation_keeps_what_every_release_keeps(
    slices: list[ResourceSlice], asked: list[Claim], release: Release
) -> None:
    """Whole devices once, capacities never exceeded, every request served in full, same answer every time."""
    found = verdict(slices, *asked, release=release)

    assert found == verdict(slices, *asked, release=release)
    if found.outcome is AllocationOutcome.ALLOCATED:
        assert len(asked) == len(found.allocations)
        check_devices(slices, found)
        for claim, allocation in zip(asked, found.allocations, strict=True):
            served = Counter(each.request for each in allocation.devices)
            check_counts(claim, served)


def check_devices(slices: list[ResourceSlice], found: AllocationVerdict) -> None:
    published = {(each.pool, device.name): device for each in slices for device in each.devices}
    whole: Counter[tuple[str, str]] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    for each in (each for allocation in found.allocations for each in allocation.devices):
        place = (each.device.pool, each.device.device)
        if each.consumed is None:
            whole[place] += 1
        else:
            taken[place] += each.consumed["mem"].nano
    assert all(count == 1 for count in whole.values())
    assert not whole.keys() & taken.keys()
    assert all(amount <= published[place].capacity["mem"].nano for place, amount in taken.items())


def check_counts(claim: Claim, served: Counter[str]) -> None:
    for request in claim.requests:
        queries = {f"{request.name}/{query.name}": query.count for query in request.first_available}
        if request.exactly is not None:
            queries = {request.name: request.exactly.count}
        chosen = [name for name in queries if served[name]]
        assert 1 == len(chosen)
        assert queries[chosen[0]] == served[chosen[0]]
