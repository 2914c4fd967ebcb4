"""Objects to YAML: keys in their order, no anchors, no wrapped lines."""

from collections.abc import Iterable

import yaml

_NEVER = 1 << 30


class _Dumper(yaml.CSafeDumper):
    """Writes what is shared twice instead of by reference."""

    def ignore_aliases(self, data: object) -> bool:
        """Never write anchors."""
        del data
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    """Several lines as a block, as people write scripts and selectors."""
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def to_yaml(documents: Iterable[object]) -> str:
    """*documents* one after the other."""
    return yaml.dump_all(
        documents,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_NEVER,
        default_flow_style=False,
    )
