"""Device tables for other nodes: what is left, what is copied, and what is not."""

from simulations.what_if import changed
from simulations.what_if.devices import NodeSource, rebuilt
from solver.domain.change import AddNodes
from solver.domain.device import Device, QualifiedName, Withheld
from solver.domain.device_table import DeviceTable, DeviceTableBuilder
from solver.domain.device_terms import DeviceTerms
from solver.domain.fleet import Fleet
from solver.domain.identity import ClusterName, Driver, NodePoolKey
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import CounterSet
from tests.builders import GPU_DRIVER, ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, a_replica
from tests.simulations.what_if.tables import contents

SHARED = DeviceTerms(is_shared=True)
NETWORKED = DeviceTerms(all_nodes=True, is_networked=True)


def a_device(name: str, memory: str, **attributes: str) -> Device:
    return Device(
        name=name,
        driver=GPU_DRIVER,
        attributes={QualifiedName(GPU_DRIVER, key): value for key, value in attributes.items()},
        capacity={QualifiedName(GPU_DRIVER, "memory"): Quantity.parse(memory)},
    )


def a_table(*nodes: str) -> DeviceTable:
    """Nodes in the given order: a has a used GPU and a networked NIC, b a shared one, c one that is withheld."""
    table = DeviceTableBuilder()
    for node in nodes:
        match node:
            case "a":
                table.add(
                    a_device("gpu-0", "80Gi", only="here"), resource_pool="a", slice_name="s-a", in_use=True
                )
                table.add(a_device("nic-0", "1Gi"), resource_pool="net", slice_name="s-n", terms=NETWORKED)
            case "b":
                used = {"memory": Quantity.parse("1Gi")}
                table.add(
                    a_device("gpu-0", "141Gi"),
                    resource_pool="b",
                    slice_name="s-b",
                    terms=SHARED,
                    consumed=used,
                )
            case "c":
                table.add(
                    a_device("gpu-0", "80Gi"),
                    resource_pool="pool-of-c",
                    slice_name="s-c",
                    withheld=Withheld.POOL_INCOMPLETE,
                )
        table.end_node()
    return table.build()


def sources(*positions: int) -> list[NodeSource]:
    return [NodeSource(position=position) for position in positions]


def test_a_table_without_some_nodes_is_the_table_of_the_others() -> None:
    """Down to the columns: nothing of what is gone can be seen."""
    for left in ("bc", "ac", "ab", "c", ""):
        found = rebuilt(a_table(*"abc"), sources(*("abc".index(node) for node in left))).table
        fresh = a_table(*left)

        assert contents(fresh) == contents(found)
        assert list(fresh.starts) == list(found.starts)
        assert {field: (list(c.codes), c.values) for field, c in fresh.columns.items()} == {
            field: (list(c.codes), c.values) for field, c in found.columns.items()
        }


def test_rows_say_where_devices_went() -> None:
    assert {0: 0, 1: 1, 3: 2} == rebuilt(a_table(*"abc"), sources(0, 2)).rows


def test_a_copy_is_free_and_in_a_resource_pool_of_its_own() -> None:
    """A networked device is not copied: the new node is none that its driver names."""
    copies = [
        NodeSource(position=0, copy_name="new", name="a"),
        NodeSource(position=1, copy_name="newer", name="b"),
        NodeSource(position=2, copy_name="newest", name="c"),
    ]
    found = rebuilt(a_table(*"abc"), [*sources(0, 1, 2), *copies])
    old = contents(a_table(*"abc"))

    assert old == contents(found.table)[:4]
    assert [
        (old[0][0], "new", "s-a@new", old[0][3], 0, False, None),
        (old[2][0], "newer", "s-b@newer", SHARED, 0, False, None),
        (old[3][0], "pool-of-c@newest", "s-c@newest", old[3][3], old[3][4], False, None),
    ] == contents(found.table)[4:]
    assert {0: 0, 1: 1, 2: 2, 3: 3} == found.rows


def test_copied_partitions_draw_on_counters_of_their_own() -> None:
    fleet = a_fleet(ClusterSpec(name="eu", pools=[PoolSpec(name="mig", nodes=1)]))
    counters = {(Driver("d"), "mig/0"): (CounterSet(name="gpu-0", counters={"slices": Quantity.parse("7")}),)}
    table = DeviceTableBuilder()
    table.add(a_device("part-0", "10Gi"), resource_pool="mig/0", slice_name="s")
    table.end_node()
    cluster = type(fleet.clusters[0])(name=ClusterName("eu"), counter_sets=counters)
    fleet = Fleet(clusters=(cluster,), node_pools=fleet.node_pools, nodes=fleet.nodes, devices=table.build())

    after = changed(a_problem(fleet), [AddNodes(node_pool=NodePoolKey(ClusterName("eu"), "mig"), count=1)])

    assert counters | {(Driver("d"), "mig/added-0"): counters[Driver("d"), "mig/0"]} == (
        after.fleet.clusters[0].counter_sets
    )


def test_the_best_node_is_copied() -> None:
    """The one with the most devices that can be given away, not the first."""
    fleet = a_fleet(ClusterSpec(name="eu", pools=[PoolSpec(name="gpu", nodes=3)]))
    fleet = Fleet(
        clusters=fleet.clusters, node_pools=fleet.node_pools, nodes=fleet.nodes, devices=a_table(*"cba")
    )
    replica = a_replica(a_deployment(), "eu", pool="gpu", nodes=["gpu/2"])
    after = changed(
        a_problem(fleet, replicas=[replica]),
        [AddNodes(node_pool=NodePoolKey(ClusterName("eu"), "gpu"), count=1)],
    )

    assert ["gpu-0", "gpu-0", "gpu-0", "nic-0", "gpu-0"] == list(after.fleet.devices.names)
    assert "s-a@gpu/added-0" == after.fleet.devices.slices[-1]
