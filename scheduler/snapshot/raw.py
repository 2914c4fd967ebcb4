"""Fields of raw objects: what is there if it has the right type, and nothing otherwise."""


def mapping(raw: object, *names: str) -> dict[str, object]:
    """The object below *names*; empty if any of them is absent or no object."""
    for name in names:
        raw = raw.get(name) if isinstance(raw, dict) else None
    return raw if isinstance(raw, dict) else {}


def items(raw: object, *names: str) -> list[object]:
    """The list below *names*; empty if any of them is absent or no list."""
    above = mapping(raw, *names[:-1])
    value = above.get(names[-1])
    return value if isinstance(value, list) else []


def text(raw: object, *names: str) -> str:
    """The text below *names*; empty if any of them is absent or no text."""
    value = mapping(raw, *names[:-1]).get(names[-1])
    return value if isinstance(value, str) else ""


def texts(raw: object, *names: str) -> dict[str, str]:
    """The entries below *names* whose value is text."""
    return {name: value for name, value in mapping(raw, *names).items() if isinstance(value, str)}
