import io
import time

import click
import pytest
from inline_snapshot import snapshot

from adapters.cli import output
from adapters.cli.amounts import amount, binary, dollars, percent
from adapters.cli.plan_table import plan_text, replica_table
from adapters.cli.progress import Progress
from adapters.cli.reasons import rejection_line, shortfall_text
from adapters.cli.tables import Tinted, columns, table
from adapters.cli.tier_table import remarks, tier_table
from solver.domain.decision import Decision, Path, SolveRecord, TierResult
from solver.domain.explanation import Conflict, ConflictMember, Fix, PoolRejection, Reason, Rejection
from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, Driver, NodeKey, NodePoolKey
from solver.domain.identity import ReplicaKey as Key
from solver.domain.plan import Create, Evict, EvictionReason, Keep, Plan, Shortfall, Slot, SlotDevices
from solver.domain.workload import Role
from tests.builders import a_deployment

QWEN = DeploymentKey("ml", "qwen")
EU, US = ClusterName("eu"), ClusterName("us")


def a_slot(
    cluster: ClusterName, node: str | None, rank: int = 0, *, expected: bool = False, order: int = 1
) -> Slot:
    gpu = SlotDevices(
        request="gpu",
        driver=Driver("gpu.nvidia.com"),
        device_class=DeviceClassName("gpu.nvidia.com"),
        count=8,
        signature="gpu.nvidia.com",
    )
    nic = SlotDevices(
        request="nic", driver=Driver("dra.net"), device_class=None, count=1, signature="dra.net"
    )
    return Slot(
        engine="main",
        copy=0,
        role=Role.WORKER if rank else Role.LEADER,
        rank=rank,
        node_pool=NodePoolKey(cluster, "h100"),
        node=None if node is None else NodeKey(cluster, node),
        is_expected=expected,
        order=order,
        devices=(gpu, nic),
    )


def tiers(*values: tuple[str, int, int, str]) -> tuple[TierResult, ...]:
    return tuple(
        TierResult(name=name, value=value, bound=bound, unit=unit, is_closed=value == bound)
        for name, value, bound, unit in values
    )


def a_decision(plan: Plan | None = None, **fields: object) -> Decision:
    return Decision(plan=plan or Plan(), **({"tiers": (), "path": Path.NODES} | fields))  # type: ignore[arg-type]


def rejected(*reasons: tuple[Reason, str, int]) -> Rejection:
    pools = [
        PoolRejection(node_pool=NodePoolKey(EU, f"{reason}-{detail}-{number}"), reason=reason, detail=detail)
        for reason, detail, count in reasons
        for number in range(count)
    ]
    return Rejection(deployment=QWEN, node_pools=len(pools), rejected=tuple(pools))


def test_a_table_reads_like_kubectl() -> None:
    """Left aligned, three spaces between columns, nothing after the last cell."""
    text = table(("NAME", "COUNT", "NOTE"), [("a-long-name", 1, "x"), ("b", 12345678, ""), ("c", 1, "yy")])

    assert text == snapshot("""\
NAME          COUNT      NOTE
a-long-name   1          x
b             12345678
c             1          yy\
""")


def test_wide_letters_and_colours_do_not_shift_columns() -> None:
    text = table(("A", "B"), [("漢字", "x"), (Tinted("red", "red"), "y"), ("a\x1b[0m", "z")])

    assert click.unstyle(text) == snapshot("""\
A       B
漢字    x
red     y
a?[0m   z\
""")
    assert "\x1b[31mred" in text


def test_columns_without_header() -> None:
    assert "a:     1\nlong:   2" != columns([("a:", "1"), ("long:", "2")])
    assert "a:      1\nlong:   2" == columns([("a:", "1"), ("long:", "2")])
    assert "" == columns([])


def test_the_most_frequent_reason_comes_first() -> None:
    """The one line that a team reads first, as the issue has it."""
    line = rejection_line(
        rejected(
            (Reason.CLUSTER_NOT_READY, "", 2),
            (Reason.DEVICE_SELECTOR_NOT_MATCHED, "gpu: memory 80Gi < 141Gi", 9),
            (Reason.UNTOLERATED_TAINT, "", 3),
        )
    )

    assert line == snapshot(
        "0 of 14 node pools: 9 DeviceSelectorNotMatched (gpu: memory 80Gi < 141Gi), 3 UntoleratedTaint, 2 ClusterNotReady"
    )


def test_the_most_frequent_detail_stands_for_several() -> None:
    line = rejection_line(
        rejected(
            (Reason.INSUFFICIENT_DEVICES, "gpu: 8 requested, 4 on a node", 1),
            (Reason.INSUFFICIENT_DEVICES, "gpu: 8 requested, 2 on a node", 2),
        )
    )

    assert line == snapshot("0 of 3 node pools: 3 InsufficientDevices (gpu: 8 requested, 2 on a node, ...)")


def test_everything_about_a_shortfall() -> None:
    conflict = Conflict(
        deployment=QWEN,
        members=(
            ConflictMember(reason=Reason.QUOTA_EXCEEDED, subject="ml/gpu", sentence="ml may hold 8"),
            ConflictMember(
                reason=Reason.INSUFFICIENT_FREE_CAPACITY, subject="eu/h100", sentence="eu is full"
            ),
        ),
        is_minimal=False,
    )
    decision = a_decision(
        rejections=(
            Rejection(
                deployment=QWEN, node_pools=2, rejected=(), general=("ModelCache ml/qwen does not exist",)
            ),
        ),
        conflicts=(conflict,),
        fixes=(Fix(deployment=QWEN, change="AddNode", subject="eu/h100", sentence="add 1 node to eu/h100"),),
    )

    text = shortfall_text(decision, Shortfall(deployment=QWEN, wanted=3, missing=2))

    assert text == snapshot("""\
ml/qwen: 2 of 3 replicas short
  2 of 2 node pools
  ModelCache ml/qwen does not exist
  together these keep one more replica out; there was no time to show that all of them matter:
    - ml may hold 8 (QuotaExceeded)
    - eu is full (InsufficientFreeCapacity)
  each of these would place one more replica:
    - add 1 node to eu/h100 (AddNode)\
""")


def test_tiers_say_how_far_from_the_optimum_and_what_that_rests_on() -> None:
    """A bound below an open tier holds only as long as that tier stays as it is."""
    decision = a_decision(
        tiers=tiers(
            ("shortfall", 3, 1, "replicas"),
            ("evictions", 0, 0, "replicas"),
            ("price", 12_500_000, 12_000_001, "micro-dollars/h"),
            ("stranded", 4, 4, "devices"),
        )
    )

    assert tier_table(decision, wanted=200) == snapshot("""\
TIER        VALUE   BOUND       UNIT       OPTIMUM
shortfall   3       1           replicas   at most 2 replicas from the optimum (1.0 % of the replicas wanted, 66.7 % of the value)
evictions   0       0           replicas   proven optimal, given shortfall as it is
price       12.50   12.000001   $/h        at most $0.499999/h from the optimum (4.2 % of the bound, 4.0 % of the value), given shortfall as it is
stranded    4       4           devices    proven optimal, given shortfall and price as they are
method: nodes (one model over single nodes)\
""")


def test_price_in_device_memory() -> None:
    decision = a_decision(tiers=tiers(("price", 640 << 30, 320 << 30, "bytes of device memory")))

    assert tier_table(decision, wanted=1) == snapshot("""\
TIER    VALUE   BOUND   UNIT            OPTIMUM
price   640Gi   320Gi   device memory   at most 320Gi device memory from the optimum (100.0 % of the bound, 50.0 % of the value)
method: nodes (one model over single nodes)\
""")


def test_what_nobody_should_miss() -> None:
    record = SolveRecord(is_interrupted=True, violations=("node eu/n1: 9 devices of 8",))

    assert list(remarks(a_decision(path=Path.GREEDY, record=record))) == snapshot(
        [
            "the plan is a greedy one: the search gave none that passed the audit, so no bound is proven",
            "a plan of the search was thrown away by the audit: node eu/n1: 9 devices of 8",
            "the wall clock ended a search; the plan is sound, but another run may find another",
        ]
    )
    assert [] == list(remarks(a_decision()))


def test_replicas_by_node_with_what_is_done() -> None:
    plan = Plan(
        keeps=(
            Keep(
                replica=Key(QWEN, EU, 0),
                name="a",
                slots=(a_slot(EU, "n1", order=0), a_slot(EU, "n2", 1)),
                flags=("does not fit where it is",),
            ),
            Keep(replica=Key(QWEN, EU, 1), name="b", slots=(a_slot(EU, None, order=0),)),
            Keep(replica=Key(QWEN, EU, 2), name="c", slots=()),
        ),
        creates=(
            Create(
                replica=Key(QWEN, US, 0),
                slots=(a_slot(US, "n9"), a_slot(US, "n9", 1), a_slot(US, "h100/0", 2, expected=True)),
            ),
        ),
        evicts=(
            Evict(
                replica=Key(QWEN, US, 0),
                name="d",
                reason=EvictionReason.PREEMPTED,
                because="ml/big has priority 9",
            ),
        ),
    )

    assert click.unstyle(replica_table(plan)) == snapshot("""\
REPLICA        CLUSTER   NODE POOL   NODE                PODS   DEVICES                                    ACTION
ml/qwen@eu/0   eu        h100        n1                  1      1 dra.net (synthetic), 8 gpu.nvidia.com    keep: does not fit where it is
ml/qwen@eu/0   eu        h100        n2                  1      1 dra.net (synthetic), 8 gpu.nvidia.com    keep, add pods: does not fit where it is
ml/qwen@eu/1   eu        h100        <none>              1      1 dra.net (synthetic), 8 gpu.nvidia.com    keep
ml/qwen@eu/2   eu        <none>      <none>              0      <none>                                     keep
ml/qwen@us/0   us        <none>      <none>              0      <none>                                     evict Preempted: ml/big has priority 9
ml/qwen@us/0   us        h100        n9                  2      2 dra.net (synthetic), 16 gpu.nvidia.com   create
ml/qwen@us/0   us        h100        h100/0 (expected)   1      1 dra.net (synthetic), 8 gpu.nvidia.com    create\
""")


def test_priorities_are_shown_where_they_differ() -> None:
    plan = Plan(shortfalls=(Shortfall(deployment=DeploymentKey("ml-team", "b"), wanted=1, missing=1),))
    deployments = [a_deployment(name="a", priority=5), a_deployment(name="b")]
    first = plan_text(a_decision(plan), deployments).split("\n\n")[0]

    assert click.unstyle(first) == snapshot("""\
DEPLOYMENT   PRIORITY   WANTED   PLACED   KEPT   NEW   SHORT   WHERE
ml-team/a    5          1        0        0      0     0       <none>
ml-team/b    0          1        0        0      0     1       <none>\
""")


@pytest.mark.parametrize(
    ("microdollars", "text"),
    [(0, "0.00"), (12_500_000, "12.50"), (1_234_567_890_001, "1,234,567.890001"), (-2_000_000, "-2.00")],
)
def test_dollars_are_exact(microdollars: int, text: str) -> None:
    assert text == dollars(microdollars)


@pytest.mark.parametrize(
    ("amount_bytes", "text"),
    [(0, "0"), (1, "1"), (80 << 30, "80Gi"), (1537 << 20, "1537Mi"), (1 << 60, "1024Pi")],
)
def test_bytes_are_exact(amount_bytes: int, text: str) -> None:
    assert text == binary(amount_bytes)


def test_a_gap_is_never_shown_smaller_than_it_is() -> None:
    assert ["0.1 %", "0.0 %", "33.4 %", "100.0 %"] == [
        percent(1, 10**9),
        percent(0, 5),
        percent(1, 3),
        percent(1, 0),
    ]


def test_amounts_with_their_unit() -> None:
    assert ["$1.50/h", "1Gi device memory", "3 pods"] == [
        str(amount(1_500_000, "micro-dollars/h")),
        str(amount(1 << 30, "bytes of device memory")),
        str(amount(3, "pods")),
    ]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "stream", "has_colour"),
    [
        ({}, Terminal(), True),
        ({"NO_COLOR": "1"}, Terminal(), False),
        ({"TERM": "dumb"}, Terminal(), False),
        ({}, io.StringIO(), False),
    ],
)
def test_colours_only_where_somebody_sees_them(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], stream: io.StringIO, *, has_colour: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", stream)
    output.result(click.style("short", fg="red"))

    assert has_colour is ("\x1b[31m" in stream.getvalue())


def test_what_is_quick_shows_no_progress() -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.tell("reading a")

    assert "" == stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_what_takes_long_shows_its_step(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> None:
    monkeypatch.setattr("adapters.cli.progress._PATIENCE_SECONDS", 0.01)
    with Progress(stream) as progress:
        progress.tell("reading a")
        wait_for(stream, "reading a (0 s)")

    assert stream.getvalue().endswith("\r\x1b[K" if stream.isatty() else "\n")


def wait_for(stream: io.StringIO, text: str) -> None:
    """Waits for what another thread writes."""
    deadline = time.monotonic() + 10
    while text not in stream.getvalue():
        assert time.monotonic() < deadline
        time.sleep(0.01)
