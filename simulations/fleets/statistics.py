"""The numbers that fleets are drawn from, each with its source; ``derivation`` computes them from the data.

No data are kept here. Tuples of twenty are quantiles: the value in the middle of each twentieth. What the data
do not tell was chosen and says so.
"""

from collections.abc import Mapping

#: Sizes of the groups of equal nodes (model, GPUs, CPU) in the openb node list: how uneven fabrics are.
NODE_GROUPS = (549, 387, 107, 39, 28, 22, 21, 19, 17, 9, 7, 3, 2, 2, 1)
#: GPUs by class of card in the node list of Alibaba's 2026 trace of spot GPUs.
GPUS_OF_CARDS: Mapping[str, int] = {"ampere": 3632, "hopper": 2728, "small": 4052}
#: Whole-GPU pods of the openb default trace by GPUs: what most replicas that run are like.
PODS_BY_GPUS: Mapping[int, int] = {1: 3911, 2: 16, 4: 15, 8: 44}
#: Published LLM manifests by kind and GPUs of their largest pod: what deployments ask for.
MANIFESTS_BY_SHAPE: Mapping[tuple[str, int], int] = {
    ("gang", 1): 2,
    ("gang", 2): 1,
    ("gang", 8): 8,
    ("pair", 1): 15,
    ("pair", 4): 3,
    ("pair", 8): 6,
    ("single", 1): 18,
    ("single", 2): 1,
    ("single", 4): 1,
}
#: Chosen: samples leave out the middle sizes, of which the trials had all; each single one counts at least so often.
FEWEST_MANIFESTS = 6
#: GPU instances of each service in Alibaba's 2025 trace of disaggregated inference.
SERVICE_SIZES = (2, 2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 23, 27, 39, 52, 64, 79, 112, 163, 257)
#: Services of that trace by the instances that one node may hold; here of one cluster.
CLUSTER_CAPS: Mapping[int, int] = {2: 79, 4: 48, 8: 5, 10: 20, 16: 1}
#: What whole-GPU pods of openb request besides.
CPU_MILLICORES_PER_GPU = (
    *(3152, 3152, 4000, 8000, 8200, 9810, 11300, 11300, 11300, 11300),
    *(11400, 11400, 11400, 11908, 12000, 12000, 15200, 16000, 18708, 18708),
)
MEMORY_MEBIBYTES_PER_GPU = (
    *(5600, 5600, 15360, 16384, 24576, 32768, 33024, 41560, 47104, 48128),
    *(48128, 49152, 49152, 49152, 49152, 49152, 58368, 64512, 65536, 93184),
)
#: Azure's GPU machines in other regions, in percent of their price in eastus.
REGIONAL_PRICE_PERCENT = (
    *(100, 100, 100, 100, 109, 117, 120, 120, 124, 125),
    *(129, 130, 130, 134, 138, 140, 142, 143, 145, 170),
)

# Chosen: the data have no label for any of these.
REGIONS = ("us-east", "us-west", "eu-west", "eu-north", "asia-east", "asia-south")
TIERS: Mapping[str, int] = {"standard": 7, "reserved": 3}
PRIORITIES: Mapping[int, int] = {0: 6, 10: 3, 100: 1}
REGION_SELECTED_PERMILLE = 120
TIER_SELECTED_PERMILLE = 50
REGION_CAPPED_PERMILLE = 50
REGION_PREFERRED_PERMILLE = 100
#: Deployments whose pods take half as much CPU again as their GPUs' share of a node.
CPU_HUNGRY_PERMILLE = 30
NEW_DEPLOYMENTS_PERMILLE = 30
SCALED_DOWN_PERMILLE = 50
#: Replicas that ran beside those observed and left again, of those observed.
DEPARTED_PERMILLE = 130
#: Observed replicas that came before those departures.
EARLY_PERMILLE = 700
