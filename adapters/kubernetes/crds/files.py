"""The definitions as files: the same bytes wherever they are written."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from adapters.kubernetes.crds.definition import definition
from scheduler.api.kinds import KINDS

_HEADER = "# Made by `make generate` from the models in scheduler/api: change those instead.\n"
_WIDTH = 110


class _Dumper(yaml.SafeDumper):
    """Writes a part that is used twice out twice."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def crd_files() -> Mapping[str, str]:
    """The text of each file by its name, such as ``modelcaches.yaml``."""
    definitions = (definition(kind) for kind in sorted(KINDS))
    return {f"{crd['spec']['names']['plural']}.yaml": _text(crd) for crd in definitions}


def write(folder: Path) -> None:
    """Make *folder* hold the files of :func:`crd_files` and no other YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    files = crd_files()
    for stale in sorted({path.name for path in folder.glob("*.yaml")} - files.keys()):
        (folder / stale).unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _text(crd: Mapping[str, object]) -> str:
    return _HEADER + yaml.dump(crd, Dumper=_Dumper, sort_keys=False, width=_WIDTH, allow_unicode=True)
