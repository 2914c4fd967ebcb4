"""Questions about a recorded or live fleet: changes applied to a problem, and what becomes different by them."""

from simulations.what_if.answer import Answer, what_if
from simulations.what_if.changes import changed
from simulations.what_if.difference import difference

__all__ = ["Answer", "changed", "difference", "what_if"]
