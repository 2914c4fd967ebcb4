"""What the search works out about a node once, and not for every demand."""

from dataclasses import dataclass

from solver.matching.device_fit.bounds import Measures
from solver.matching.device_fit.layout import Layout, layout_of
from solver.matching.device_fit.node_devices import NodeDevices


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NodeView:
    """A node's layout and its measures."""

    layout: Layout
    measures: Measures


def view_of(node: NodeDevices, attributes: frozenset[str]) -> NodeView:
    """The view of *node* for demands whose constraints name *attributes*, kept with the node."""
    found = node.derived.get(attributes)
    if not isinstance(found, NodeView):
        layout = layout_of(node, attributes)
        found = NodeView(layout=layout, measures=Measures(layout))
        node.derived[attributes] = found
    return found
