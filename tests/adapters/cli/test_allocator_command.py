import gzip
import json
from pathlib import Path

from tests.adapters.cli.command import err, run

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


def test_an_unreadable_version_is_a_mistake_of_usage(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text("")

    result = run(tmp_path, "allocator", "cases", "--kubernetes-version", "new", "{}/cases.jsonl")

    assert 2 == result.exit_code


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    result = run(tmp_path, "allocator", "cases", "{}/none.jsonl")

    assert 1 == result.exit_code
    assert "No such file" in err(result, tmp_path)
