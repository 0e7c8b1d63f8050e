"""The proven cover is the best of all covers, and the compiled walk does what its plain text does."""

from itertools import combinations
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gis.compute.bound import Band, homes_graph, least_loss, proven_cover, sets_in_band
from gis.compute.bound.columns import Columns
from gis.compute.bound.homes import HomesGraph
from gis.compute.bound.proven_cover import ProvenCover, Wanted
from gis.compute.zones import ZoneGraph, parts_of
from tests.gis.compute.tiny_zones import tiny_zones

SIZES = Band(7, 13)


def members_of(columns: Columns) -> list[frozenset[int]]:
    ends = zip(columns.start[:-1], columns.start[1:], strict=True)
    return [frozenset(columns.members[a:b].tolist()) for a, b in ends]


def is_cover(homes: HomesGraph, wanted: Wanted, sets: list[frozenset[int]]) -> bool:
    taken = frozenset().union(*sets)
    left = np.array([u not in taken for u in range(len(homes.households))])
    piece = parts_of(homes.indptr, homes.indices, left)
    joined = set(piece[wanted.tower & left].tolist())
    return (
        len(taken) == sum(map(len, sets))
        and bool(wanted.may_join[left].all())
        and set(piece[left].tolist()) <= joined
    )


def asked(graph: ZoneGraph, sets: int, seed: int) -> tuple[HomesGraph, Columns, Wanted] | None:
    homes = homes_graph(graph)
    if homes is None or len(homes.households) == 0:
        return None
    tower = homes.households > 11
    columns = sets_in_band(homes, SIZES, 500, tower)
    if columns is None or len(columns) < sets:
        return None
    worth = np.random.default_rng(seed).integers(0, 8, len(columns)) / 4
    pairs = [(0, 1)] if len(columns) > 1 else []
    rows, held = np.repeat(range(len(pairs)), 2), np.array(pairs, dtype=np.int64).ravel()
    exclusive = csr_array((np.ones(len(held)), (rows, held)), shape=(len(pairs), len(columns)))
    price = np.where(tower, 0, homes.households) / 16
    may_join = tower | bool(tower.any())
    return homes, columns, Wanted(sets, worth, tower, price, may_join, exclusive)


def best_by_trying_all(homes: HomesGraph, columns: Columns, wanted: Wanted) -> float | None:
    members = members_of(columns)
    found = []
    for chosen in combinations(range(len(members)), wanted.sets):
        sets = [members[s] for s in chosen]
        if (0 in chosen and 1 in chosen) or not is_cover(homes, wanted, sets):
            continue
        left = sorted(set(range(len(homes.households))).difference(*sets))
        found.append(wanted.worth[list(chosen)].sum() - wanted.price[left].sum())
    return max(found, default=None)


@settings(max_examples=80, deadline=None)
@given(tiny_zones(), st.integers(1, 3), st.integers(0, 1_000))
def test_the_cover_found_is_the_best_of_all(graph: ZoneGraph, sets: int, seed: int) -> None:
    given_ = asked(graph, sets, seed)
    if given_ is None:
        return
    homes, columns, wanted = given_
    best = best_by_trying_all(homes, columns, wanted)
    covered = ProvenCover(homes, columns, wanted, SIZES, 1_000_000).best()
    assert covered.is_proven
    assert (covered.chosen is None) == (best is None)
    if covered.chosen is None or best is None:
        return
    members = members_of(columns)
    chosen = [members[s] for s in covered.chosen]
    assert len(chosen) == sets
    assert is_cover(homes, wanted, chosen)
    left = sorted(set(range(len(homes.households))).difference(*chosen))
    assert np.isclose(wanted.worth[covered.chosen].sum() - wanted.price[left].sum(), best)


@settings(max_examples=15, deadline=None)
@given(tiny_zones(), st.integers(1, 3), st.integers(0, 1_000))
def test_the_compiled_walk_agrees_with_its_plain_text(graph: ZoneGraph, sets: int, seed: int) -> None:
    given_ = asked(graph, sets, seed)
    if given_ is None:
        return
    homes, columns, wanted = given_
    seen = []

    def both(*asked_for: object) -> object:
        compiled, plain = (run(*asked_for) for run in (least_loss.least_loss, least_loss.least_loss.py_func))
        seen.append((compiled[0].tolist(), compiled[1:]) == (plain[0].tolist(), plain[1:]))
        return compiled

    with patch.object(proven_cover, "least_loss", both):
        ProvenCover(homes, columns, wanted, SIZES, 1_000_000).best()
    assert all(seen)


def test_a_barred_cover_is_not_found_again_and_too_few_looks_prove_nothing() -> None:
    from tests.gis.compute.tiny_zones import path

    homes = homes_graph(path(5, 5, 4, 6, 5, 5))
    assert homes is not None
    columns = sets_in_band(homes, Band(9, 11), 100, np.zeros(6, dtype=bool))
    assert columns is not None
    nothing = np.zeros(6, dtype=bool)
    wanted = Wanted(3, np.ones(len(columns)), nothing, np.zeros(6), nothing, csr_array((0, len(columns))))
    cover = ProvenCover(homes, columns, wanted, Band(9, 11), 1_000)
    found = cover.best().chosen
    assert found is not None
    cover.bar(found)
    again = cover.best()
    assert again.is_proven
    assert again.chosen is None
    short = ProvenCover(homes, columns, wanted, Band(9, 11), 0).best()
    assert (short.chosen, short.is_proven) == (None, False)
