"""Texts of users and clusters as protobuf takes them."""

from collections.abc import Iterable


def text(written: str) -> str:
    """*written* as protobuf takes it: what a user wrote may hold half a surrogate pair."""
    return written.encode("utf-8", "replace").decode()


def texts(found: Iterable[str]) -> Iterable[str]:
    """Each of *found* as protobuf takes it."""
    return map(text, found)
