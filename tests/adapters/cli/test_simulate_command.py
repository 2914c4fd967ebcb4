"""What ``modelplane simulate fleet`` does: a snapshot that reads back as the same problem, and errors."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from adapters.cli.simulate_files import write_snapshot
from scheduler.snapshot import read
from simulations.fleets import FleetSpec, generate
from solver.domain.problem import Problem
from solver.place import place
from tests.adapters.cli.command import err, out, run
from tests.simulations.fleets.specs import a_spec


def written(problem: Problem, folder: Path) -> Problem:
    """What is read of *problem* after it was written to *folder*; nothing may be wrong with it."""
    write_snapshot(problem, folder, tell=lambda _: None)
    reading = read([folder])
    assert () == reading.findings
    assert 0 == len(reading.loose_devices.table)
    return reading.problem


def assert_same(problem: Problem, again: Problem) -> None:
    """Field by field, as the columns of the devices are arrays."""
    assert problem.deployments == again.deployments
    assert problem.replicas == again.replicas
    assert problem.policy == again.policy
    assert problem.caches == again.caches
    assert problem.knows_clusters == again.knows_clusters
    assert problem.fleet.clusters == again.fleet.clusters
    assert problem.fleet.node_pools == again.fleet.node_pools
    assert problem.fleet.nodes == again.fleet.nodes
    made, found = problem.fleet.devices, again.fleet.devices
    assert made.names == found.names
    assert made.resource_pools == found.resource_pools
    assert made.slices == found.slices
    assert made.starts.tolist() == found.starts.tolist()
    assert made.withheld.tolist() == found.withheld.tolist()
    assert made.in_use.tolist() == found.in_use.tolist()
    assert [made.device(row) for row in range(len(made))] == [found.device(row) for row in range(len(found))]


@pytest.mark.parametrize("seed", range(3))
def test_a_written_fleet_is_read_back_as_the_same_problem(tmp_path: Path, seed: int) -> None:
    """Gangs, pairs, NICs, blocks, drained clusters, lost nodes, edits and quotas, in files for people."""
    problem = generate(a_spec(seed=seed))

    assert_same(problem, written(problem, tmp_path))


def test_a_large_fleet_is_compressed_and_read_back(tmp_path: Path) -> None:
    """Above 100 nodes nobody reads the files, and they would be ten times as large."""
    problem = generate(a_spec(nodes=101, fabrics=15, replicas=300))

    assert_same(problem, written(problem, tmp_path))
    assert {".gz"} == {path.suffix for path in tmp_path.rglob("*") if path.is_file()}


def test_a_written_fleet_is_planned_like_the_one_in_memory(tmp_path: Path) -> None:
    """The decision is the same to the last slot."""
    problem = generate(FleetSpec.of_clusters(2, seed=3))

    assert place(problem) == place(written(problem, tmp_path))


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    """Neither times nor the order of anything hashed are in the files."""
    for name in ("one", "other"):
        write_snapshot(generate(a_spec(nodes=101)), tmp_path / name, tell=lambda _: None)

    one, other = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in sorted(tmp_path.rglob(f"{name}/**/*.gz"))
        }
        for name in ("one", "other")
    )
    assert one
    assert one == other


def test_what_was_made_is_summed_up(tmp_path: Path) -> None:
    """Whoever made a fleet wants to know how large it came out; the folder is made."""
    result = run(tmp_path, "simulate", "fleet", "--clusters", "2", "--seed", "1", "--output", "{}/new/fleet")

    assert 0 == result.exit_code
    assert out(result, tmp_path) == snapshot("""\
COUNT   WHAT
2       clusters, 0 of them drained
6       fabrics
22      nodes
172     GPUs, 130 of them in use
9       deployments, 2 of them capped on each cluster
84      replicas wanted, with 154 GPUs
76      replicas that run, 76 of them untouched
2       quotas, 1 of them below what is wanted
""")
    assert "" == err(result, tmp_path)
    assert 0 == run(tmp_path, "validate", "{}/new/fleet").exit_code


def test_small_is_made_unless_told_otherwise(tmp_path: Path) -> None:
    """The size can be written in any case."""
    default = run(tmp_path, "simulate", "fleet", "--output", "{}/a")
    named = run(tmp_path, "simulate", "fleet", "--size", "small", "--output", "{}/b")

    assert 0 == default.exit_code == named.exit_code
    assert default.stdout == named.stdout
    assert "\n55      nodes\n" in default.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--size", "F7"],
            snapshot(
                "Error: Invalid value for --size: found 'F7', expected one of Small, Median, F10, F30, F100, F300, F1000"
            ),
        ),
        (["--clusters", "0"], snapshot("Error: Invalid value for --clusters: found 0, expected 1 to 100000")),
        (
            ["--clusters", "200000"],
            snapshot("Error: Invalid value for --clusters: found 200000, expected 1 to 100000"),
        ),
        (
            ["--clusters", "3", "--size", "F10"],
            snapshot("Error: found --size and --clusters, expected one of them: both say how large it is"),
        ),
    ],
    ids=["unknown size", "no clusters", "too many clusters", "both"],
)
def test_options_that_make_no_fleet_are_usage_errors(
    tmp_path: Path, options: list[str], sentence: str
) -> None:
    """One sentence: what was found, what was expected; nothing is written."""
    result = run(tmp_path, "simulate", "fleet", *options, "--output", "{}/fleet")

    assert 2 == result.exit_code
    assert sentence == err(result, tmp_path).splitlines()[-1]
    assert not (tmp_path / "fleet").exists()


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    """Two fleets in one folder would be read as one."""
    (tmp_path / "notes.txt").write_text("mine")

    result = run(tmp_path, "simulate", "fleet", "--clusters", "1", "--output", "{}")

    assert 2 == result.exit_code
    assert err(result, tmp_path).splitlines()[-1] == snapshot(
        "Error: Invalid value for --output: . is not empty, expected an empty folder or a new one"
    )
    assert ["notes.txt"] == [path.name for path in tmp_path.iterdir()]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """Nothing is written over."""
    (tmp_path / "fleet").write_text("mine")

    result = run(tmp_path, "simulate", "fleet", "--clusters", "1", "--output", "{}/fleet")

    assert 2 == result.exit_code
    assert err(result, tmp_path).splitlines()[-1] == snapshot(
        "Error: Invalid value for --output: fleet is no folder, expected an empty folder or a new one"
    )


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """Found while writing, so it is no usage error."""
    (tmp_path / "file").write_text("mine")

    result = run(tmp_path, "simulate", "fleet", "--clusters", "1", "--output", "{}/file/fleet")

    assert 1 == result.exit_code
    assert err(result, tmp_path).splitlines()[-1] == snapshot(
        "error: file/fleet: Not a directory, expected a folder that can be written"
    )
