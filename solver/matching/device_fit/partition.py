"""What belongs together because something ties it together."""

from collections.abc import Iterable, Sequence


def joined(count: int, ties: Iterable[Sequence[int]]) -> list[int]:
    """For each of *count* things the first one of its part; each of *ties* lists things of one part."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for tie in ties:
        for other in tie[1:]:
            one, two = sorted((root(tie[0]), root(other)))
            parent[two] = one
    return [root(index) for index in range(count)]
