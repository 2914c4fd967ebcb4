"""From pods on nodes back to counts: the values of the matrix' variables at a draft."""

from collections.abc import Sequence

from solver.formulation.matrix import Row
from solver.formulation.variables import PodVariable, Variables
from solver.matching.candidates import Candidate
from solver.matching.draft import Draft, NewReplica


def counted(variables: Variables, draft: Draft) -> dict[int, int] | None:
    """Values of all pod and kept variables at *draft*; None if a replica is on no candidate."""
    scene = variables.scene
    positions = {deployment.key: i for i, deployment in enumerate(scene.problem.deployments)}
    by_home = {(p.candidate, p.engine, p.option, p.member, p.cell): p for p in variables.pods}
    places: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for index, candidate in enumerate(scene.candidates):
        key = (candidate.deployment, str(candidate.cluster))
        places.setdefault(key, []).append((int(candidate.distance or 0), index))
    values = {pod.variable: 0 for pod in variables.pods}
    for replica in draft.new:
        near = sorted(places.get((positions[replica.deployment.key], str(replica.cluster)), []))
        found = (_on_candidate(variables, by_home, index, replica) for _, index in near)
        pods = next((pods for pods in found if pods is not None), None)
        if pods is None:
            return None
        for variable in pods:
            values[variable] += 1
    stays = {kept.standing.replica.key for kept in draft.kept}
    for movable, variable in zip(variables.cells.movable, variables.kept, strict=True):
        values[variable] = sum(standing.replica.key in stays for standing in movable.standings)
    return values


def _on_candidate(
    variables: Variables,
    by_home: dict[tuple[int, int, int, int, int], PodVariable],
    index: int,
    replica: NewReplica,
) -> list[int] | None:
    """The variables that count the pods of *replica* on a candidate, None if it is not on that."""
    candidate = variables.scene.candidates[index]
    cell_of = variables.cells.cell_of_node
    if candidate.is_one_node:
        first = by_home.get((index, 0, 0, 0, cell_of[replica.pods[0].node]))
        is_here = len({pod.node for pod in replica.pods}) == 1
        return [first.variable] if is_here and first is not None else None
    engines = {engine.name: i for i, engine in enumerate(replica.deployment.engines)}
    found: list[int] = []
    for pod in replica.pods:
        engine = engines[pod.engine]
        roles = [member.role for member in replica.deployment.engines[engine].members]
        member = roles.index(pod.role)
        home = (
            by_home.get((index, engine, option, member, cell_of[pod.node]))
            for option in _options(candidate, engine)
            if candidate.engines[engine][option].options[member] == pod.option
        )
        variable = next((pod_variable for pod_variable in home if pod_variable is not None), None)
        if variable is None:
            return None
        found.append(variable.variable)
    return found


def _options(candidate: Candidate, engine: int) -> range:
    return range(len(candidate.engines[engine]))


def settle(rows: Sequence[Row], lower: list[int], upper: list[int]) -> None:
    """Settle, in place, the variables that equations imply once others are settled."""
    equations = [row for row in rows if row.lower == row.upper]
    of_variable: dict[int, list[int]] = {}
    left = []
    for number, row in enumerate(equations):
        unsettled = [v for v in row.variables if lower[v] != upper[v]]
        left.append(len(unsettled))
        for variable in unsettled:
            of_variable.setdefault(variable, []).append(number)
    ready = [number for number, count in enumerate(left) if count == 1]
    while ready:
        row = equations[ready.pop()]
        pairs = list(zip(row.variables, row.coefficients, strict=True))
        last = next(((v, c) for v, c in pairs if lower[v] != upper[v]), None)
        if last is None:
            continue
        variable, coefficient = last
        rest = row.lower - sum(c * lower[v] for v, c in pairs if v != variable)
        value = rest // coefficient
        if value * coefficient != rest or not lower[variable] <= value <= upper[variable]:
            continue
        lower[variable] = upper[variable] = value
        for number in of_variable[variable]:
            left[number] -= 1
            if left[number] == 1:
                ready.append(number)
