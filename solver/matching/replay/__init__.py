"""Replay of the Kubernetes device allocator, bug for bug: what *would* the scheduler do on this node.

Start at ``node_replay``; every deliberate oddity stands in ``behaviour`` with its source.
"""

from solver.matching.replay.node_replay import STEP_LIMIT, NodeReplay, allocate
from solver.matching.replay.selection import Selections
from solver.matching.replay.slice_index import SliceIndex

__all__ = ["STEP_LIMIT", "NodeReplay", "Selections", "SliceIndex", "allocate"]
