import gzip
import json
from pathlib import Path

import pytest

from tests.adapters.cli.command import err, run
from tests.scheduler.snapshot.manifests import changed

CASE = {
    "name": "one",
    "features": [],
    "claims": [
        {
            "metadata": {"name": "c"},
            "spec": {
                "devices": {
                    "requests": [
                        {
                            "name": "r",
                            "exactly": {"deviceClassName": "any", "allocationMode": "ExactCount", "count": 1},
                        }
                    ]
                }
            },
        }
    ],
    "classes": [{"metadata": {"name": "any"}, "spec": {}}],
    "slices": [
        {
            "metadata": {"name": "s"},
            "spec": {
                "driver": "gpu",
                "nodeName": "n",
                "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
                "devices": [{"name": "d"}],
            },
        }
    ],
    "node": {"metadata": {"name": "n"}},
}
ALLOCATION = {
    "devices": {"results": [{"request": "r", "driver": "gpu", "pool": "p", "device": "d"}]},
    "nodeSelector": {
        "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]}]
    },
}


def test_flat_and_nested_cases_give_a_line_each(tmp_path: Path) -> None:
    held = {**CASE, "name": "held", "allocatedDevices": [{"driver": "gpu", "pool": "p", "device": "d"}]}
    lines = [json.dumps(CASE), "", json.dumps({"input": held})]
    (tmp_path / "cases.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))

    result = run(tmp_path, "allocator", "cases", "{}/cases.jsonl.gz")

    assert 0 == result.exit_code
    assert [
        {"name": "one", "outcome": "allocated", "results": [ALLOCATION], "message": ""},
        {
            "name": "held",
            "outcome": "none",
            "results": [],
            "message": "nothing that is free satisfies the claims",
        },
    ] == [json.loads(line) for line in result.stdout.splitlines()]


def test_a_line_that_is_no_case_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = ["nonsense", "[]", "{}", json.dumps(CASE)]
    (tmp_path / "cases.jsonl").write_text("\n".join(lines))

    result = run(tmp_path, "allocator", "cases", "{}/cases.jsonl")

    assert 1 == result.exit_code
    assert 1 == len(result.stdout.splitlines())
    assert 3 == len(err(result, tmp_path).splitlines())
    assert "line 3: claims: found nothing, expected a list" in err(result, tmp_path)


def test_both_layers_and_every_release_answer(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text(json.dumps(CASE))
    for version in ("1.34", "1.35", "v1.36.2-gke.1", "1.37"):
        for layer in ("replay", "feasible"):
            options = ("--kubernetes-version", version, "--layer", layer)
            result = run(tmp_path, "allocator", "cases", *options, "{}/cases.jsonl")
            assert [ALLOCATION] == json.loads(result.stdout)["results"]


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    result = run(tmp_path, "allocator", "cases", "{}/none.jsonl")

    assert 1 == result.exit_code
    assert "No such file" in err(result, tmp_path)


REQUESTS = "claims.0.spec.devices.requests"
EXACTLY = f"{REQUESTS}.0.exactly"
DEVICE = "slices.0.spec.devices.0"
#: A field, a value of the wrong type, and what is told.
WRONG_TYPES: list[tuple[str, object, str]] = [
    (REQUESTS, "abc", "claims[0].spec.devices.requests: found 'abc', expected a list"),
    ("claims", {"a": 1}, "claims: found an object, expected a list"),
    ("claims.0", "abc", "claims[0]: found 'abc', expected an object"),
    ("claims.0.spec.devices", [], "claims[0].spec.devices: found a list, expected an object"),
    ("claims.0.spec.devices.constraints", "abc", "claims[0].spec.devices.constraints: found 'abc', expected a list"),
    (f"{REQUESTS}.0.name", 5, "claims[0].spec.devices.requests[0].name: found 5, expected text"),
    (f"{EXACTLY}.count", "2", "claims[0].spec.devices.requests[0].exactly.count: found '2', expected an integer"),
    (f"{EXACTLY}.count", 1.5, "claims[0].spec.devices.requests[0].exactly.count: found 1.5, expected an integer"),
    (f"{EXACTLY}.count", True, "claims[0].spec.devices.requests[0].exactly.count: found true, expected an integer"),
    (f"{EXACTLY}.adminAccess", "yes",
     "claims[0].spec.devices.requests[0].exactly.adminAccess: found 'yes', expected true or false"),
    (f"{EXACTLY}.selectors", {"cel": {}},
     "claims[0].spec.devices.requests[0].exactly.selectors: found an object, expected a list"),
    (f"{EXACTLY}.capacity", {"requests": {"memory": "1Gx"}},
     ("claims[0].spec.devices.requests[0].exactly.capacity.requests[memory]: "
     "found '1Gx', expected a quantity such as 80Gi")),
    ("classes.0.spec.selectors", 3, "classes[0].spec.selectors: found 3, expected a list"),
    ("slices.0.spec.devices", "abc", "slices[0].spec.devices: found 'abc', expected a list"),
    (DEVICE, "d", "slices[0].spec.devices[0]: found 'd', expected an object"),
    ("slices.0.spec.pool.generation", "1", "slices[0].spec.pool.generation: found '1', expected an integer"),
    ("slices.0.spec.allNodes", "true", "slices[0].spec.allNodes: found 'true', expected true or false"),
    (f"{DEVICE}.attributes", {"a": {"int": "1"}},
     "slices[0].spec.devices[0].attributes[a].int: found '1', expected an integer"),
    (f"{DEVICE}.capacity", {"memory": {"value": "1Gx"}},
     "slices[0].spec.devices[0].capacity[memory].value: found '1Gx', expected a quantity such as 80Gi"),
    (f"{DEVICE}.capacity", {"memory": {"value": "1", "requestPolicy": {"validRange": {"step": []}}}},
     ("slices[0].spec.devices[0].capacity[memory].requestPolicy.validRange.step: "
     "found a list, expected a quantity such as 80Gi")),
    (f"{DEVICE}.consumesCounters", [{"counterSet": "s", "counters": {"c": {"value": "x"}}}],
     "slices[0].spec.devices[0].consumesCounters[0].counters[c].value: found 'x', expected a quantity such as 80Gi"),
    ("node", "n", "node: found 'n', expected an object"),
    ("features", [5], "features[0]: found 5, expected text"),
    ("allocatedDevices", [5], "allocatedDevices[0]: found 5, expected an object"),
    ("allocatedDevices", ["gpu/d"], "allocatedDevices[0]: found 'gpu/d', expected driver, pool and device"),
    ("input", 5, "input: found 5, expected an object"),
    ("input", CASE | {"classes": 1}, "input.classes: found 1, expected a list"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), WRONG_TYPES)
def test_a_field_of_the_wrong_type_is_told_and_not_answered(
    tmp_path: Path, path: str, value: object, message: str
) -> None:
    """A request that nobody can read must not pass for one that asks for nothing."""
    (tmp_path / "cases.jsonl").write_text(json.dumps(changed(CASE, path, value)))

    result = run(tmp_path, "allocator", "cases", "{}/cases.jsonl")

    assert (1, "") == (result.exit_code, result.stdout)
    assert f"error: cases.jsonl: line 1: {message}\n" == err(result, tmp_path)


def test_amounts_may_be_numbers(tmp_path: Path) -> None:
    """As YAML has them."""
    case = changed(CASE, f"{DEVICE}.capacity", {"memory": 5, "cores": {"value": 2.5}})
    (tmp_path / "cases.jsonl").write_text(json.dumps(case))

    assert [ALLOCATION] == json.loads(run(tmp_path, "allocator", "cases", "{}/cases.jsonl").stdout)["results"]


@pytest.mark.parametrize("path", [EXACTLY + ".selectors", DEVICE + ".taints", "allocatedDevices", "features"])
def test_null_counts_as_absent(tmp_path: Path, path: str) -> None:
    """As recorded cases have it."""
    (tmp_path / "cases.jsonl").write_text(json.dumps(changed(CASE, path, None)))

    result = run(tmp_path, "allocator", "cases", "{}/cases.jsonl")

    assert [ALLOCATION] == json.loads(result.stdout)["results"]


@pytest.mark.parametrize("version", ["1.20", "1.33", "1.38", "1.99", "1.35abc", "1", "2.35", "new", ""])
def test_a_release_that_is_not_known_is_a_mistake_of_usage(tmp_path: Path, version: str) -> None:
    """The nearest known release has other bugs, so its answer would be passed off for that of another."""
    (tmp_path / "cases.jsonl").write_text(json.dumps(CASE))

    result = run(tmp_path, "allocator", "cases", "--kubernetes-version", version, "{}/cases.jsonl")

    assert (2, "") == (result.exit_code, result.stdout)
    said = " ".join(err(result, tmp_path).split())
    assert f"found '{version}', expected a release from 1.34 to 1.37, such as 1.35 or v1.36.2" in said


@pytest.mark.parametrize("text", [json.dumps(CASE, indent=2), f"\n{json.dumps([CASE, CASE], indent=1)}"])
def test_json_that_is_not_in_lines_is_one_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "cases.jsonl").write_text(text)

    result = run(tmp_path, "allocator", "cases", "{}/cases.jsonl")

    lines = len(text.strip().splitlines())
    expected = f"found JSON that goes on over {lines} lines, expected one JSON object per line"
    assert (1, "") == (result.exit_code, result.stdout)
    assert f"error: cases.jsonl: {expected}\n" == err(result, tmp_path)


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_file_without_cases_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "cases.jsonl").write_text(text)

    result = run(tmp_path, "allocator", "cases", "{}/cases.jsonl")

    assert 1 == result.exit_code
    assert "error: cases.jsonl: found no case, expected one JSON object per line\n" == err(result, tmp_path)
