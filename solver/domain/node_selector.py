"""Node selectors of slices and devices, and of the allocations that use them."""

from collections.abc import Mapping
from dataclasses import dataclass

#: The only field of a node that a selector can name.
NAME_FIELD = "metadata.name"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class NodeRequirement:
    """One condition on a label, or on a field, of a node; operators are those of Kubernetes."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def accepts(self, values: Mapping[str, str]) -> bool:
        """Whether *values* (labels or fields by key) satisfy it; an unknown operator is satisfied by nothing."""
        present = self.key in values
        match self.operator:
            case "In":
                return present and values[self.key] in self.values
            case "NotIn":
                return not present or values[self.key] not in self.values
            case "Exists":
                return present
            case "DoesNotExist":
                return not present
            case "Gt" | "Lt":
                return present and self._compares(values[self.key])
            case _:
                return False

    def _compares(self, text: str) -> bool:
        try:
            found, wanted = int(text), int(self.values[0])
        except (ValueError, IndexError):
            return False
        return found > wanted if self.operator == "Gt" else found < wanted


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class NodeSelector:
    """All of its conditions, on labels (*expressions*) and on fields; one without conditions selects nothing."""

    expressions: tuple[NodeRequirement, ...] = ()
    fields: tuple[NodeRequirement, ...] = ()

    def selects(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether the node *name* with *labels* is selected."""
        if not self.expressions and not self.fields:
            return False
        own = {NAME_FIELD: name}
        return all(each.accepts(labels) for each in self.expressions) and all(
            each.accepts(own) for each in self.fields
        )
