"""Large fleets that look lived in, from a seed: a ``FleetSpec`` in, a ``solver.domain.problem.Problem`` out.

Sizes and churn are those of the trials (``spec``), everything else follows the statistics of public data
(``statistics``). What runs was placed by a packer of its own, never by the solver that is to be measured.
"""

from simulations.fleets.generate import generate
from simulations.fleets.spec import PRESETS, FleetSpec, InvalidFleetSpec
from simulations.fleets.totals import Totals, totals

__all__ = ["PRESETS", "FleetSpec", "InvalidFleetSpec", "Totals", "generate", "totals"]
