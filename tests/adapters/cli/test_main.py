import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from adapters.cli import main as module
from adapters.cli.main import cli, main
from tests.scheduler.snapshot.manifests import a_class, a_cluster, a_deployment, write

REPOSITORY = Path(__file__).parents[3]
VERBS = [
    ["validate"],
    ["plan"],
    ["explain"],
    ["whatif"],
    ["selector"],
    ["selector", "eval"],
    ["selector", "cases"],
    ["simulate"],
    ["simulate", "fleet"],
]
HEAVY = ("ortools", "celpy", "numpy", "pydantic", "google.protobuf", "scheduler", "solver")


def run_python(code: str, *, folder: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'proto'}"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_the_help_of_every_verb_has_an_example(verb: list[str]) -> None:
    """People learn a command from an example that they can paste."""
    result = CliRunner().invoke(cli, [*verb, "--help"])

    assert 0 == result.exit_code
    assert "Example" in result.stdout
    assert f"modelplane {' '.join(verb)}" in result.stdout.split("Example")[1]


def test_help_lists_every_verb() -> None:
    result = CliRunner().invoke(cli, ["--help"])

    assert 0 == result.exit_code
    for verb in ("validate", "plan", "explain", "whatif", "selector", "simulate"):
        assert f"  {verb} " in result.stdout


def test_help_imports_nothing_heavy() -> None:
    """The answer to ``--help`` comes at once."""
    code = (
        "import sys; from adapters.cli.main import main; main(['--help']); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )

    assert "[]" == run_python(code).stdout.splitlines()[-1]


@pytest.mark.parametrize("verb", ["validate", "selector"])
def test_verbs_that_do_not_plan_import_no_solver(verb: str) -> None:
    code = (
        f"import sys; from adapters.cli.main import main; main(['{verb}', '--help']); "
        "print('ortools' in sys.modules)"
    )

    assert "False" == run_python(code).stdout.splitlines()[-1]


def test_a_usage_error_is_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert [2, 2, 2, 2] == [
        main(["plan"]),
        main(["plan", "--bogus"]),
        main(["bogus"]),
        main(["plan", ".", "-o", "xml"]),
    ]
    assert "" == capsys.readouterr().out


def test_a_bug_of_ours_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise ValueError("two\nlines")

    monkeypatch.setattr(cli, "main", broken)

    assert 1 == main([])
    assert capsys.readouterr().err == (
        "error: internal error: ValueError: two lines; this is a bug of modelplane (MODELPLANE_DEBUG=1 shows where)\n"
    )


def test_who_debugs_sees_where(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise ValueError("here")

    monkeypatch.setattr(cli, "main", broken)
    monkeypatch.setenv("MODELPLANE_DEBUG", "1")

    with pytest.raises(ValueError, match="here"):
        main([])


def test_an_interrupt_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(**_: object) -> None:
        raise click.Abort

    monkeypatch.setattr(module.cli, "main", interrupted)

    assert 130 == main([])
    assert "error: interrupted\n" == capsys.readouterr().err


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    """``modelplane plan PATH | head -1`` says nothing about broken pipes, and its status stays the plan's."""
    write(tmp_path, a_class(), a_cluster(), a_deployment())
    code = f"""
import os, subprocess, sys
command = [sys.executable, "-c", "import sys; from adapters.cli.main import main; sys.exit(main())"]
reader, writer = os.pipe()
os.close(reader)
done = subprocess.run([*command, "plan", {str(tmp_path)!r}], stdout=writer, stderr=subprocess.PIPE, text=True)
print(done.returncode, [line for line in done.stderr.splitlines() if not line.startswith("note:")])
"""

    assert "0 []" == run_python(code).stdout.strip()
