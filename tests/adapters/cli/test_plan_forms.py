"""What ``modelplane plan`` prints: the table, JSON and YAML."""

import json
from pathlib import Path

import yaml
from inline_snapshot import snapshot

from tests.adapters.cli.command import err, out, run
from tests.adapters.cli.fleets import a_fleet
from tests.scheduler.snapshot.manifests import (
    a_class,
    a_cluster,
    a_deployment,
    a_device,
    a_node,
    a_slice,
    changed,
    write,
)


def test_table(tmp_path: Path) -> None:
    """What a platform engineer reads: deployments, replicas, tiers, and why something is short."""
    result = run(a_fleet(tmp_path), "plan", "{}")

    assert 0 == result.exit_code
    assert out(result, tmp_path) == snapshot("""\
DEPLOYMENT   WANTED   PLACED   KEPT   NEW   SHORT   WHERE
ml/mistral   1        1        0      1     0       eu x1
ml/qwen      5        3        0      3     2       eu x3

REPLICA           CLUSTER   NODE POOL   NODE               PODS   DEVICES            ACTION
ml/mistral@eu/0   eu        gpu         gpu/1 (expected)   1      1 gpu.nvidia.com   create
ml/qwen@eu/0      eu        gpu         gpu/0              1      1 gpu.nvidia.com   create
ml/qwen@eu/1      eu        gpu         gpu/0              1      1 gpu.nvidia.com   create
ml/qwen@eu/2      eu        gpu         gpu/1 (expected)   1      1 gpu.nvidia.com   create

TIER        VALUE   BOUND   UNIT       OPTIMUM
shortfall   2       2       replicas   proven optimal
evictions   0       0       replicas   proven optimal
expected    2       2       pods       proven optimal
spread      3       3       pairs      proven optimal
distance    0       0       levels     proven optimal
locality    0       0       replicas   proven optimal
price       25.00   25.00   $/h        proven optimal
stranded    0       0       devices    proven optimal
canonical   6       6       rank       proven optimal
method: nodes (one model over single nodes)

ml/qwen: 2 of 5 replicas short
  0 of 1 node pool: 1 InsufficientFreeCapacity (gpu: 1 requested, 0 free on the best node, 0 in the pool)
  together these keep one more replica out:
    - node pool eu/gpu has no device left that would do, on 2 nodes; a pod needs 1 (InsufficientFreeCapacity)
  each of these would place one more replica:
    - add 1 node to node pool eu/gpu ($12.50 per hour) (AddNode)
""")
    assert err(result, tmp_path) == snapshot("""\
note: cluster eu is counted from its declared classes
note: cluster eu has no status and is assumed to be ready
""")


def test_wide_adds_pods_and_node_pools(tmp_path: Path) -> None:
    result = run(a_fleet(tmp_path), "plan", "{}", "-o", "wide")

    assert out(result, tmp_path) == snapshot("""\
DEPLOYMENT   WANTED   PLACED   KEPT   NEW   SHORT   WHERE
ml/mistral   1        1        0      1     0       eu x1
ml/qwen      5        3        0      3     2       eu x3

REPLICA           CLUSTER   NODE POOL   NODE               PODS   DEVICES            ACTION
ml/mistral@eu/0   eu        gpu         gpu/1 (expected)   1      1 gpu.nvidia.com   create
ml/qwen@eu/0      eu        gpu         gpu/0              1      1 gpu.nvidia.com   create
ml/qwen@eu/1      eu        gpu         gpu/0              1      1 gpu.nvidia.com   create
ml/qwen@eu/2      eu        gpu         gpu/1 (expected)   1      1 gpu.nvidia.com   create

REPLICA           ENGINE   COPY   ROLE         RANK   NODE POOL   NODE               ORDER   RELEASE     DEVICES
ml/mistral@eu/0   main     0      Standalone   0      gpu         gpu/1 (expected)   3       any order   gpu: 1 x gpu.nvidia.com
ml/qwen@eu/0      main     0      Standalone   0      gpu         gpu/0              1       any order   gpu: 1 x gpu.nvidia.com
ml/qwen@eu/1      main     0      Standalone   0      gpu         gpu/0              2       any order   gpu: 1 x gpu.nvidia.com
ml/qwen@eu/2      main     0      Standalone   0      gpu         gpu/1 (expected)   4       any order   gpu: 1 x gpu.nvidia.com

TIER        VALUE   BOUND   UNIT       OPTIMUM
shortfall   2       2       replicas   proven optimal
evictions   0       0       replicas   proven optimal
expected    2       2       pods       proven optimal
spread      3       3       pairs      proven optimal
distance    0       0       levels     proven optimal
locality    0       0       replicas   proven optimal
price       25.00   25.00   $/h        proven optimal
stranded    0       0       devices    proven optimal
canonical   6       6       rank       proven optimal
method: nodes (one model over single nodes)

ml/qwen: 2 of 5 replicas short
  0 of 1 node pool: 1 InsufficientFreeCapacity (gpu: 1 requested, 0 free on the best node, 0 in the pool)
    NODE POOL   REASON                     DETAIL
    eu/gpu      InsufficientFreeCapacity   gpu: 1 requested, 0 free on the best node, 0 in the pool
  together these keep one more replica out:
    - node pool eu/gpu has no device left that would do, on 2 nodes; a pod needs 1 (InsufficientFreeCapacity)
  each of these would place one more replica:
    - add 1 node to node pool eu/gpu ($12.50 per hour) (AddNode)
""")


def test_wide_counts_selector_errors_where_other_devices_matched(tmp_path: Path) -> None:
    """A device on which a selector fails is not hidden by those on which it does not."""
    devices = [a_device(), a_device("gpu-1", capacity={})]
    request = "spec.template.spec.engines.0.members.0.nodeSelector.devices.0.selectors.0.cel"
    big = 'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("1Gi")) >= 0'
    wanted = changed(a_deployment(), request, big)
    write(tmp_path, a_class(), a_cluster(), wanted, eu=[a_node(), a_slice(devices=devices)])
    result = run(tmp_path, "plan", "{}", "-o", "wide")

    assert out(result, tmp_path).split("\n\n")[-1] == snapshot("""\
DEPLOYMENT   ENGINE   REQUEST   NODE POOL   DEVICES   SELECTOR ERROR
ml/qwen      main     gpu       eu/gpu      1         no such key: memory
""")


def test_wide_counts_selector_errors_of_alternatives(tmp_path: Path) -> None:
    """Each by its own name: one that comes after an alternative that serves may be an error all the same."""
    small = {"name": "small", "selectors": [{"cel": "true"}]}
    big = 'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("1Gi")) >= 0'
    request = {"name": "gpu", "firstAvailable": [small, {"name": "big", "selectors": [{"cel": big}]}]}
    devices = "spec.template.spec.engines.0.members.0.nodeSelector.devices.0"
    wanted = changed(a_deployment(), devices, request)
    published = [a_device(capacity={}), a_device("gpu-1")]
    write(tmp_path, a_class(), a_cluster(), wanted, eu=[a_node(), a_slice(devices=published)])
    result = run(tmp_path, "plan", "{}", "-o", "wide")

    assert out(result, tmp_path).split("\n\n")[-1] == snapshot("""\
DEPLOYMENT   ENGINE   REQUEST   NODE POOL   DEVICES   SELECTOR ERROR
ml/qwen      main     gpu/big   eu/gpu      1         no such key: memory
""")


def test_what_the_allocator_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    """First fit comes to the device on which the selector fails before it comes to the one that matches."""
    devices = [a_device(capacity={}), a_device("gpu-1")]
    request = "spec.template.spec.engines.0.members.0.nodeSelector.devices.0.selectors.0.cel"
    big = 'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("1Gi")) >= 0'
    wanted = changed(a_deployment(), request, big)
    write(tmp_path, a_class(), a_cluster(), wanted, eu=[a_node(), a_slice(devices=devices)])
    planned = run(tmp_path, "plan", "{}", "-o", "wide")
    explained = run(tmp_path, "explain", "{}", "ml/qwen")

    assert out(planned, tmp_path).split("\n\n")[-2:] == snapshot(
        [
            """\
ml/qwen: 1 of 1 replica short
  0 of 1 node pool: 1 RefusedByAllocator (request gpu: device gpu.nvidia.com/n1/gpu-0: selector 0: runtime error: no such key: memory)
    NODE POOL   REASON               DETAIL
    eu/gpu      RefusedByAllocator   request gpu: device gpu.nvidia.com/n1/gpu-0: selector 0: runtime error: no such key: memory\
""",
            """\
DEPLOYMENT   ENGINE   REQUEST   NODE POOL   DEVICES   SELECTOR ERROR
ml/qwen      main     gpu       eu/gpu      1         no such key: memory
""",
        ]
    )
    assert out(explained, tmp_path).split("\n\n")[-2:] == snapshot(
        [
            """\
CLUSTER   NODE POOL   REPLICAS   VERDICT              DETAIL
eu        gpu         0          RefusedByAllocator   request gpu: device gpu.nvidia.com/n1/gpu-0: selector 0: runtime error: no such key: memory\
""",
            """\
ml/qwen: 1 of 1 replica short
  0 of 1 node pool: 1 RefusedByAllocator (request gpu: device gpu.nvidia.com/n1/gpu-0: selector 0: runtime error: no such key: memory)
""",
        ]
    )


def test_json_is_the_message_of_the_contract(tmp_path: Path) -> None:
    decision = json.loads(run(a_fleet(tmp_path), "plan", "{}", "-o", "json").stdout)

    assert list(decision) == snapshot(
        [
            "keeps",
            "creates",
            "evicts",
            "repairs",
            "shortfalls",
            "rejections",
            "conflicts",
            "fixes",
            "tiers",
            "path",
            "notes",
            "record",
        ]
    )
    assert decision["creates"][0] == snapshot(
        {
            "namespace": "ml",
            "deployment": "mistral",
            "index": 0,
            "cluster": "eu",
            "slots": [
                {
                    "engine": "main",
                    "copy": 0,
                    "role": "Standalone",
                    "rank": 0,
                    "nodePool": "gpu",
                    "node": "gpu/1",
                    "expected": True,
                    "order": 3,
                    "devices": [
                        {
                            "request": "gpu",
                            "driver": "gpu.nvidia.com",
                            "deviceClass": "gpu.nvidia.com",
                            "count": "1",
                            "signature": "gpu.nvidia.com",
                            "adminAccess": False,
                            "consumed": {},
                        }
                    ],
                    "assumed": False,
                    "release": "any order",
                }
            ],
        }
    )
    assert decision["shortfalls"] == snapshot(
        [{"namespace": "ml", "deployment": "qwen", "wanted": "5", "missing": "2"}]
    )
    assert decision["notes"] == snapshot(
        [
            "cluster eu is counted from its declared classes",
            "cluster eu has no status and is assumed to be ready",
        ]
    )


def test_yaml_says_what_json_says(tmp_path: Path) -> None:
    a_fleet(tmp_path)
    as_yaml = yaml.safe_load(run(tmp_path, "plan", "{}", "-o", "yaml").stdout)

    assert json.loads(run(tmp_path, "plan", "{}", "-o", "json").stdout) == as_yaml
