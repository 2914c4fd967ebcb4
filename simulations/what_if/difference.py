"""The difference of two decisions, in the users' terms."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from solver.domain.decision import Decision
from solver.domain.difference import (
    DeploymentChange,
    DeploymentState,
    Difference,
    Fate,
    Loss,
    ReplicaChange,
    ShortfallChange,
    TierChange,
    TierValue,
    Whereabouts,
)
from solver.domain.identity import ClusterName, DeploymentKey, ReplicaKey
from solver.domain.plan import Create, Evict, EvictionReason, Keep, Plan
from solver.domain.policy import TierName

_MONEY = "micro-dollars/h"
_NO_LOSSES: Mapping[ReplicaKey, Loss] = {}
#: Reasons after which nothing is meant to take the place of what goes.
_FINAL = frozenset({EvictionReason.SCALE_DOWN.value})


def difference(
    before: Decision, after: Decision, losses: Mapping[ReplicaKey, Loss] = _NO_LOSSES
) -> Difference:
    """What is different in *after*; nothing is if the two are equal.

    Args:
        before: the decision without the change.
        after: the decision with it.
        losses: why replicas of the one problem are not in the other; without it, that they are is all that
            is said of them.
    """
    states_before, states_after = _states(before.plan), _states(after.plan)
    fates = _fates(before.plan, after.plan, losses)
    deployments = []
    for key in sorted({*states_before, *states_after, *fates}):
        was, becomes = states_before.get(key, DeploymentState()), states_after.get(key, DeploymentState())
        if was != becomes or key in fates:
            replicas = tuple(fates.get(key, ()))
            deployments.append(DeploymentChange(deployment=key, before=was, after=becomes, replicas=replicas))
    return Difference(
        deployments=tuple(deployments),
        tiers=tuple(_tiers(before, after)),
        shortfalls=tuple(_shortfalls(before, after)),
        wanted_before=sum(state.wanted for state in states_before.values()),
        wanted_after=sum(state.wanted for state in states_after.values()),
        placed_before=sum(state.placed for state in states_before.values()),
        placed_after=sum(state.placed for state in states_after.values()),
        price_before_microdollars_per_hour=_price(before),
        price_after_microdollars_per_hour=_price(after),
    )


def _states(plan: Plan) -> dict[DeploymentKey, DeploymentState]:
    placed: dict[DeploymentKey, Counter[tuple[ClusterName, tuple[str, ...]]]] = defaultdict(Counter)
    for replica in plan.replicas:
        pools = tuple(sorted({slot.node_pool.name for slot in replica.slots}))
        placed[replica.replica.deployment][replica.replica.cluster, pools] += 1
    wanted = {short.deployment: short.wanted for short in plan.shortfalls}
    return {
        key: DeploymentState(
            wanted=wanted.get(key, placed[key].total()),
            placed=placed[key].total(),
            where=tuple(
                Whereabouts(cluster=cluster, node_pools=pools, replicas=count)
                for (cluster, pools), count in sorted(placed[key].items())
            ),
        )
        for key in sorted({*placed, *wanted})
    }


def _fates(
    before: Plan, after: Plan, losses: Mapping[ReplicaKey, Loss]
) -> dict[DeploymentKey, list[ReplicaChange]]:
    """Replicas that run and meet another end in *after*, by deployment and key."""
    kept = {keep.replica for keep in after.keeps}
    evicted = {evict.replica: evict for evict in after.evicts}
    successors = _successors(before.creates, after.creates)
    fewer = _placed(before) - _placed(after)
    found: dict[DeploymentKey, list[ReplicaChange]] = defaultdict(list)
    running: list[Keep | Evict] = [*before.keeps, *before.evicts]
    for each in sorted(running, key=lambda each: each.replica):
        key, is_kept = each.replica.deployment, each.replica in kept
        # One that would have gone anyway ends otherwise only if what was to replace it is elsewhere, or nowhere.
        if isinstance(each, Evict) and not (is_kept or successors[key] or fewer[key]):
            continue
        change = _fate(each, evicted.get(each.replica), losses.get(each.replica), is_kept=is_kept)
        if change is not None:
            found[key].append(_followed(change, successors[key]))
    return found


def _fate(
    each: Keep | Evict, evict: Evict | None, loss: Loss | None, *, is_kept: bool
) -> ReplicaChange | None:
    """What becomes of a replica that runs, None if that is what would have become of it anyway."""
    went = each.reason.value if isinstance(each, Evict) else None
    if is_kept:
        return _change(each, Fate.STAYS, each.reason.value, each.because) if isinstance(each, Evict) else None
    if went in _FINAL or (evict is not None and evict.reason == went):
        return None
    if evict is not None:
        return _change(each, Fate.EVICTED, evict.reason.value, evict.because)
    if loss is not None:
        return _change(each, Fate.LOST, loss.reason.value, loss.because)
    return _change(each, Fate.LOST, "", "")


def _followed(change: ReplicaChange, successors: list[ClusterName]) -> ReplicaChange:
    """*change*, with the first of *successors*, which is used up, for a replica that goes and is replaced."""
    if change.fate is Fate.STAYS or change.reason in _FINAL:
        return change
    if successors:
        return replace(change, fate=Fate.MOVED, to=successors.pop(0))
    return replace(change, fate=Fate.MOVED) if change.reason == EvictionReason.MOVED else change


def _change(each: Keep | Evict, fate: Fate, reason: str, because: str) -> ReplicaChange:
    return ReplicaChange(replica=each.replica, name=each.name, fate=fate, reason=reason, because=because)


def _placed(plan: Plan) -> Counter[DeploymentKey]:
    return Counter(replica.replica.deployment for replica in plan.replicas)


def _successors(
    before: Sequence[Create], after: Sequence[Create]
) -> defaultdict[DeploymentKey, list[ClusterName]]:
    """Clusters of the new replicas that only *after* has, for each deployment, by name."""
    more = Counter((each.replica.deployment, each.replica.cluster) for each in after)
    more -= Counter((each.replica.deployment, each.replica.cluster) for each in before)
    found: defaultdict[DeploymentKey, list[ClusterName]] = defaultdict(list)
    for key, cluster in sorted(more.elements()):
        found[key].append(cluster)
    return found


def _tiers(before: Decision, after: Decision) -> Iterator[TierChange]:
    """Every tier of either, in the order of *after*, those that vanish at the end."""
    was = {tier.name: TierValue(value=tier.value, unit=tier.unit) for tier in before.tiers}
    becomes = {tier.name: TierValue(value=tier.value, unit=tier.unit) for tier in after.tiers}
    for name in dict.fromkeys((*becomes, *was)):
        yield TierChange(name=name, before=was.get(name), after=becomes.get(name))


def _shortfalls(before: Decision, after: Decision) -> Iterator[ShortfallChange]:
    was = {short.deployment: short.missing for short in before.plan.shortfalls}
    becomes = {short.deployment: short.missing for short in after.plan.shortfalls}
    for key in sorted({*was, *becomes}):
        missing_before, missing_after = was.get(key, 0), becomes.get(key, 0)
        if missing_before == missing_after:
            continue
        telling = after if missing_after > missing_before else before
        yield ShortfallChange(
            deployment=key,
            missing_before=missing_before,
            missing_after=missing_after,
            rejection=next((each for each in telling.rejections if each.deployment == key), None),
            conflict=next((each for each in telling.conflicts if each.deployment == key), None),
        )


def _price(decision: Decision) -> int | None:
    for tier in decision.tiers:
        if tier.name == TierName.PRICE and tier.unit == _MONEY:
            return tier.value
    return None
