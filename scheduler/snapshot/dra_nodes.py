"""Which nodes reach a slice or a device, and node selectors in general."""

from collections.abc import Mapping

from scheduler.snapshot.raw import items, text
from solver.domain.node_selector import NodeRequirement, NodeSelector
from solver.domain.resource_slice import NodeScope


def node_scope(raw: Mapping[str, object]) -> NodeScope | None:
    """The nodes that *raw* (a slice or a device) names, None if it does so in no known way."""
    node = text(raw, "nodeName")
    if node:
        return NodeScope(node=node)
    if raw.get("allNodes") is True:
        return NodeScope(all_nodes=True)
    if isinstance(raw.get("nodeSelector"), dict):
        return NodeScope(selector=read_node_selector(raw["nodeSelector"]))
    return None


def read_node_selector(raw: object) -> NodeSelector:
    """The single term of a node selector; one with another number of terms selects nothing.

    The API server accepts no slice with such a selector.
    """
    terms = items(raw, "nodeSelectorTerms")
    if len(terms) != 1:
        return NodeSelector()
    return NodeSelector(
        expressions=tuple(_requirement(each) for each in items(terms[0], "matchExpressions")),
        fields=tuple(_requirement(each) for each in items(terms[0], "matchFields")),
    )


def _requirement(raw: object) -> NodeRequirement:
    return NodeRequirement(
        key=text(raw, "key"),
        operator=text(raw, "operator"),
        values=tuple(value for value in items(raw, "values") if isinstance(value, str)),
    )
