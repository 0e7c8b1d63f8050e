"""New sites stand where they serve the most households, and nobody can say how to do better than the bound."""

from __future__ import annotations

import json
import math
from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from gis.compute.coverage import WalkRules, walks_to_sites
from gis.compute.refusal import InputRefused
from gis.compute.siting import Siting, SitingWish, site, site_places, siting_table
from gis.compute.siting.bound import Descent, descend, even_pay, exact_bound
from gis.compute.siting.problem import Cover, Given, problem_of, restricted
from gis.compute.siting.proof import all_plans_beaten
from gis.compute.siting.search import (
    Tabu,
    chance_of,
    covered_by,
    greedy,
    greedy_from_chance,
    swapped,
    tabu_search,
)

METRIC = "EPSG:4547"


def question(seed: int, demand: int = 14, places: int = 8, weight: int = 20) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    covers = rng.random((places, demand)) < rng.uniform(0.1, 0.5)
    return rng.integers(0, weight, demand), covers


def best_of_all(weights: Any, covers: Any, count: int, pinned: tuple[int, ...] = ()) -> float:
    """The most that any plan covers, by trying all."""
    rest = [j for j in range(len(covers)) if j not in pinned]
    plans = combinations(rest, min(count - len(pinned), len(rest)))
    return max(float(weights[covers[[*plan, *pinned]].any(axis=0)].sum()) for plan in plans)


def names_of(answer: Siting) -> list[Any]:
    return [step.place_id for step in answer.steps]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 9))
def test_small_questions_are_answered_as_well_as_by_trying_all(seed: int, count: int) -> None:
    weights, covers = question(seed)
    answer = site(weights, csr_array(covers), count)
    best = best_of_all(weights, covers, count) if count else 0.0
    assert answer.covered == best <= answer.bound
    assert answer.covered == weights[covers[names_of(answer)].any(axis=0)].sum()
    assert (answer.proof, answer.gap) == ("optimal", 0.0)
    assert math.fsum(step.gained for step in answer.steps) == answer.covered


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_greedy_keeps_its_promise_and_the_bound_holds_for_any_payment(seed: int, count: int) -> None:
    weights, covers = question(seed)
    cover = problem_of(asked(weights, covers, count)).cover
    count = min(count, len(cover.first) - 1)
    best = best_of_all(weights, covers, count) if count else 0.0
    plan = greedy(cover, count)
    assert covered_by(cover, plan) >= (1 - 1 / math.e) * best
    assert plan.tolist() == plain_greedy(cover, count)
    rng = np.random.default_rng(seed)
    for pay in (even_pay(cover), cover.weight * rng.random(len(cover.weight)), 0.0 * cover.weight):
        assert exact_bound(cover, count, pay).whole >= best


def asked(weights: Any, covers: Any, count: int) -> Given:
    names = np.arange(len(covers)).astype(object)
    return Given(
        weights.astype(float), csr_array(covers), count, names, np.zeros(len(weights), dtype=bool), (), ()
    )


def plain_greedy(cover: Cover, count: int) -> list[int]:
    rows = [set(cover.demand[a:b]) for a, b in zip(cover.first, cover.first[1:], strict=False)]
    chosen: list[int] = []
    done: set[int] = set()
    for _ in range(count):
        rest = [j for j in range(len(rows)) if j not in chosen]
        chosen.append(max(rest, key=lambda j: sum(cover.weight[i] for i in rows[j] - done)))
        done |= rows[chosen[-1]]
    return chosen


def test_the_bound_is_as_low_as_the_linear_relaxation() -> None:
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, hstack, vstack

    weights, covers = question(3, demand=300, places=60)
    problem = problem_of(asked(weights, covers, 6))
    cover, count = problem.cover, problem.count
    pay, _, plan, covered = descend(
        cover, count, even_pay(cover), covered_by(cover, greedy(cover, count)), Descent()
    )
    assert covered == covered_by(cover, plan)
    by = csr_array((np.ones(len(cover.candidate)), cover.candidate, cover.by))
    rows = vstack(
        [
            hstack([eye_array(len(cover.weight)), -by]),
            csr_array(np.r_[np.zeros(len(cover.weight)), np.ones(len(cover.first) - 1)][None, :]),
        ]
    )
    relaxed = linprog(
        np.r_[-cover.weight, np.zeros(len(cover.first) - 1)],
        A_ub=rows,
        b_ub=np.r_[np.zeros(len(cover.weight)), count],
        bounds=(0, 1),
    )
    bound = exact_bound(cover, count, pay).whole
    assert math.floor(-relaxed.fun + 1e-6) <= bound <= -relaxed.fun * 1.002


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_swaps_keep_their_books(seed: int, count: int) -> None:
    """Every sum kept along the way is the one counted afresh, and a plan never covers less than its start."""
    weights, covers = question(seed, demand=30, places=12)
    cover = problem_of(asked(weights, covers, count)).cover
    count = min(count, len(cover.first) - 1)
    start = greedy_from_chance(cover, count, chance_of(seed))
    assert len(set(start.tolist())) == count
    plan, worth = swapped(
        cover, start, 200, Tabu(out=3, inside=1, patience=20, kick=2), chance_of(seed), 1 << 60
    )
    assert len(set(plan.tolist())) == count
    assert worth == covered_by(cover, plan) >= covered_by(cover, start)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_going_through_all_plans_finds_the_best_and_is_sure_of_it(seed: int, count: int) -> None:
    weights, covers = question(seed, demand=25, places=11)
    cover = problem_of(asked(weights, covers, count)).cover
    count = min(count, len(cover.first) - 1)
    best = int(best_of_all(weights, covers, count)) if count else 0
    for known in (0, best - 1, best):
        done, worth, plan = all_plans_beaten(cover, count, even_pay(cover), known, 1 << 40)
        assert (done, worth) == (True, best)
        assert (covered_by(cover, plan) if len(plan) else known) == best
    done, worth, plan = all_plans_beaten(cover, count, even_pay(cover), 0, 0)
    assert worth == covered_by(cover, plan) <= best and (worth == best or not done)


def test_compiled_kernels_do_what_their_text_says(monkeypatch: pytest.MonkeyPatch) -> None:
    from gis.compute.siting import bound as bounds
    from gis.compute.siting import proof, search

    weights, covers = question(11, demand=60, places=20)
    cover = problem_of(asked(weights, covers, 4)).cover
    start = greedy_from_chance(cover, 4, chance_of(5))
    compiled = swapped(cover, start, 150, Tabu(patience=20), chance_of(5), 1 << 60)
    pay, bound, plan, covered = descend(cover, 4, even_pay(cover), 0, Descent(steps=60))
    proven = all_plans_beaten(cover, 4, pay, covered // 2, 200_000)
    for module in (search, bounds, proof):
        for name, kernel in list(vars(module).items()):
            if hasattr(kernel, "py_func"):
                monkeypatch.setattr(module, name, kernel.py_func)
    assert not hasattr(search.tabu_search, "py_func") and hasattr(tabu_search, "py_func")
    plain = search.swapped(
        cover,
        search.greedy_from_chance(cover, 4, chance_of(5)),
        150,
        Tabu(patience=20),
        chance_of(5),
        1 << 60,
    )
    assert compiled[0].tolist() == plain[0].tolist() and compiled[1] == plain[1]
    again = bounds.descend(cover, 4, even_pay(cover), 0, Descent(steps=60))
    assert pay == pytest.approx(again[0], abs=1e-9) and bound == pytest.approx(again[1])
    assert plan.tolist() == again[2].tolist() and covered == again[3]
    once_more = proof.all_plans_beaten(cover, 4, pay, covered // 2, 200_000)
    assert proven[:2] == once_more[:2] and proven[2].tolist() == once_more[2].tolist()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_the_order_of_rows_changes_nothing(seed: int, count: int) -> None:
    # Weights that are no whole numbers, and many equal ones: ties everywhere.
    rng = np.random.default_rng(seed)
    weights = rng.choice([0.1, 0.7, 1.3], 40)
    covers = rng.random((15, 40)) < 0.15
    names = [f"地{i:02d}" for i in range(15)]
    straight = site(weights, csr_array(covers), count, names=names)
    rows, columns = rng.permutation(15), rng.permutation(40)
    turned = site(
        weights[columns], csr_array(covers[rows][:, columns]), count, names=[names[i] for i in rows]
    )
    assert json.dumps(straight.as_dict()) == json.dumps(turned.as_dict())
    assert json.dumps(straight.as_dict()) == json.dumps(
        site(weights, csr_array(covers), count, names=names).as_dict()
    )
    assert straight.covered <= straight.bound


def test_what_is_served_already_counts_but_wins_nothing() -> None:
    weights = np.array([50, 10, 10, 5])
    covers = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1]], dtype=bool)
    answer = site(
        weights, csr_array(covers), 2, names=["甲", "乙", "丙"], covered=np.array([True, False, False, False])
    )
    assert [(step.place_id, step.gained, step.covered) for step in answer.steps] == [
        ("乙", 20, 70),
        ("丙", 5, 75),
    ]
    assert (answer.covered_before, answer.covered, answer.total) == (50, 75, 75)
    assert (answer.share, answer.gap, answer.proof) == (1.0, 0.0, "optimal")


def test_pinned_places_come_first_and_forbidden_ones_never() -> None:
    weights, covers = question(5, demand=40, places=10)
    free = site(weights, csr_array(covers), 3)
    loser = next(j for j in range(10) if j not in names_of(free))
    held = site(
        weights,
        csr_array(covers),
        3,
        wish=SitingWish(pinned=(loser,), forbidden=(names_of(free)[0],)),
    )
    assert held.steps[0].place_id == loser and held.steps[0].pinned
    assert names_of(free)[0] not in names_of(held)
    allowed = [j for j in range(10) if j != names_of(free)[0]]
    assert held.covered == best_of_all(weights, covers[allowed], 3, (allowed.index(loser),))
    only = site(weights, csr_array(covers), 1, wish=SitingWish(pinned=(loser,)))
    assert names_of(only) == [loser] and only.proof == "optimal"


@pytest.mark.parametrize("count", [0, 3, 50])
def test_empty_questions_have_empty_answers(count: int) -> None:
    nothing = site([], csr_array((4, 0)), count)
    assert (nothing.steps, nothing.share, nothing.gap, nothing.proof) == ((), 0.0, 0.0, "optimal")
    nobody = site([0, 0], csr_array(np.ones((4, 2))), count)
    assert (nobody.steps, nobody.covered, nobody.proof) == ((), 0.0, "optimal")
    nowhere = site([3, 4], csr_array((0, 2)), count)
    assert (nowhere.steps, nowhere.total, nowhere.bound) == ((), 7.0, 0.0)


def test_more_sites_than_places_take_every_place_that_helps() -> None:
    covers = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    answer = site([1, 2, 4], csr_array(covers), 9, names=[30, 4, 200, 1])
    assert names_of(answer) == [200, 30] and answer.asked == 9 and answer.proof == "optimal"


def test_places_that_cover_the_same_are_told_apart_by_name_as_numbers_or_text() -> None:
    covers = csr_array(np.ones((3, 2), dtype=bool))
    assert names_of(site([1, 1], covers, 1, names=[10, 9, 100])) == [9]
    assert names_of(site([1, 1], covers, 1, names=["10", "9", "100"])) == ["10"]


def test_fractions_are_summed_without_loss() -> None:
    rng = np.random.default_rng(4)
    weights = rng.random(30) * 1e-3
    covers = rng.random((9, 30)) < 0.3
    answer = site(weights, csr_array(covers), 3)
    best = best_of_all(weights, covers, 3)
    assert answer.covered == pytest.approx(best, rel=1e-12)
    assert answer.bound >= answer.covered
    huge = site(weights * 1e18, csr_array(covers), 3)
    assert names_of(huge) == names_of(answer)


def test_a_search_that_is_stopped_answers_with_what_it_has() -> None:
    weights, covers = question(1, demand=90, places=30)
    asked_times = []

    def stop() -> bool:
        asked_times.append(1)
        return True

    answer = site(weights, csr_array(covers), 6, wish=SitingWish(should_stop=stop))
    assert answer.stopped and asked_times == [1]
    assert len(answer.steps) == 6 and answer.covered <= answer.bound
    best = site(weights, csr_array(covers), 6)
    assert not best.stopped
    assert (1 - 1 / math.e) * best.bound <= answer.covered <= best.covered <= answer.bound


def test_more_effort_is_never_worse() -> None:
    weights, covers = question(8, demand=90, places=30)
    fast, standard = (
        site(weights, csr_array(covers), 7, wish=SitingWish(effort=effort)) for effort in ("fast", "standard")
    )
    assert fast.covered <= standard.covered <= standard.bound <= fast.bound


def test_striking_out_candidates_keeps_the_rest_as_it_was() -> None:
    weights, covers = question(2, demand=30, places=10)
    problem = problem_of(asked(weights, covers, 3))
    keep = np.arange(0, len(problem.members), 2)
    left = restricted(problem, keep)
    assert left.members.tolist() == problem.members[keep].tolist()
    for new, old in enumerate(keep):
        assert covered_by(left.cover, np.array([new])) == covered_by(problem.cover, np.array([old]))
    assert covered_by(left.cover, np.arange(len(keep))) == covered_by(problem.cover, keep)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("DEMAND_UNUSABLE", {"weights": [1.0, -1.0]}),
        ("DEMAND_UNUSABLE", {"weights": [1.0, np.nan]}),
        ("SITE_COUNT_UNUSABLE", {"count": -1}),
        ("PLACE_TWICE", {"names": ["a", "a", "b"]}),
        ("PLACE_UNKNOWN", {"wish": SitingWish(pinned=("z",))}),
        ("PLACE_UNKNOWN", {"wish": SitingWish(forbidden=("z",))}),
        ("PLACE_PINNED_AND_FORBIDDEN", {"wish": SitingWish(pinned=("a",), forbidden=("a",))}),
        ("TOO_MANY_PINNED", {"wish": SitingWish(pinned=("a", "b")), "count": 1}),
    ],
)
def test_questions_that_cannot_be_answered_are_refused_in_both_languages(
    code: str, change: dict[str, Any]
) -> None:
    asked = {"weights": [1.0, 2.0], "count": 1, "names": ["a", "b", "c"], "wish": SitingWish(), **change}
    with pytest.raises(InputRefused) as refused:
        site(
            asked["weights"],
            csr_array(np.ones((3, 2))),
            asked["count"],
            names=asked["names"],
            wish=asked["wish"],
        )
    assert refused.value.code == code
    assert all((refused.value.zh, refused.value.en, refused.value.remedy_zh, refused.value.remedy_en))


def test_shapes_and_efforts_that_do_not_fit_are_errors() -> None:
    with pytest.raises(ValueError, match="covers has shape"):
        site([1.0], csr_array((3, 2)), 1)
    with pytest.raises(ValueError, match="effort is one of"):
        SitingWish(effort="utmost")


def frame(xy: list[tuple[float, float]], **columns: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[shapely.Point(*at) for at in xy], crs=METRIC)


def test_on_the_map_a_river_without_a_bridge_divides_what_a_site_serves() -> None:
    buildings = frame([(100, 0), (200, 0), (100, 80), (200, 80)], households=[10, 10, 30, 1])
    banks = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, y), (2000, y)]) for y in (0, 80)], crs=METRIC)
    candidates = frame([(150, 0), (150, 80)], place_id=["南", "北"])
    one = site_places(buildings, candidates, banks, None, 1)
    assert [(step.place_id, step.gained) for step in one.steps] == [("北", 31)]
    assert (one.total, one.proof) == (51, "optimal")
    as_the_crow_flies = site_places(buildings, candidates, None, None, 1)
    assert as_the_crow_flies.covered == 51
    existing = frame([(1000, 80)], site_id=["旧"])
    two = site_places(buildings, candidates, banks, existing, 2)
    assert two.covered_before == 31 and names_of(two) == ["南"]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_on_the_map_the_chosen_places_cover_what_a_coverage_run_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    streets = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(0, y), (1500, y)]) for y in (0, 400, 900)]
        + [shapely.LineString([(700, 0), (700, 900)])],
        crs=METRIC,
    )
    buildings = frame(
        [tuple(at) for at in rng.uniform(-300, 1500, (60, 2))], households=list(rng.integers(0, 50, 60))
    )
    candidates = frame([tuple(at) for at in rng.uniform(0, 1500, (12, 2))], place_id=list(range(12)))
    existing = frame([tuple(rng.uniform(0, 1500, 2))], site_id=["旧"])
    rules = WalkRules(minutes=5, radius_m=300)
    answer = site_places(buildings, candidates, streets, existing, 3, rules=rules)
    both = gpd.GeoDataFrame(
        {"site_id": ["旧", *map(str, names_of(answer))]},
        geometry=[*existing.geometry, *candidates.set_index("place_id").geometry.loc[names_of(answer)]],
        crs=METRIC,
    )
    walks = walks_to_sites(buildings, both, streets, rules)
    assert answer.covered == buildings["households"][walks["covered"]].sum()
    before = walks_to_sites(buildings, both.iloc[:1], streets, rules)
    assert answer.covered_before == buildings["households"][before["covered"]].sum()
    order = rng.permutation(60)
    turned = site_places(
        buildings.iloc[order],
        candidates.iloc[::-1],
        streets.iloc[::-1],
        existing,
        3,
        rules=rules,
    )
    assert turned.as_dict() == answer.as_dict()


def test_the_map_refuses_what_it_cannot_use() -> None:
    buildings, candidates = frame([(0, 0)], households=[1]), frame([(0, 0)], place_id=["a"])
    with pytest.raises(InputRefused, match="SITE_ID_MISSING"):
        site_places(buildings, candidates.drop(columns="place_id"), None, None, 1)
    with pytest.raises(InputRefused, match="HOUSEHOLDS_UNUSABLE"):
        site_places(buildings.drop(columns="households"), candidates, None, None, 1)
    with pytest.raises(InputRefused, match="DEGREES_NOT_METRES"):
        site_places(buildings.to_crs(4490), candidates, None, None, 1)
    with pytest.raises(InputRefused, match="MIXED_CRS"):
        site_places(buildings, candidates.to_crs("EPSG:4546"), None, None, 1)


def test_the_table_counts_steps_from_one() -> None:
    answer = site([3, 4], csr_array(np.eye(2)), 2, names=["a", "b"])
    table = siting_table(answer)
    assert table.index.tolist() == [1, 2] and table.index.name == "step"
    assert table["place_id"].tolist() == ["b", "a"]
    assert table["covered"].tolist() == [4, 7]
    assert len(siting_table(site([], csr_array((0, 0)), 0))) == 0
