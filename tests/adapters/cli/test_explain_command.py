import json
from pathlib import Path

from inline_snapshot import snapshot

from tests.adapters.cli.command import err, out, run
from tests.scheduler.snapshot.manifests import a_class, a_cluster, a_deployment, changed, write

SELECTOR = "spec.template.spec.engines.0.members.0.nodeSelector.devices.0.selectors.0.cel"
BIG = 'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("141Gi")) >= 0'


def a_fleet(folder: Path) -> Path:
    """Three clusters, one of them with another device; one deployment fits nowhere."""
    write(
        folder,
        a_class(),
        a_class("cpu", driver="cpu.example.com", deviceClassName="cpu.example.com"),
        a_cluster("eu"),
        a_cluster("us", className="cpu"),
        a_cluster("asia", status={"conditions": [{"type": "Ready", "status": "False"}]}),
        a_deployment("qwen"),
        changed(a_deployment("big"), SELECTOR, BIG),
    )
    return folder


def test_a_deployment_that_fits_nowhere(tmp_path: Path) -> None:
    result = run(a_fleet(tmp_path), "explain", "{}", "ml/big")

    assert 0 == result.exit_code
    assert out(result, tmp_path) == snapshot("""\
Deployment:         ml/big
Replicas:           1 wanted, 0 placed, 1 short
Placed:             0 kept, 0 new, 0 evicted
Priority:           0
Serving mode:       Unified
Cluster selector:   <any>

ENGINE   COPIES   ROLE         PODS   REQUEST   COUNT   SELECTORS
main     1        Standalone   1      gpu       1       device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("141Gi")) >= 0

CLUSTER   NODE POOL   REPLICAS   VERDICT                    DETAIL
asia      gpu         0          ClusterNotReady            Ready is False
eu        gpu         0          DeviceSelectorNotMatched   gpu: memory 80Gi < 141Gi
us        gpu         0          DeviceSelectorNotMatched   gpu: no capacity gpu.nvidia.com/memory

ml/big: 1 of 1 replica short
  0 of 3 node pools: 2 DeviceSelectorNotMatched (gpu: memory 80Gi < 141Gi, ...), 1 ClusterNotReady (Ready is False)
  each of these would place one more replica:
    - drop `device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("141Gi")) >= 0` from request gpu of engine main: in node pool eu/gpu memory 80Gi < 141Gi (RelaxSelector)
""")


def test_a_deployment_that_is_placed(tmp_path: Path) -> None:
    """Every node pool has a verdict even if nothing is short."""
    result = run(a_fleet(tmp_path), "explain", "{}", "ml/qwen", "-o", "wide")

    assert out(result, tmp_path) == snapshot("""\
Deployment:         ml/qwen
Replicas:           1 wanted, 1 placed, 0 short
Placed:             0 kept, 1 new, 0 evicted
Priority:           0
Serving mode:       Unified
Cluster selector:   <any>

ENGINE   COPIES   ROLE         PODS   REQUEST   COUNT   SELECTORS
main     1        Standalone   1      gpu       1       true

REPLICA        CLUSTER   NODE POOL   NODE    PODS   DEVICES            ACTION
ml/qwen@eu/0   eu        gpu         gpu/0   1      1 gpu.nvidia.com   create

REPLICA        ENGINE   COPY   ROLE         RANK   NODE POOL   NODE    ORDER   RELEASE     DEVICES
ml/qwen@eu/0   main     0      Standalone   0      gpu         gpu/0   1       any order   gpu: 1 x gpu.nvidia.com

REPLICA        ENGINE   COPY   ROLE         RANK   NODE    REQUEST   DEVICE          STATE
ml/qwen@eu/0   main     0      Standalone   0      gpu/0   gpu       <declared> x1   chosen

CLUSTER   NODE POOL   REPLICAS   VERDICT           DETAIL
asia      gpu         0          ClusterNotReady   Ready is False
eu        gpu         1          eligible
us        gpu         0          eligible

TIER        VALUE   BOUND   UNIT            OPTIMUM
shortfall   1       1       replicas        proven optimal
evictions   0       0       replicas        proven optimal
expected    0       0       pods            proven optimal
spread      0       0       pairs           proven optimal
distance    0       0       levels          proven optimal
locality    0       0       replicas        proven optimal
price       80Gi    80Gi    device memory   proven optimal
stranded    1       1       devices         proven optimal
canonical   2       2       rank            proven optimal
method: nodes (one model over single nodes)
""")
    assert err(result, tmp_path) == snapshot("""\
note: cluster asia is counted from its declared classes
note: cluster eu is counted from its declared classes
note: cluster us is counted from its declared classes
note: cluster eu has no status and is assumed to be ready
note: cluster us has no status and is assumed to be ready
""")


def test_json_has_only_what_is_about_the_deployment(tmp_path: Path) -> None:
    decision = json.loads(run(a_fleet(tmp_path), "explain", "{}", "ml/qwen", "-o", "json").stdout)

    assert ["qwen"] == [create["deployment"] for create in decision["creates"]]
    assert [] == decision["shortfalls"]
    assert decision["rejections"] == snapshot(
        [
            {
                "namespace": "ml",
                "deployment": "qwen",
                "nodePools": "3",
                "rejected": [
                    {
                        "cluster": "asia",
                        "nodePool": "gpu",
                        "reason": "ClusterNotReady",
                        "detail": "Ready is False",
                    }
                ],
                "general": [],
            }
        ]
    )


def test_an_unknown_deployment_names_the_nearest(tmp_path: Path) -> None:
    result = run(a_fleet(tmp_path), "explain", "{}", "ml/qwem")

    assert 1 == result.exit_code
    assert "" == result.stdout
    assert err(result, tmp_path) == snapshot(
        "error: found no ModelDeployment ml/qwem, expected one of those that were read (nearest: ml/qwen)\n"
    )


def test_a_deployment_that_is_not_valid_is_said_to_be_so(tmp_path: Path) -> None:
    write(tmp_path, a_class(), a_cluster(), changed(a_deployment("bad"), "spec.replicas", -1))
    result = run(tmp_path, "explain", "{}", "ml/bad")

    assert 1 == result.exit_code
    assert err(result, tmp_path) == snapshot("""\
error: control.yaml document 3: ModelDeployment ml/bad: spec.replicas: found -1, expected at least 0
warning: 1 error; everything else in the input is planned
error: ModelDeployment ml/bad was read and is not valid, see above
""")


def test_a_name_without_namespace_is_a_usage_error(tmp_path: Path) -> None:
    result = run(a_fleet(tmp_path), "explain", "{}", "qwen")

    assert 2 == result.exit_code
    assert "expected NAMESPACE/NAME of a ModelDeployment" in result.stderr
