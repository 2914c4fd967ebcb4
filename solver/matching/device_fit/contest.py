"""What all searches for one demand share, and what each of them finds."""

from dataclasses import dataclass

from solver.matching.device_fit.bounds import Measures
from solver.matching.device_fit.layout import Layout
from solver.matching.device_fit.state import AdminTies
from solver.matching.device_fit.steps import Steps
from solver.matching.device_fit.task import BoundConstraint, Candidate, Option, Task

Given = tuple[tuple[Candidate, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Service:
    """The option that serves a task, and how many devices of which members."""

    option: Option
    given: Given


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contest:
    """What all searches for one demand share."""

    layout: Layout
    tasks: tuple[Task, ...]
    constraints: tuple[BoundConstraint, ...]
    measures: Measures
    admin_ties: AdminTies
    #: Claims that the alternatives chosen may take beyond the devices a claim can have.
    limited_claims: frozenset[int]
    steps: Steps
