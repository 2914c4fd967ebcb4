"""Runs the command in a folder of its own, so that paths in messages are short and stable."""

from pathlib import Path

from click.testing import CliRunner, Result

from adapters.cli.main import cli


def run(folder: Path, *arguments: str) -> Result:
    """The outcome of ``modelplane ARGUMENTS`` with *folder* written for {} in them."""
    return CliRunner().invoke(cli, [each.format(folder) for each in arguments], catch_exceptions=False)


def out(result: Result, folder: Path) -> str:
    """Standard output, without the name of *folder*."""
    return result.stdout.replace(f"{folder}/", "").replace(str(folder), ".")


def err(result: Result, folder: Path) -> str:
    """Standard error, without the name of *folder*."""
    return result.stderr.replace(f"{folder}/", "").replace(str(folder), ".")
