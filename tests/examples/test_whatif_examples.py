"""Questions about the example fleets, through the command line."""

from pathlib import Path

from click.testing import CliRunner
from inline_snapshot import snapshot

from adapters.cli.main import cli

EXAMPLES = Path(__file__).parents[2] / "examples"
FLEET = ("fleet", "deployments")
SHARING = ("sharing/fleet", "sharing/deployments")


def answer(change: str, folders: tuple[str, ...] = FLEET) -> str:
    paths = [str(EXAMPLES / each) for each in folders]
    result = CliRunner().invoke(cli, ["whatif", *paths, "--change", change], catch_exceptions=False)
    assert 0 == result.exit_code
    return result.stdout


def test_losing_a_cluster() -> None:
    """What runs there moves where it can; the AMD models have nowhere else to go."""
    assert answer("lose cluster azure-amsterdam") == snapshot("""\
DEPLOYMENT           WANTED   PLACED   SHORT    BEFORE                                              AFTER
agents/deepseek-r1   1        1 -> 0   0 -> 1   azure-amsterdam x1                                  <none>
batch/nightly-eval   1        1 -> 0   0 -> 1   azure-amsterdam x1                                  <none>
chat/llama-3.3-70b   2        2        0        aws-ohio x1, azure-amsterdam x1                     aws-ohio x1, nebius-helsinki x1
chat/qwen3-8b        4        4        0        aws-frankfurt x2, aws-ohio x1, azure-amsterdam x1   aws-frankfurt x2, aws-ohio x1, nebius-helsinki x1

REPLICA                                FATE    TO                BECAUSE
batch/nightly-eval@azure-amsterdam/0   Lost    <none>            ClusterLost: cluster azure-amsterdam is lost
chat/llama-3.3-70b@azure-amsterdam/0   Moved   nebius-helsinki   ClusterLost: cluster azure-amsterdam is lost

agents/deepseek-r1: 1 of 1 replica short
  0 of 6 node pools: 4 DeviceSelectorNotMatched (gpu: driver dra.net != gpu.amd.com, ...), 1 ClusterNotReady (BackendReady is False: Installing), 1 UntoleratedTaint (taint dedicated=research:NoSchedule)

batch/nightly-eval: 1 of 1 replica short
  0 of 6 node pools: 4 DeviceSelectorNotMatched (gpu: driver dra.net != gpu.amd.com, ...), 1 ClusterNotReady (BackendReady is False: Installing), 1 UntoleratedTaint (taint dedicated=research:NoSchedule)

TIER             BEFORE       AFTER        UNIT
shortfall[100]   0            1            replicas
shortfall[-10]   0            1            replicas
evictions        1            0            replicas
price            480.896608   409.915358   $/h
stranded         59           57           devices

4 deployments change, 21 of 23 -> 19 of 23 replicas placed, 1 running replica moved, 1 running replica lost; price $480.896608/h -> $409.915358/h
""")


def test_one_more_node_places_what_was_short() -> None:
    """The fix that the plan proposes, asked about."""
    assert answer("add 1 node to gcp-iowa/h200") == snapshot("""\
DEPLOYMENT     WANTED   PLACED   SHORT    BEFORE   AFTER
code/glm-4.6   1        0 -> 1   1 -> 0   <none>   gcp-iowa x1

code/glm-4.6: no longer short of 1 replica; it was because of
  0 of 8 node pools: 5 ClusterSelectorNotMatched (label modelplane.ai/region is eu, us is selected, ...), 1 ClusterNotReady (BackendReady is False: Installing), 1 DeviceSelectorNotMatched (gpu: memory 81559Mi < 130Gi), 1 InsufficientFreeCapacity (gpu: 8 requested, 6 free on the best node, 6 in the pool)
  together these keep one more replica out:
    - node pool gcp-iowa/h200 has 6 devices left that would do, on 3 nodes, at most 6 on one; a pod needs 8 (InsufficientFreeCapacity)

TIER           BEFORE       AFTER        UNIT
shortfall[0]   2            1            replicas
price          480.896608   553.296608   $/h
stranded       59           67           devices

1 deployment changes, 21 of 23 -> 22 of 23 replicas placed; price $480.896608/h -> $553.296608/h
""")


def test_draining_a_node() -> None:
    assert answer("drain node aws-frankfurt/ip-10-2-0-11.eu-central-1.compute.internal") == snapshot("""\
DEPLOYMENT      WANTED   PLACED   SHORT   BEFORE                                              AFTER
chat/qwen3-8b   4        4        0       aws-frankfurt x2, aws-ohio x1, azure-amsterdam x1   aws-ohio x1, azure-amsterdam x1, gcp-iowa x1, nebius-helsinki x1

REPLICA                         FATE    TO                BECAUSE
chat/qwen3-8b@aws-frankfurt/0   Moved   gcp-iowa          NodeDrained: node aws-frankfurt/ip-10-2-0-11.eu-central-1.compute.internal is drained
chat/qwen3-8b@aws-frankfurt/1   Moved   nebius-helsinki   NodeDrained: node aws-frankfurt/ip-10-2-0-11.eu-central-1.compute.internal is drained

TIER       BEFORE       AFTER        UNIT
expected   2            3            pods
spread     23           22           pairs
locality   1            3            replicas
price      480.896608   489.001608   $/h
stranded   59           75           devices

1 deployment changes, 21 of 23 replicas placed, 2 running replicas moved; price $480.896608/h -> $489.001608/h
""")


def test_a_higher_priority_moves_somebody_else() -> None:
    assert answer("priority code/glm-4.6 to 200") == snapshot("""\
DEPLOYMENT              WANTED   PLACED   SHORT    BEFORE        AFTER
code/glm-4.6            1        0 -> 1   1 -> 0   <none>        gcp-iowa x1
vision/qwen2.5-vl-32b   1        1        0        gcp-iowa x1   azure-amsterdam x1

REPLICA                            FATE    TO                BECAUSE
vision/qwen2.5-vl-32b@gcp-iowa/0   Moved   azure-amsterdam   Preempted: code/glm-4.6 has priority 200, above 0, and takes its place

code/glm-4.6: no longer short of 1 replica; it was because of
  0 of 8 node pools: 5 ClusterSelectorNotMatched (label modelplane.ai/region is eu, us is selected, ...), 1 ClusterNotReady (BackendReady is False: Installing), 1 DeviceSelectorNotMatched (gpu: memory 81559Mi < 130Gi), 1 InsufficientFreeCapacity (gpu: 8 requested, 6 free on the best node, 6 in the pool)
  together these keep one more replica out:
    - node pool gcp-iowa/h200 has 6 devices left that would do, on 3 nodes, at most 6 on one; a pod needs 8 (InsufficientFreeCapacity)

TIER             BEFORE       AFTER        UNIT
shortfall[200]   <none>       0            replicas
shortfall[0]     2            1            replicas
evictions        1            2            replicas
price            480.896608   543.389108   $/h
stranded         59           51           devices

2 deployments change, 21 of 23 -> 22 of 23 replicas placed, 1 running replica moved; price $480.896608/h -> $543.389108/h
""")


def test_an_added_node_brings_partitions_with_counters_of_their_own() -> None:
    """Two halves of one GPU are free on a copy of a node whose GPUs are taken in parts."""
    deployments, *_ = answer("add 1 node to aws-virginia/h100-mig", SHARING).split("\n\n")

    assert deployments == snapshot("""\
DEPLOYMENT            WANTED   PLACED   SHORT    BEFORE   AFTER
research/two-halves   2        0 -> 2   2 -> 0   <none>   aws-virginia x2\
""")
