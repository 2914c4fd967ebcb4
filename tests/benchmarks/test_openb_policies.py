"""FGD and BestFit against examples worked by hand, and the books that believe nobody."""

import pytest

from benchmarks.openb.arrivals import arrivals, percent, until_read
from benchmarks.openb.best_fit import best_fit
from benchmarks.openb.check import Books, LimitBroken
from benchmarks.openb.fgd import fgd, typical
from benchmarks.openb.policy import Place
from benchmarks.openb.replay import replay
from benchmarks.openb.trace import Node, Pod, Request


def a_node(*, devices: int = 2, cpu_milli: int = 32_000, model: str = "T4") -> Node:
    return Node(name="node", cpu_milli=cpu_milli, memory_mib=65_536, devices=devices, model=model)


def a_pod(
    *, cpu_milli: int = 1000, devices: int = 1, share_milli: int = 1000, models: tuple[str, ...] = ()
) -> Pod:
    request = Request(
        cpu_milli=cpu_milli, memory_mib=1024, devices=devices, share_milli=share_milli, models=models
    )
    return Pod(name="pod", request=request)


def test_best_fit_takes_the_node_with_least_left() -> None:
    """31 cores and a device left score 81, 15 cores and none 94."""
    policy = best_fit([a_node(devices=2), a_node(devices=1, cpu_milli=16_000)])

    assert Place(node=1, devices=(0,)) == policy.choose(a_pod())


def test_best_fit_takes_the_fullest_device_that_has_room() -> None:
    """A second share joins the first one; one that does not fit beside them opens a device."""
    policy = best_fit([a_node(devices=2)])
    policy.placed(a_pod(share_milli=500), Place(node=0, devices=(1,)))

    assert Place(node=0, devices=(1,)) == policy.choose(a_pod(share_milli=400))
    assert Place(node=0, devices=(0,)) == policy.choose(a_pod(share_milli=600))


def test_fgd_keeps_the_device_that_typical_pods_can_use() -> None:
    """Typical are whole devices. On the broken device of node 1 a share makes no new fragment: 500 are lost already, and
    the score is int(100 sigmoid(0.4)) = 59; breaking a device of node 0 adds 600: int(100 sigmoid(-0.6)) = 35.
    """
    policy = fgd([a_node(devices=2), a_node(devices=2)], typical([a_pod()]))
    policy.placed(a_pod(share_milli=500), Place(node=1, devices=(0,)))

    assert Place(node=1, devices=(0,)) == policy.choose(a_pod(share_milli=400))


def test_fgd_gives_a_tie_to_the_first_node_of_the_list() -> None:
    """Without that rule the published figures do not come out."""
    policy = fgd([a_node(), a_node()], typical([a_pod()]))

    assert Place(node=0, devices=(0,)) == policy.choose(a_pod(share_milli=500))


def test_typical_pods_are_the_most_common_until_nineteen_in_twenty_are_covered() -> None:
    """One rare pod in a hundred is not typical; popularity is renewed among the others."""
    found = typical([*[a_pod()] * 69, *[a_pod(share_milli=500)] * 30, a_pod(devices=2)])

    assert [1000, 500] == [request.share_milli for request in found.requests]
    assert pytest.approx([69 / 99, 30 / 99]) == list(found.popularity)


def test_a_pod_that_left_gives_everything_back() -> None:
    """A policy is told of departures too."""
    policy = best_fit([a_node(devices=1)])
    pod, place = a_pod(), Place(node=0, devices=(0,))
    policy.placed(pod, place)
    assert policy.choose(pod) is None

    policy.removed(pod, place)

    assert place == policy.choose(pod)


@pytest.mark.parametrize(
    ("pod", "place", "complaint"),
    [
        (a_pod(cpu_milli=40_000), Place(node=0, devices=(0,)), "0 of 32000 milli-cores are taken"),
        (a_pod(models=("P100",)), Place(node=0, devices=(0,)), "T4, expected one of P100"),
        (a_pod(devices=2), Place(node=0, devices=(0, 0)), r"got devices \(0, 0\), expected 2"),
        (a_pod(), Place(node=0, devices=(2,)), "there is no device 2"),
        (a_pod(share_milli=600), Place(node=0, devices=(1,)), "500 of 1000 of device 1 are taken"),
    ],
)
def test_the_books_refuse_what_breaks_a_limit(pod: Pod, place: Place, complaint: str) -> None:
    """Whatever a policy says, nothing is given out twice."""
    books = Books([a_node()])
    books.book(0, a_pod(share_milli=500), Place(node=0, devices=(1,)))

    with pytest.raises(LimitBroken, match=complaint):
        books.book(1, pod, place)
    assert 500 == books.used_milli


def test_a_policy_may_not_refuse_what_fits() -> None:
    """The benchmark is about packing, not about choosing whom to serve."""

    class Refuses:
        def choose(self, pod: Pod) -> Place | None:  # noqa: ARG002 (refuses everybody)
            return None

        def placed(self, pod: Pod, place: Place) -> None:
            raise AssertionError(pod, place)

        removed = placed

    with pytest.raises(LimitBroken, match="refused although it fits"):
        replay([a_node()], [a_pod()], Refuses())


def test_arrivals_are_the_trace_shuffled_and_then_drawn_again() -> None:
    """Up to 1.3 times the capacity; what arrives after 100 % is not read."""
    pods = [a_pod(cpu_milli=number) for number in range(1, 11)]

    sequence = arrivals(pods, capacity_milli=10_000, seed=42)

    assert 13 == len(sequence)
    assert pods == sorted(sequence[:10], key=lambda pod: pod.request.cpu_milli)
    assert sequence[:10] == until_read(sequence, capacity_milli=10_000)
    assert sequence == arrivals(pods, capacity_milli=10_000, seed=42)
    assert 100 == percent(9951, 10_000)


def test_a_trace_that_asks_for_too_much_loses_random_pods() -> None:
    """As the multi-GPU traces do."""
    assert 13 == len(arrivals([a_pod()] * 40, capacity_milli=10_000, seed=42))
