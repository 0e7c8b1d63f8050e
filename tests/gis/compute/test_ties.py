from typing import Any

import numpy as np
import pandas as pd
import pytest

from gis.compute.parameters import PartitionParameters, SizeLimits
from gis.compute.partition import CommunityPartition, partition_community
from gis.compute.quality import Reason
from gis.compute.refusal import InputRefused
from gis.compute.ties import Wishes, before_of_groups, tie
from gis.compute.zones import GridCount, ZoneGraph, grid_count

FAST = PartitionParameters(preset="fast")
SIDE = 5


def chessboard(households: np.ndarray | None = None) -> ZoneGraph:
    """Return 5 × 5 squares of 10 m; unit = 5·row + column."""
    count = SIDE * SIDE
    links: list[list[int]] = [[] for _ in range(count)]
    for u in range(count):
        row, column = divmod(u, SIDE)
        for r, c in ((row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column)):
            if 0 <= r < SIDE and 0 <= c < SIDE:
                links[u].append(SIDE * r + c)
    indices = np.array([v for near in links for v in near], dtype=np.int64)
    shape: dict[str, Any] = {
        "indptr": np.concatenate([[0], np.cumsum([len(near) for near in links])]).astype(np.int64),
        "indices": indices,
        "length_m": np.full(len(indices), 10.0),
        "barrier_m": np.zeros(len(indices)),
        "households": np.full(count, 40, dtype=np.int64) if households is None else households,
        "area_m2": np.full(count, 100.0),
        "perimeter_m": np.full(count, 40.0),
        "compound": np.full(count, -1, dtype=np.int64),
        "anchor": np.full(count, -1, dtype=np.int64),
    }
    return ZoneGraph(**shape)


def wishing(**named: list[int]) -> tuple[np.ndarray, list[str]]:
    wish = np.full(SIDE * SIDE, -1, dtype=np.int64)
    for number, units in enumerate(named.values()):
        wish[units] = number
    return wish, list(named)


def tied(graph: ZoneGraph, limits: SizeLimits | None = None, **named: list[int]) -> Any:
    limits = limits or SizeLimits()
    wish, names = wishing(**named)
    return tie(graph, grid_count(graph.households, limits), wish, names, limits)


def test_without_wishes_the_zone_stays_as_it_is() -> None:
    graph = chessboard()
    result = tied(graph)
    assert result.graph is graph and result.group.tolist() == list(range(25))


def test_named_units_and_the_way_between_them_become_one_unit() -> None:
    result = tied(chessboard(), a=[0, 2], b=[24])
    group, graph = result.group, result.graph
    assert len(set(group[[0, 1, 2]])) == 1
    assert len(graph.households) == 23 and graph.households.sum() == 1000
    unit = group[0]
    assert graph.households[unit] == 120 and graph.area_m2[unit] == 300
    # Three squares in a row: 30 + 30 + 10 + 10 m around.
    assert graph.perimeter_m[unit] == 80
    assert graph.anchor[unit] == 0 and graph.anchor[group[24]] == 1 and (graph.anchor >= 0).sum() == 2
    near = graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]]
    assert sorted(near.tolist()) == sorted({int(group[u]) for u in (3, 5, 6, 7)})
    assert graph.length_m[graph.indptr[unit] : graph.indptr[unit + 1]].tolist() == [10.0] * 4
    label = np.zeros(23, dtype=np.int64)
    label[unit] = 1
    assert result.expanded(label)[[0, 1, 2, 3]].tolist() == [1, 1, 1, 0]
    assert result.grid_of_name(label) == {0: 1, 1: 0}


def test_the_way_takes_as_few_households_as_it_can() -> None:
    homes = np.full(25, 40, dtype=np.int64)
    homes[[5, 6, 7]] = 1
    group = tied(chessboard(homes), a=[0, 2]).group
    assert set(np.flatnonzero(group == group[0])) == {0, 2, 5, 6, 7}


def test_one_grid_lets_another_pass_where_there_is_another_way() -> None:
    # The cheapest way of `a` shuts `b` in; `b` goes first then, and `a` goes round it.
    homes = np.full(25, 40, dtype=np.int64)
    homes[2] = 500
    result = tied(chessboard(homes), a=[1, 3], b=[2, 12])
    assert set(np.flatnonzero(result.group == result.group[2])) == {2, 7, 12}
    assert result.group[1] == result.group[3]


def test_units_that_only_another_named_grid_connects_are_refused_with_its_name() -> None:
    with pytest.raises(InputRefused, match="ASSIGNMENT_NOT_CONNECTED") as refused:
        tied(chessboard(), a=[0, 24], wall=[10, 11, 12, 13, 14])
    assert refused.value.facts == {"grid": "a", "between": ["wall"]}
    assert refused.value.remedy_zh and refused.value.remedy_en


def test_more_than_the_hard_maximum_is_refused_unless_it_is_one_building() -> None:
    with pytest.raises(InputRefused, match="ASSIGNMENT_TOO_LARGE") as refused:
        tied(chessboard(np.full(25, 90, dtype=np.int64)), a=list(range(10)))
    assert refused.value.facts["households"] == 900
    homes = np.full(25, 40, dtype=np.int64)
    homes[0] = 1200
    assert tied(chessboard(homes), a=[0]).count.k == grid_count(homes, SizeLimits()).k


def test_the_number_of_grids_grows_with_the_named_ones_until_homes_are_too_few() -> None:
    result = tied(chessboard(), a=[0], b=[4], c=[20], d=[24])
    assert result.count == GridCount(4, 0, 0.375)
    assert result.notes
    with pytest.raises(InputRefused, match="ASSIGNMENT_TOO_MANY_GRIDS"):
        tied(chessboard(np.full(25, 8, dtype=np.int64)), a=[0], b=[4], c=[20])


def test_the_plan_before_of_a_tied_unit_is_that_of_most_of_its_households() -> None:
    group = np.array([0, 0, 0, 1, 2])
    before = np.array([7, 5, 5, 3, -1])
    assert before_of_groups(group, before, np.array([50, 20, 20, 1, 9])).tolist() == [7, 3, -1]


def test_wishes_for_buildings_that_are_not_there_are_refused() -> None:
    index = pd.Index([10, 11, 12])
    wishes = Wishes.of(pd.Series({12: "b", 10: "a", 11: None}), index)
    assert wishes.names == ("a", "b") and wishes.wish.tolist() == [0, -1, 1]
    with pytest.raises(InputRefused, match="ASSIGNMENT_UNKNOWN_BUILDING"):
        Wishes.of(pd.Series({99: "a"}), index)


def test_a_building_named_twice_is_refused_whatever_the_names() -> None:
    index = pd.Index([10, 11, 12])
    for names in (["a", "b", "c"], ["a", "a", "c"]):
        with pytest.raises(InputRefused, match="ASSIGNMENT_REPEATED") as refused:
            Wishes.of(pd.Series(names, index=[11, 11, 12]), index)
        assert refused.value.facts["buildings"] == ["11"]
    assert Wishes.of(pd.Series([None, "b"], index=[11, 11]), index).wish.tolist() == [-1, 0, -1]


# ---- In a whole community ----------------------------------------------------------------------------------


def divided(town: Any, **options: Any) -> CommunityPartition:
    settings = {"streets": town.streets, "barriers": None, "parameters": FAST, "key": "1", **options}
    return partition_community(town.frame, town.buildings, metric_crs=town.crs, **settings)


@pytest.fixture(scope="module")
def before(town: Any) -> CommunityPartition:
    result = divided(town)
    result.grids.index = [f"G{i:02d}" for i in range(len(result.grids))]
    return result


def test_buildings_assigned_by_hand_end_where_they_are_wanted(town: Any, before: CommunityPartition) -> None:
    """A house of G03 at the border goes to its neighbour; two far houses name grids of their own."""
    home = before.assignment.map(lambda g: f"G{g:02d}")
    near = town.buildings.geometry.buffer(45)
    guest, host = next(
        (b, home[other])
        for b in home.index[home == "G03"]
        for other in town.buildings.index[town.buildings.intersects(near[b])]
        if home[other] != "G03"
    )
    own = home.index[home == "G10"][0]
    wanted = pd.Series({guest: host, own: "新网格"}, dtype=object)
    result = divided(town, previous=before.grids, assigned=wanted)
    grids = result.grids.set_index("name")
    named = result.assignment.map(result.grids["name"])
    assert named[guest] == host and named[own] == "新网格"
    assert grids.loc[host, "inherits"] == host and grids.loc[host, "assigned"] == 1
    assert (result.grids.geom_type == "Polygon").all()
    assert result.grids["households"].sum() == town.buildings["households"].sum()
    assert any("手工指定 2 栋建筑到 2 个网格" in note for note in result.notes)
    assert result.quality["kept"] == {
        "locked": 0, "assigned": 2, "moved_households": int(result.grids["moved_households"].sum())
    }  # fmt: skip


def test_a_named_grid_goes_on_where_it_was(town: Any, before: CommunityPartition) -> None:
    """A house within one grid is wanted in another: that one reaches for it and does not change places with it."""
    home = before.assignment.map(lambda g: f"G{g:02d}")
    for host, other in (("G03", "G04"), ("G08", "G09")):
        own = town.buildings[home == other]
        away = own.distance(town.buildings[home == host].union_all()).sort_values()
        guest = away.index[1]
        result = divided(town, previous=before.grids, assigned=pd.Series({guest: host}, dtype=object))
        now = result.assignment.map(result.grids["inherits"])
        assert now[guest] == host
        people = town.buildings["households"][home == host]
        assert people[now[people.index] == host].sum() > people.sum() / 2


def test_houses_far_apart_share_a_grid_when_that_is_wished(town: Any) -> None:
    middle = town.buildings.geometry.centroid
    order = (middle.x + middle.y).sort_values().index
    wanted = pd.Series({order[100]: "甲", order[108]: "甲", order[112]: "乙"})
    result = divided(town, assigned=wanted)
    grid = result.assignment[wanted.index]
    assert grid.iloc[0] == grid.iloc[1] != grid.iloc[2]
    assert (result.grids.geom_type == "Polygon").all()


def test_wishes_hold_beside_locked_grids(town: Any, before: CommunityPartition) -> None:
    home = before.assignment.map(lambda g: f"G{g:02d}")
    inside, other = home.index[home == "G05"][0], home.index[home == "G09"][0]
    kept = divided(
        town, previous=before.grids, locked=["G05"], assigned=pd.Series({inside: "G05", other: "G09"})
    )
    grids = kept.grids.set_index("name")
    assert grids.loc["G05", "locked"] and grids.loc["G05", "assigned"] == 1
    assert kept.assignment.map(kept.grids["name"])[other] == "G09"
    for wish in ({inside: "G09"}, {other: "G05"}):
        with pytest.raises(InputRefused, match="ASSIGNMENT_LOCKED") as refused:
            divided(town, previous=before.grids, locked=["G05"], assigned=pd.Series(wish))
        assert refused.value.facts["buildings"] == [str(next(iter(wish)))]


def test_wishes_across_a_river_or_across_locked_land_are_refused(
    town: Any, before: CommunityPartition
) -> None:
    x = town.buildings.geometry.centroid.x
    ends = pd.Series({x.idxmin(): "甲", x.idxmax(): "甲"})
    with pytest.raises(InputRefused, match="ASSIGNMENT_ACROSS_BARRIER"):
        divided(town, barriers=town.river, assigned=ends)
    middle = before.grids.to_crs(town.crs).geometry.intersects(town.river.iloc[0])
    belt = list(before.grids.index[middle.to_numpy()])
    home = before.assignment.map(lambda g: f"G{g:02d}")
    free = x[~home.isin(belt)]
    ends = pd.Series({free.idxmin(): "甲", free.idxmax(): "甲"})
    with pytest.raises(InputRefused, match="ASSIGNMENT_ACROSS_LOCKED"):
        divided(town, previous=before.grids, locked=belt, assigned=ends)


def test_a_grid_that_hands_of_people_unbalanced_says_so(town: Any) -> None:
    many = town.buildings.index[town.buildings["households"].cumsum() < 700]
    result = divided(town, assigned=pd.Series("大", index=many[-14:]))
    grid = result.grids.set_index("name").loc["大"]
    assert (
        grid["size_class"] == "band" or Reason.ASSIGNED in grid["reasons"] or Reason.TOWER in grid["reasons"]
    )
