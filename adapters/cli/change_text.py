"""What people write after ``--change``: one short sentence for each kind of change."""

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import NamedTuple, NoReturn

from scheduler.api.nearest import nearest_hint
from solver.domain.change import (
    AddNodes,
    Change,
    DrainCluster,
    DrainNodes,
    LoseCluster,
    LoseNodes,
    RemoveDeployment,
    ScaleDeployment,
    SetPrice,
    SetPriority,
    SetQuota,
)
from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodeKey, NodePoolKey

#: Every form that is accepted; the first word says which verb it is.
FORMS = (
    "lose cluster CLUSTER",
    "drain cluster CLUSTER",
    "lose node CLUSTER/NODE...",
    "drain node CLUSTER/NODE...",
    "add COUNT nodes to CLUSTER/NODEPOOL",
    "scale NAMESPACE/NAME to REPLICAS",
    "apply FILE",
    "remove NAMESPACE/NAME",
    "price CLUSTER/NODEPOOL to DOLLARS",
    "quota NAMESPACE DEVICECLASS to DEVICES|none",
    "priority NAMESPACE/NAME to PRIORITY",
)
_MICRO = 10**6
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_DOLLARS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


class InvalidChangeTextError(ValueError):
    """A text that is no change; prints as one sentence with the position of the first wrong character."""

    def __init__(self, character: int, complaint: str) -> None:
        super().__init__(character, complaint)
        self.character = character  # from 1
        self.complaint = complaint

    def __str__(self) -> str:
        return f"character {self.character}: {self.complaint}"


class ManifestFile(NamedTuple):
    """A change whose deployments stand in a file."""

    path: str


class _Word(NamedTuple):
    text: str
    character: int


def parsed_change(text: str) -> Change | ManifestFile:
    """The change that *text* says.

    Raises:
        InvalidChangeTextError: it is none of ``FORMS``.
    """
    words = _Words(text)
    change = _VERBS[words.verb()](words)
    words.end()
    return change


class _Words:
    """The words of a text, taken one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = [_Word(found[0], found.start() + 1) for found in re.finditer(r"\S+", text)]
        self._taken = 0

    @property
    def has_more(self) -> bool:
        return self._taken < len(self._words)

    def next(self, expected: str) -> _Word:
        """The next word."""
        if not self.has_more:
            self._refuse(_Word("", len(self._text.rstrip()) + 1), expected)
        self._taken += 1
        return self._words[self._taken - 1]

    def verb(self) -> str:
        """The next word, which has to be the first of a form."""
        expected = "a change"
        word = self.next(expected)
        if word.text not in _VERBS:
            self._refuse(word, expected + nearest_hint(word.text, _VERBS))
        return word.text

    def keyword(self, *allowed: str) -> str:
        """The next word, which has to be one of *allowed*."""
        word = self.next(_any_of(allowed))
        if word.text not in allowed:
            self._refuse(word, _any_of(allowed) + nearest_hint(word.text, allowed))
        return word.text

    def number(self, what: str) -> int:
        """The next word as a whole number."""
        word = self.next(what)
        if not _NUMBER.fullmatch(word.text):
            self._refuse(word, what)
        return int(word.text)

    def dollars(self) -> int:
        """The next word as micro-dollars."""
        expected = "US dollars with at most 6 decimals, such as 98.5"
        word = self.next(expected)
        if not _DOLLARS.fullmatch(word.text):
            self._refuse(word, expected)
        return int(Decimal(word.text) * _MICRO)

    def pair(self, expected: str, *, is_strict: bool = True) -> tuple[str, str]:
        """The two halves of the next word, apart by its first slash; a strict one has no other."""
        word = self.next(expected)
        first, _, second = word.text.partition("/")
        if not first or not second or (is_strict and "/" in second):
            self._refuse(word, expected)
        return first, second

    def skips(self, text: str) -> bool:
        """Whether the next word is *text*, which is taken then."""
        is_next = self.has_more and self._words[self._taken].text == text
        self._taken += is_next
        return is_next

    def rest(self, expected: str) -> str:
        """Everything that is left, with the spaces in it."""
        first = self.next(expected)
        self._taken = len(self._words)
        return self._text[first.character - 1 :].rstrip()

    def end(self) -> None:
        """Refuse whatever is left."""
        if self.has_more:
            self._refuse(self._words[self._taken], "nothing more")

    def _refuse(self, word: _Word, expected: str) -> NoReturn:
        """Say what is wrong with *word*, and the forms that begin as the text does."""
        said = [each.text for each in self._words[: self._taken] if each is not word]
        verb = self._words[0].text if said else ""
        forms = [form for form in FORMS if form.split()[0] == verb] or list(FORMS)
        found = repr(word.text) if word.text else "nothing"
        label = "the form is" if len(forms) == 1 else "the forms are"
        message = f"found {found}, expected {expected}; {label}: {'; '.join(forms)}"
        raise InvalidChangeTextError(word.character, message)


def _any_of(words: Collection[str]) -> str:
    *others, last = map(repr, words)
    return f"{', '.join(others)} or {last}" if others else last


def _lose(words: _Words) -> Change:
    match words.keyword("cluster", "node", "nodes"):
        case "cluster":
            return LoseCluster(cluster=_cluster(words))
        case _:
            return LoseNodes(nodes=_nodes(words))


def _drain(words: _Words) -> Change:
    match words.keyword("cluster", "node", "nodes"):
        case "cluster":
            return DrainCluster(cluster=_cluster(words))
        case _:
            return DrainNodes(nodes=_nodes(words))


def _add(words: _Words) -> Change:
    count = words.number("a number of nodes")
    words.keyword("node", "nodes")
    words.keyword("to")
    return AddNodes(node_pool=_node_pool(words), count=count)


def _scale(words: _Words) -> Change:
    deployment = _deployment(words)
    words.keyword("to")
    return ScaleDeployment(deployment=deployment, replicas=words.number("a number of replicas"))


def _apply(words: _Words) -> ManifestFile:
    return ManifestFile(path=words.rest("a file with ModelDeployments"))


def _remove(words: _Words) -> Change:
    return RemoveDeployment(deployment=_deployment(words))


def _price(words: _Words) -> Change:
    pool = _node_pool(words)
    words.keyword("to")
    return SetPrice(node_pool=pool, price_microdollars_per_hour=words.dollars())


def _quota(words: _Words) -> Change:
    namespace = words.next("a namespace").text
    device_class = DeviceClassName(words.next("the name of a DeviceClass").text)
    words.keyword("to")
    devices = None if words.skips("none") else words.number("a number of devices or none")
    return SetQuota(namespace=namespace, device_class=device_class, devices=devices)


def _priority(words: _Words) -> Change:
    deployment = _deployment(words)
    words.keyword("to")
    return SetPriority(deployment=deployment, priority=words.number("a priority (a whole number)"))


def _cluster(words: _Words) -> ClusterName:
    return ClusterName(words.next("the name of a cluster").text)


def _nodes(words: _Words) -> tuple[NodeKey, ...]:
    found: list[NodeKey] = []
    while words.has_more or not found:
        # Nodes that are declared or expected have a slash in their name.
        cluster, name = words.pair("CLUSTER/NODE", is_strict=False)
        found.append(NodeKey(ClusterName(cluster), name))
    return tuple(found)


def _node_pool(words: _Words) -> NodePoolKey:
    cluster, name = words.pair("CLUSTER/NODEPOOL")
    return NodePoolKey(ClusterName(cluster), name)


def _deployment(words: _Words) -> DeploymentKey:
    return DeploymentKey(*words.pair("NAMESPACE/NAME"))


_VERBS: Mapping[str, Callable[[_Words], Change | ManifestFile]] = {
    "lose": _lose,
    "drain": _drain,
    "add": _add,
    "scale": _scale,
    "apply": _apply,
    "remove": _remove,
    "price": _price,
    "quota": _quota,
    "priority": _priority,
}
