"""Factors and roles to doses: the codebook's rule, and its exact expectation.

`base_doses` is the rule as a literal table over all factor levels; `dose_proba` sums it over
every combination of levels and roles, weighted by their probabilities. Codebook 2.3 and 2.4.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from pmo_ml.catalogue import Rule
from pmo_ml.schema import FACTOR_LEVELS, Probabilities


@lru_cache(maxsize=8)
def base_doses(rule: Rule) -> np.ndarray:
    """The base dose 1..3 for each combination of factor levels.

    Axes follow FACTOR_LEVELS: (spread 3, persistence 2, severity 4, stakes 2, request 3).
    """
    names = list(FACTOR_LEVELS)
    grids = np.meshgrid(*FACTOR_LEVELS.values(), indexing="ij")
    total = np.sum(grids, axis=0)
    strong = np.zeros(total.shape, dtype=bool)
    for condition in rule.double_if:
        strong |= grids[names.index(condition.factor)] >= condition.level
    double = (total >= rule.double_from) | ((total >= rule.double_at) & strong)
    doses = np.where(double, 3, np.where(total >= rule.standard_from, 2, 1))
    doses.setflags(write=False)
    return doses


def base_dose(rule: Rule, levels: Mapping[str, int]) -> int:
    """The base dose for one level of each factor."""
    places = tuple(scale.index(levels[name]) for name, scale in FACTOR_LEVELS.items())
    return int(base_doses(rule)[places])


def secondary_dose(rule: Rule, base: np.ndarray | int) -> np.ndarray:
    """The dose of an outcome or a complaint in passing, given the base dose."""
    return np.maximum(np.asarray(base) - rule.secondary_step, rule.secondary_floor)


def label_doses(
    rule: Rule, roles: np.ndarray, levels: Mapping[str, np.ndarray], reduce: np.ndarray
) -> np.ndarray:
    """The doses 0..3 that labels stand for, (n, categories).

    roles   (n, categories) 0 none, 1 secondary, 2 core
    levels  factor -> (n,)
    reduce  (n, categories) whether the speaker has too much of it
    """
    places = tuple(
        np.searchsorted(scale, np.asarray(levels[name])) for name, scale in FACTOR_LEVELS.items()
    )
    base = base_doses(rule)[places][:, None]
    doses = np.where(roles == 2, base, np.where(roles == 1, secondary_dose(rule, base), 0))
    return np.where(reduce & (doses > 0), rule.overdose_dose, doses)


def within_limits(rule: Rule, doses: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """At most so many categories, and so many doubles (codebook 2.4), (n, categories).

    `rank` (n, categories) says what is kept first. A category too many gets dose 0; a double
    too many steps down to standard.
    """
    ranked = np.where(doses > 0, rank, -np.inf)
    order = np.argsort(np.argsort(-ranked, axis=1, kind="stable"), axis=1)
    doses = np.where(order < rule.most_categories, doses, 0)
    doubles = np.cumsum(np.take_along_axis(doses == 3, np.argsort(order, axis=1), axis=1), axis=1)
    surplus = np.take_along_axis(doubles, order, axis=1) > rule.most_double
    return np.where((doses == 3) & surplus, 2, doses)


def base_proba(rule: Rule, factors: Mapping[str, np.ndarray]) -> np.ndarray:
    """P(base dose = 0..3), (n, 4), from each factor's level probabilities (n, levels)."""
    spread, persistence, severity, stakes, request = (factors[name] for name in FACTOR_LEVELS)
    joint = np.einsum(
        "na,nb,nc,nd,ne->nabcde", spread, persistence, severity, stakes, request, optimize=False
    )
    is_dose = base_doses(rule).ravel()[:, None] == np.arange(4)
    joint = joint.reshape(len(spread), len(is_dose))
    return joint @ is_dose.astype(float)


def dose_proba(rule: Rule, proba: Probabilities) -> np.ndarray:
    """P(dose = 0..3) for each category, (n, categories, 4); rows over doses sum to 1.

    Factors, role and overdose are taken as independent given the text. An overdose touches the
    core categories: what is too much is what the speaker complains of.
    """
    base = base_proba(rule, proba.factors)
    certainly = np.eye(4)
    as_secondary = base @ certainly[secondary_dose(rule, np.arange(4))]
    too_much = proba.overdose[:, 1:2]
    as_core = base * (1 - too_much) + certainly[rule.overdose_dose] * too_much
    none, secondary, core = np.moveaxis(proba.roles[..., None], 2, 0)
    return none * certainly[0] + secondary * as_secondary[:, None] + core * as_core[:, None]
