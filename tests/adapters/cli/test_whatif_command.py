"""What ``modelplane whatif`` prints for small fleets: tables, JSON, exit status and errors."""

import json
from pathlib import Path

import pytest
import yaml
from inline_snapshot import snapshot

from scheduler.snapshot import read
from simulations.what_if import changed as changed_problem
from solver.domain.change import ApplyDeployment
from solver.place import place
from tests.adapters.cli.command import err, out, run
from tests.scheduler.snapshot.manifests import a_class, a_cluster, a_deployment, a_replica, changed, write


def a_running_fleet(folder: Path) -> Path:
    """qwen runs on eu, its second replica is planned for us; both clusters have one node with two GPUs."""
    slot = {"engine": "main", "copy": 0, "role": "Standalone", "rank": 0, "nodePool": "gpu", "node": "gpu/0"}
    write(
        folder / "fleet",
        a_class(),
        a_cluster("eu", pricePerNodeHour="10"),
        a_cluster("us", pricePerNodeHour="12.50"),
        a_deployment("qwen", replicas=2),
        a_replica("qwen-eu", plan=[slot]),
    )
    return folder


def asked(folder: Path, *arguments: str) -> tuple[int, str]:
    result = run(a_running_fleet(folder), "whatif", "{}/fleet", *arguments)
    return result.exit_code, out(result, folder)


def test_what_changes_comes_first_then_tiers_then_a_summary(tmp_path: Path) -> None:
    assert asked(tmp_path, "--change", "lose cluster eu") == snapshot(
        (
            0,
            """\
DEPLOYMENT   WANTED   PLACED   SHORT   BEFORE         AFTER
ml/qwen      2        2        0       eu x1, us x1   us x2

REPLICA        FATE    TO   BECAUSE
ml/qwen@eu/0   Moved   us   ClusterLost: cluster eu is lost

TIER       BEFORE   AFTER   UNIT
spread     0        1       pairs
price      11.25    12.50   $/h
stranded   2        0       devices

1 deployment changes, 2 of 2 replicas placed, 1 running replica moved; price $11.25/h -> $12.50/h
""",
        )
    )


def test_a_shortfall_says_why_and_what_would_help(tmp_path: Path) -> None:
    """The same text as in a plan; a node more and there is none."""
    short = ["--change", "lose cluster eu", "--change", "scale ml/qwen to 3"]
    status, text = asked(tmp_path, *short)
    assert 0 == status
    assert text.split("\n\n")[2] == snapshot("""\
ml/qwen: 1 of 3 replicas short
  0 of 1 node pool: 1 InsufficientFreeCapacity (gpu: 1 requested, 0 free on the best node, 0 in the pool)
  together these keep one more replica out:
    - node pool us/gpu has no device left that would do, on 1 node; a pod needs 1 (InsufficientFreeCapacity)
  each of these would place one more replica:
    - add 1 node to node pool us/gpu ($12.50 per hour) (AddNode)\
""")

    more = [*short, "--change", "add 1 node to us/gpu"]
    assert "replica short" not in asked(tmp_path, *more)[1]


def test_a_shortfall_that_vanishes_says_why_it_was_one(tmp_path: Path) -> None:
    folder = a_running_fleet(tmp_path)
    write(folder / "more", a_deployment("big", replicas=3))
    result = run(folder, "whatif", "{}/fleet", "{}/more", "--change", "remove ml/qwen")

    assert out(result, folder) == snapshot("""\
DEPLOYMENT   WANTED   PLACED   SHORT    BEFORE         AFTER
ml/big       3        2 -> 3   1 -> 0   eu x1, us x1   eu x2, us x1
ml/qwen      2 -> 0   2 -> 0   0        eu x1, us x1   <none>

REPLICA        FATE   TO       BECAUSE
ml/qwen@eu/0   Lost   <none>   DeploymentRemoved: deployment ml/qwen is removed

ml/big: no longer short of 1 replica; it was because of
  0 of 2 node pools: 2 InsufficientFreeCapacity (gpu: 1 requested, 0 free on the best node, 0 in the pool)
  together these keep one more replica out:
    - node pool eu/gpu has no device left that would do, on 1 node; a pod needs 1 (InsufficientFreeCapacity)
    - node pool us/gpu has no device left that would do, on 1 node; a pod needs 1 (InsufficientFreeCapacity)

TIER        BEFORE   AFTER   UNIT
shortfall   1        0       replicas
spread      0        1       pairs
price       22.50    16.25   $/h
stranded    0        1       devices

2 deployments change, 4 of 5 -> 3 of 3 replicas placed, 1 running replica lost; price $22.50/h -> $16.25/h
""")


def test_nothing_that_changes_is_said_in_one_line(tmp_path: Path) -> None:
    assert asked(tmp_path, "--change", "scale ml/qwen to 2") == snapshot(
        (0, "no deployment changes, 2 of 2 replicas placed; price $11.25/h\n")
    )


def test_node_pools_are_named_where_only_they_change(tmp_path: Path) -> None:
    cluster = a_cluster("eu", pricePerNodeHour="10")
    pool = cluster["spec"]["nodePools"][0]
    two = changed(cluster, "spec.nodePools", [pool, pool | {"name": "other"}])
    write(tmp_path, a_class(), two, a_deployment())
    result = run(tmp_path, "whatif", "{}", "--change", "price eu/gpu to 20")

    assert out(result, tmp_path).split("\n\n")[0] == snapshot("""\
DEPLOYMENT   WANTED   PLACED   SHORT   BEFORE      AFTER
ml/qwen      1        1        0       eu/gpu x1   eu/other x1\
""")


def test_wide_shows_all_tiers(tmp_path: Path) -> None:
    _, text = asked(tmp_path, "--change", "lose cluster eu", "-o", "wide")

    assert text.split("\n\n")[-2] == snapshot("""\
TIER        BEFORE   AFTER   UNIT
shortfall   0        0       replicas
evictions   0        0       replicas
expected    0        0       pods
spread      0        1       pairs
distance    0        0       levels
locality    0        0       replicas
price       11.25    12.50   $/h
stranded    2        0       devices
canonical   3        2       rank\
""")


def test_json_and_yaml_are_the_same_message(tmp_path: Path) -> None:
    arguments = ["--change", "drain node eu/gpu/0", "-o"]
    _, as_json = asked(tmp_path, *arguments, "json")
    _, as_yaml = asked(tmp_path, *arguments, "yaml")

    assert json.loads(as_json) == yaml.safe_load(as_yaml)
    assert json.loads(as_json)["deployments"] == snapshot(
        [
            {
                "namespace": "ml",
                "deployment": "qwen",
                "before": {
                    "wanted": "2",
                    "placed": "2",
                    "where": [
                        {"cluster": "eu", "nodePools": ["gpu"], "replicas": "1"},
                        {"cluster": "us", "nodePools": ["gpu"], "replicas": "1"},
                    ],
                },
                "after": {
                    "wanted": "2",
                    "placed": "2",
                    "where": [{"cluster": "us", "nodePools": ["gpu"], "replicas": "2"}],
                },
                "replicas": [
                    {
                        "index": 0,
                        "cluster": "eu",
                        "name": "qwen-eu",
                        "fate": "Moved",
                        "reason": "NodeDrained",
                        "because": "node eu/gpu/0 is drained",
                        "toCluster": "us",
                    }
                ],
            }
        ]
    )


def test_a_file_adds_and_edits_deployments(tmp_path: Path) -> None:
    """Like kubectl apply: what is there is replaced, what is not is added."""
    write(tmp_path / "new", a_deployment("qwen", replicas=1), a_deployment("mistral", replicas=2))
    status, text = asked(tmp_path, "--change", f"apply {tmp_path}/new/control.yaml")

    assert 0 == status
    assert text.split("\n\n")[:2] == snapshot(
        [
            """\
DEPLOYMENT   WANTED   PLACED   SHORT   BEFORE         AFTER
ml/mistral   0 -> 2   0 -> 2   0       <none>         eu x1, us x1
ml/qwen      2 -> 1   2 -> 1   0       eu x1, us x1   eu x1\
""",
            """\
TIER       BEFORE   AFTER   UNIT
price      11.25    16.25   $/h
stranded   2        1       devices\
""",
        ]
    )


def test_a_manifest_means_the_same_in_a_change_as_in_the_input(tmp_path: Path) -> None:
    """Replicas that run without their deployment become its own in both."""
    write(tmp_path / "fleet", a_class(), a_cluster("eu", nodeCount=3), a_replica("qwen-eu"))
    write(tmp_path / "new", a_deployment("qwen", replicas=3))
    with_it = read([tmp_path / "fleet", tmp_path / "new"]).problem
    without = read([tmp_path / "fleet"]).problem
    applied = changed_problem(without, [ApplyDeployment(deployment=with_it.deployments[0])])

    assert with_it.replicas == applied.replicas
    assert repr(place(with_it)) == repr(place(applied))

    result = run(tmp_path, "whatif", "{}/fleet", "--change", f"apply {tmp_path}/new")
    assert "1 -> 3" in result.stdout
    assert "no ModelDeployment was read, so nothing is wanted without the changes" in result.stderr


def test_fail_on_shortfall_is_about_more_than_before(tmp_path: Path) -> None:
    """A fleet that is short already can still be asked whether a drain makes it worse."""
    short = ["--change", "lose cluster eu", "--change", "scale ml/qwen to 3"]
    assert 1 == asked(tmp_path, *short, "--fail-on-shortfall")[0]
    assert 0 == asked(tmp_path, *short)[0]
    assert 0 == asked(tmp_path, "--change", "lose cluster eu", "--fail-on-shortfall")[0]


def test_notes_of_both_plans_are_told(tmp_path: Path) -> None:
    """Once, and those that only the changes bring with the word so."""
    result = run(a_running_fleet(tmp_path), "whatif", "{}/fleet", "--change", "add 1 node to eu/gpu")

    assert err(result, tmp_path) == snapshot("""\
note: cluster eu is counted from its declared classes
note: cluster us is counted from its declared classes
note: cluster eu has no status and is assumed to be ready
note: cluster us has no status and is assumed to be ready
""")


BAD = [
    ("lose cluster ue", "found 'ue', expected the name of a cluster"),
    (
        "drain node eu/gpu/7",
        "found 'eu/gpu/7', expected CLUSTER/NODE of a node that hosts replicas (nearest: eu/gpu/0)",
    ),
    ("scale ml/qwn to 1", "found 'ml/qwn', expected NAMESPACE/NAME of a deployment (nearest: ml/qwen)"),
    ("scale ml/qwen to -1", "found -1, expected a number from 0 to 2147483647"),
    ("add 0 nodes to eu/gpu", "found 0, expected a number from 1 to 10000"),
]


@pytest.mark.parametrize(("change", "complaint"), BAD)
def test_a_change_that_names_nothing_known_is_an_error_and_no_answer(
    tmp_path: Path, change: str, complaint: str
) -> None:
    result = run(a_running_fleet(tmp_path), "whatif", "{}/fleet", "--change", change)

    assert (1, "") == (result.exit_code, result.stdout)
    assert f"error: --change '{change}': {complaint}" == result.stderr.splitlines()[-1]


@pytest.mark.parametrize("arguments", [[], ["--change", "lose it all"], ["--change", ""]])
def test_a_change_that_is_none_is_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    """It is told before anything is read."""
    result = run(tmp_path, "whatif", "{}/nowhere", *arguments)

    assert (2, "") == (result.exit_code, result.stdout)
    assert "'--change'" in result.stderr
    assert "nowhere" not in result.stderr


def test_a_file_without_valid_deployments_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "cluster", a_cluster())
    write(tmp_path / "broken", changed(a_deployment(), "spec.replicas", "two"))
    (tmp_path / "empty.yaml").write_text("")
    said = []
    for file in ("cluster/control.yaml", "broken/control.yaml", "empty.yaml", "absent.yaml"):
        result = run(a_running_fleet(tmp_path), "whatif", "{}/fleet", "--change", f"apply {tmp_path}/{file}")
        assert (1, "") == (result.exit_code, result.stdout)
        said += [line for line in err(result, tmp_path).splitlines() if line.startswith("error")]

    assert said == snapshot(
        [
            "error: --change 'apply cluster/control.yaml': found InferenceCluster, expected only ModelDeployments",
            "error: broken/control.yaml document 1: ModelDeployment ml/qwen: spec.replicas: found 'two', expected an integer",
            "error: --change 'apply broken/control.yaml': the file has errors, expected valid ModelDeployments",
            "error: empty.yaml: found an empty file, expected manifests",
            "error: --change 'apply empty.yaml': the file has errors, expected valid ModelDeployments",
            "error: absent.yaml: no such file or folder, expected a path to manifests",
            "error: --change 'apply absent.yaml': the file has errors, expected valid ModelDeployments",
        ]
    )


def test_invalid_input_is_answered_as_far_as_it_goes(tmp_path: Path) -> None:
    """As a plan is: what can be read is planned, and the exit status says that there was more."""
    folder = a_running_fleet(tmp_path)
    write(folder / "broken", changed(a_deployment("broken"), "spec.replicas", "two"))
    result = run(folder, "whatif", "{}/fleet", "{}/broken", "--change", "lose cluster eu")

    assert 1 == result.exit_code
    assert result.stdout.startswith("DEPLOYMENT")
