"""How capacity was counted and what was assumed: golden texts.

The texts are snapshots: ``pytest --inline-snapshot=fix`` writes them anew, and a person reviews the difference.
"""

from dataclasses import replace

import numpy as np
from inline_snapshot import snapshot

from solver.domain.workload import DeviceRequest, Member
from solver.place import place
from tests.builders import DeviceSpec, PoolSpec, a_deployment, a_replica, an_engine, gpus
from tests.solver.explanations import _on

# --- notes ---


def test_notes_say_how_capacity_was_counted_and_what_was_assumed() -> None:
    """In stable order."""
    deployment = a_deployment()

    assert place(_on(deployment, replicas=[a_replica(deployment)])).notes == snapshot(
        (
            "cluster cluster-a is counted from its declared classes",
            'DeviceClass gpu.nvidia.com of cluster cluster-a was not read; device.driver == "gpu.nvidia.com" stands for it',
            "replica ml-team/my-model@cluster-a/0: nodes were not observed and are assumed, best fit in name order",
        )
    )


def test_a_note_says_that_price_is_counted_in_memory() -> None:
    """Because one pool has no price."""
    decision = place(_on(a_deployment(), PoolSpec(name="a", price=1), PoolSpec(name="b")))

    assert decision.notes[-1] == snapshot(
        "some eligible node pool has no price, so price is counted in bytes of device memory"
    )


def test_a_note_says_which_alternative_has_a_broken_selector() -> None:
    """The request is served by another one as long as there is one."""
    member = Member(
        requests=(
            DeviceRequest(
                name="gpu",
                alternatives=(
                    DeviceRequest(name="best", selectors=("device.nope",)),
                    DeviceRequest(name="good"),
                ),
            ),
        )
    )
    decision = place(_on(a_deployment(1, an_engine(member))))

    assert [note for note in decision.notes if "compile" in note] == snapshot(
        [
            "deployment ml-team/my-model: engine main, request gpu/best: selector does not compile: undefined field 'nope' of device; nothing new is placed for it"
        ]
    )


def test_a_note_says_what_is_withheld() -> None:
    """Devices that offer nothing are counted."""
    nic = DeviceSpec(device_class=None, memory="", name="nic")
    problem = _on(a_deployment(), PoolSpec(devices=(gpus(1), nic)))
    devices = problem.fleet.devices
    withheld = replace(devices, withheld=np.array([1, 0, 1, 0], dtype=np.int8))

    decision = place(replace(problem, fleet=replace(problem.fleet, devices=withheld)))

    assert [note for note in decision.notes if "offer" in note] == snapshot(
        [
            "2 devices offer nothing: each consumes shared counters, and its cluster has DRAPartitionableDevices off"
        ]
    )
