"""A siting question as arrays without what decides nothing, in an order that the rows of the input do not decide."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from gis.compute.refusal import InputRefused

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Whole weights sum to less than this, so that floating point holds what the bound adds up to a tenth of one.
LARGEST_SUM = float(1 << 36)
# Up to this many candidates each is compared with all others to strike out those that cover nothing of their own.
COMPARED_AT_MOST = 4_000


class Cover(NamedTuple):
    """Who covers what, for the kernels: demand of every candidate, candidates of every demand, whole weights."""

    first: Ints
    demand: Ints
    by: Ints
    candidate: Ints
    weight: Ints


@dataclass(frozen=True)
class Problem:
    """What is left to decide: `count` of the candidates `members` (positions in the input, in order of name).

    `unit` whole weights are one weight of the input; `pinned` positions are chosen already, `served` says which demand
    is covered without any choice.
    """

    cover: Cover
    members: Ints
    count: int
    unit: float
    pinned: Ints
    served: Bools

    @property
    def weight_sum(self) -> int:
        """All that could still be covered."""
        return int(self.cover.weight.sum())


@dataclass(frozen=True)
class Given:
    """A question as it is asked, checked: rows of `covers` are candidates, columns demand."""

    weights: Floats
    covers: csr_array
    count: int
    names: npt.NDArray[np.object_]
    covered: Bools
    pinned: Sequence[Hashable]
    forbidden: Sequence[Hashable]


def checked(given: Given) -> Given:
    """The question, if it can be answered. Raises InputRefused otherwise."""
    bad = ~(np.isfinite(given.weights) & (given.weights >= 0))
    if bad.any():
        row = int(np.argmax(bad)) + 1
        raise InputRefused(
            "DEMAND_UNUSABLE",
            zh=f"第 {row} 行的需求量为空或为负",
            en=f"row {row} has missing or negative demand",
            remedy_zh="请填写不小于 0 的数",
            remedy_en="give every row a number, 0 or more",
            row=row,
        )
    if given.count < 0:
        raise InputRefused(
            "SITE_COUNT_UNUSABLE",
            zh=f"新增站点数 {given.count} 为负",
            en=f"{given.count} new sites cannot be placed",
            remedy_zh="请填写不小于 0 的整数",
            remedy_en="give a whole number, 0 or more",
            facts={"count": given.count},
        )
    shape = (len(given.names), len(given.weights))
    if given.covers.shape != shape or given.covered.shape != shape[1:]:
        raise ValueError(f"covers has shape {given.covers.shape}, wanted {shape}")
    _check_names(given)
    return given


def _check_names(given: Given) -> None:
    known = set(given.names)
    if len(known) < len(given.names):
        twice = next(name for i, name in enumerate(given.names) if name in set(given.names[:i]))
        raise InputRefused(
            "PLACE_TWICE",
            zh=f"候选地点编号 {twice} 重复",
            en=f"the candidate {twice} is given twice",
            remedy_zh="每个候选地点的编号应唯一",
            remedy_en="give every candidate an id of its own",
            facts={"place": str(twice)},
        )
    strange = [name for name in (*given.pinned, *given.forbidden) if name not in known]
    both = [name for name in given.pinned if name in set(given.forbidden)]
    for names, code, zh, en in (
        (strange, "PLACE_UNKNOWN", "不在候选地点之中", "is not among the candidates"),
        (both, "PLACE_PINNED_AND_FORBIDDEN", "同时被指定和排除", "is both pinned and forbidden"),
    ):
        if names:
            raise InputRefused(
                code,
                zh=f"地点 {names[0]} {zh}",
                en=f"the place {names[0]} {en}",
                remedy_zh="请更正指定或排除的地点编号",
                remedy_en="correct the ids of the pinned and forbidden places",
                facts={"places": [str(name) for name in names]},
            )
    if len(set(given.pinned)) > given.count:
        raise InputRefused(
            "TOO_MANY_PINNED",
            zh=f"指定了 {len(set(given.pinned))} 个地点，多于新增站点数 {given.count}",
            en=f"{len(set(given.pinned))} places are pinned, more than the {given.count} new sites",
            remedy_zh="请减少指定地点或增加站点数",
            remedy_en="pin fewer places or ask for more sites",
            facts={"pinned": len(set(given.pinned)), "count": given.count},
        )


def order_of(names: npt.NDArray[np.object_]) -> Ints:
    """Positions in order of name: numbers as numbers, anything else as text."""
    if all(isinstance(name, int | float | np.number) for name in names):
        return np.argsort(np.array(names, dtype=np.float64), kind="stable")
    return np.argsort(np.array([str(name) for name in names]), kind="stable")


def problem_of(given: Given) -> Problem:
    """What is left to decide of a checked question."""
    order = order_of(given.names)
    pinned = np.isin(given.names[order], np.array([*given.pinned, None], dtype=object))
    barred = np.isin(given.names[order], np.array([*given.forbidden, None], dtype=object))
    covers = (given.covers[order] != 0).tocsr()
    served = given.covered | (covers[np.flatnonzero(pinned)].sum(axis=0) > 0)
    unit = _unit(given.weights)
    whole = np.round(given.weights * unit).astype(np.int64)
    free = np.flatnonzero(~pinned & ~barred)
    left = covers[free][:, np.flatnonzero(~served & (whole > 0))].tocsr()
    weight, left = _merged(whole[~served & (whole > 0)], left)
    keep = _worth_a_look(left)
    left = left[keep]
    count = min(given.count - int(pinned.sum()), len(keep))
    return Problem(_cover(weight, left), order[free[keep]], count, unit, order[pinned], served)


def _unit(weights: Floats) -> float:
    """Whole weights per weight: 1 where the weights are whole, else the power of two that brings the sum near 2^36."""
    total = math.fsum(weights)
    if total == 0 or (total < LARGEST_SUM and bool((weights == np.round(weights)).all())):
        return 1.0
    return float(2.0 ** (math.floor(math.log2(LARGEST_SUM / total)) - 1))


def _merged(weight: Ints, covers: csr_array) -> tuple[Ints, csr_array]:
    """Demand that the same candidates cover as one; what nobody covers is left out.

    Rows are told apart by two sums of 64 random bits per candidate: a false match is as likely as 10^-38 per pair.
    """
    bits = np.random.default_rng(20240401).integers(0, 1 << 63, (covers.shape[0], 2), dtype=np.uint64)
    rows = covers.tocoo()
    marks = np.zeros((covers.shape[1], 2), dtype=np.uint64)
    np.add.at(marks, rows.coords[1], bits[rows.coords[0]])
    some = np.flatnonzero(np.bincount(rows.coords[1], minlength=covers.shape[1]) > 0)
    _, first, group = np.unique(marks[some], axis=0, return_index=True, return_inverse=True)
    sums = np.zeros(len(first), dtype=np.int64)
    np.add.at(sums, group.ravel(), weight[some])
    return sums, covers[:, some[first]].tocsr()


def _worth_a_look(covers: csr_array) -> Ints:
    """Candidates that cover something, without those that cover only what one other candidate covers too."""
    size = np.diff(covers.indptr)
    some = np.flatnonzero(size > 0)
    if len(some) > COMPARED_AT_MOST:
        return some
    ones = csr_array((np.ones(covers.nnz, dtype=np.int32), covers.indices, covers.indptr), shape=covers.shape)
    shared = (ones @ ones.T).tocoo()
    a, b = shared.coords
    within = (a != b) & (shared.data == size[a]) & ((size[b] > size[a]) | (b < a))
    needless = np.zeros(len(size), dtype=bool)
    needless[a[within]] = True
    return some[~needless[some]]


def _cover(weight: Ints, covers: csr_array) -> Cover:
    rows = coo_array(covers)
    place, demand = (axis.astype(np.int64) for axis in rows.coords)
    by_place, by_demand = np.lexsort((demand, place)), np.lexsort((place, demand))
    return Cover(
        _starts(place, covers.shape[0]),
        demand[by_place],
        _starts(demand, covers.shape[1]),
        place[by_demand],
        weight,
    )


def _starts(owner: Ints, count: int) -> Ints:
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(owner, minlength=count), out=starts[1:])
    return starts


def restricted(problem: Problem, keep: Ints) -> Problem:
    """The problem with only some of its candidates left; the demand stays as it is."""
    cover = problem.cover
    kept = np.zeros(len(cover.first) - 1, dtype=bool)
    kept[keep] = True
    name = np.cumsum(kept) - 1
    place = np.repeat(np.arange(len(kept)), np.diff(cover.first))
    demand = cover.demand[kept[place]]
    at = np.repeat(np.arange(len(cover.weight)), np.diff(cover.by))
    stays = kept[cover.candidate]
    return Problem(
        Cover(
            _starts(name[place[kept[place]]], len(keep)),
            demand,
            _starts(at[stays], len(cover.weight)),
            name[cover.candidate[stays]],
            cover.weight,
        ),
        problem.members[keep],
        min(problem.count, len(keep)),
        problem.unit,
        problem.pinned,
        problem.served,
    )
