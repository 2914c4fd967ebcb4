"""Names that one object derives from another, as the published API forms them."""

import hashlib

_PREFIX = 57
_DIGITS = 5


def hashed_name(*parts: str) -> str:
    """*parts* joined, cut to 57 characters, and five hexadecimal digits of the hash of the whole."""
    whole = "-".join(parts)
    return f"{whole[:_PREFIX].rstrip('-')}-{_digest(whole)}"


def replica_name(deployment: str, cluster: str, index: int) -> str:
    """Name of the ModelReplica (and of its endpoint) with *index* of *deployment* on *cluster*."""
    return f"{deployment[:_PREFIX]}-{_digest(f'{deployment}-{cluster}-{index}')}"


def _digest(whole: str) -> str:
    return hashlib.sha256(whole.encode()).hexdigest()[:_DIGITS]
