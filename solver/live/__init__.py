"""A fleet that is kept in arrays between decisions, so that one replica is placed in about a millisecond."""

from solver.live.fleet import LiveFleet, Placed, UnsoundPlacement

__all__ = ["LiveFleet", "Placed", "UnsoundPlacement"]
