"""The command: its verbs, and what becomes of an error.

Verbs are imported when they are used, so that ``--help`` answers at once.
"""

import errno
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import click

from adapters.cli import output

_DEBUG = "MODELPLANE_DEBUG"
_FAILED = 1
_INTERRUPTED = 130


class _Verb(NamedTuple):
    """Where a verb is, and the line about it."""

    module: str
    summary: str


_VERBS: Mapping[str, _Verb] = {
    "validate": _Verb("adapters.cli.validate", "Check manifests and recorded clusters."),
    "plan": _Verb("adapters.cli.plan", "Decide where every replica goes."),
    "explain": _Verb("adapters.cli.explain", "Say why a deployment is where it is, or is not."),
    "whatif": _Verb("adapters.cli.whatif", "Say what would be different if something changed."),
    "selector": _Verb("adapters.cli.selector", "Try device selectors."),
    "allocator": _Verb("adapters.cli.allocator", "Try the device allocator of Kubernetes."),
    "simulate": _Verb("adapters.cli.simulate", "Make fleets to try things on."),
}


class _Verbs(click.Group):
    """A group that imports a verb when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order in which people need them."""
        del ctx
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb, imported."""
        del ctx
        if cmd_name not in _VERBS:
            return None
        command = getattr(importlib.import_module(_VERBS[cmd_name].module), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.summary) for name, verb in _VERBS.items()])


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExample:\n  modelplane plan examples/fleet examples/deployments\n\n"
    "Exit status: 0 done, 1 the input is invalid or (where asked) a deployment is short, 2 usage.",
)
@click.version_option(package_name="modelplane", message="%(prog)s %(version)s")
def cli() -> None:
    """Plan language models over a fleet of Kubernetes clusters.

    A PATH is a file or a folder with YAML or JSON manifests, also compressed. What stands below
    clusters/NAME/ or in clusters/NAME.yaml belongs to InferenceCluster NAME; the rest are control objects.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = cli.main(args=arguments, prog_name="modelplane", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        output.complain("interrupted")
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the border: a user never gets a traceback
        return _failed(error)
    return status if isinstance(status, int) else 0


def _failed(error: Exception) -> int:
    """Say in one line what went wrong."""
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        output.abandon(sys.stdout, sys.stderr)
        return _FAILED
    if os.environ.get(_DEBUG):
        raise error
    what = " ".join(f"{type(error).__name__}: {error}".split())
    output.complain(f"internal error: {what}; this is a bug of modelplane ({_DEBUG}=1 shows where)")
    return _FAILED
