"""Probabilities to gates and doses: the only place with thresholds.

Works on whole arrays, so scoring, evaluation and a single statement are decided alike.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit

from pmo_ml.catalogue import Catalogue
from pmo_ml.classifier import ProblemClassifier
from pmo_ml.dosing import dose_proba, within_limits
from pmo_ml.reading import read
from pmo_ml.schema import FACTOR_LEVELS, Probabilities, Thresholds

LEAST_KNOWN = 0.45
"""Below this share of known words a statement counts as not readable: English runs above 0.8."""

NEED_AGAINST_REFUSAL = 0.5
PLACEABLE = 0.5
"""A category this probable places a statement, however little else is said."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What n statements are given.

    gate        (n,) index into GATES
    doses       (n, categories) 0..3, all 0 where the gate refuses
    dose_proba  (n, categories, 4)
    needed      (n, categories) P(dose >= 1)
    prune       (n, categories) whether the service is to be cut back, not added
    certainty   (n,) P(refusal is right), or P(needed) of the surest service given
    """

    gate: np.ndarray
    doses: np.ndarray
    dose_proba: np.ndarray
    needed: np.ndarray
    prune: np.ndarray
    certainty: np.ndarray


def decide(
    proba: Probabilities,
    catalogue: Catalogue,
    thresholds: Thresholds,
    readable: np.ndarray | None = None,
) -> Decisions:
    """Thresholds and the codebook's limits, applied to n statements at once.

    A statement in scope always gets its likeliest category, since in scope means that one can be
    placed (codebook 3.5). `readable` (n,) marks texts with enough known words; the others are
    refused.
    """
    rule = catalogue.rule
    chances = dose_proba(rule, proba)
    needed = 1.0 - chances[:, :, 0]
    refused = refusal(proba, needed) > thresholds.refuse
    gate = np.where(refused, 1 + proba.gate[:, 1:].argmax(axis=1), 0)
    if readable is not None:
        gate = np.where(readable, gate, np.where(gate == 2, 2, 1))
    given = needed >= np.array(thresholds.need)
    given[np.arange(len(needed)), needed.argmax(axis=1)] = True
    doses = np.where(given, 1 + _steps(chances, needed, thresholds), 0)
    doses = within_limits(rule, doses, needed) * (gate == 0)[:, None]
    prune = (
        (proba.overdose[:, 1:2] >= thresholds.overdose)
        & (proba.roles.argmax(axis=2) == 2)
        & (doses > 0)
    )
    doses = np.where(prune, rule.overdose_dose, doses)
    surest = (needed * (doses > 0)).max(axis=1)
    certainty = np.where(gate == 0, surest, 1.0 - proba.gate[:, 0])
    return Decisions(gate, doses, chances, needed, prune, certainty)


def decide_texts(
    texts: Iterable[str],
    classifier: ProblemClassifier,
    catalogue: Catalogue,
    thresholds: Thresholds,
) -> Decisions:
    """Read, judge and decide texts, with those that cannot be read refused."""
    readings = [read(text) for text in texts]
    known = np.array([classifier.features_.known_share(reading) for reading in readings])
    proba = classifier.predict_proba(readings)
    return decide(proba, catalogue, thresholds, known >= LEAST_KNOWN)


def refusal(proba: Probabilities, needed: np.ndarray) -> np.ndarray:
    """How much speaks for refusing each statement, (n,), as log-odds; -inf where it can't be.

    The gate and the categories look at one question from two sides: a statement in which a
    category is plainly needed is in scope. So the surest need counts against a refusal, and one
    placeable word lifts a verdict of "too vague" (codebook 3.5).
    """
    surest = needed.max(axis=1, initial=0.0)
    against = logit(np.clip(surest, 1e-6, 1 - 1e-6)) * NEED_AGAINST_REFUSAL
    speaks = logit(np.clip(1.0 - proba.gate[:, 0], 1e-9, 1 - 1e-9)) - against
    vague = proba.gate[:, 1] >= proba.gate[:, 2]
    return np.where(vague & (surest >= PLACEABLE), -np.inf, speaks)


def _steps(chances: np.ndarray, needed: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    """How many doses above light touch, given that the category is needed at all."""
    given = np.maximum(needed, 1e-9)
    at_least = np.cumsum(chances[:, :, :0:-1], axis=2)[:, :, ::-1]  # P(dose >= 1, 2, 3)
    second, third = thresholds.step_up
    standard = at_least[:, :, 1] / given >= second
    double = at_least[:, :, 2] / given >= third
    return standard.astype(int) + (standard & double)


def with_answers(proba: Probabilities, answers: Mapping[str, int]) -> Probabilities:
    """The probabilities after answers have settled some factors."""
    factors = dict(proba.factors)
    for factor, level in answers.items():
        settled = np.zeros_like(factors[factor])
        settled[:, FACTOR_LEVELS[factor].index(level)] = 1.0
        factors[factor] = settled
    return replace(proba, factors=factors)
