"""Metrics on what users receive: the gate and the doses after all thresholds and limits.

Every figure is over all statements. One that is not in scope needs dose 0 everywhere, so
prescribing for it costs precision.
"""

from dataclasses import dataclass

import numpy as np

from pmo_ml.schema import DOSE_LEVELS

METRICS = {
    "category_f1_micro": "F1 over all (statement, category) pairs",
    "category_f1_macro": "mean of the categories' F1",
    "precision": "share of the categories given that were needed",
    "recall": "share of the categories needed that were given",
    "main_hit_at_3": "one of the strongest needs stands among the three likeliest (in scope)",
    "dose_kappa": "quadratic-weighted kappa of the doses 0..3",
    "dose_exact_when_both": "dose exactly right where a category was needed and given",
    "dose_off_by_two": "dose wrong by two steps or more where needed or given",
    "gate_accuracy": "gate exactly right",
    "off_topic_refused": "share of out-of-scope statements refused",
    "vague_refused": "share of too vague statements refused",
    "in_scope_refused": "share of in-scope statements refused",
    "calibration_error": "mean gap between P(needed) and the truth, in ten bins",
    "brier": "mean squared error of P(needed)",
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What n statements should get: gate (n,) index into GATES, doses (n, categories)."""

    gate: np.ndarray
    doses: np.ndarray


@dataclass(frozen=True, slots=True)
class Given:
    """What n statements got, with P(dose >= 1) as `needed` (n, categories)."""

    gate: np.ndarray
    doses: np.ndarray
    needed: np.ndarray


def figures(truth: Truth, given: Given) -> dict[str, float]:
    """Every metric of METRICS. A figure that no statement speaks to is nan."""
    need, gave = truth.doses > 0, given.doses > 0
    both, either = need & gave, need | gave
    refused = given.gate != 0
    step = np.abs(truth.doses - given.doses)
    return {
        "category_f1_micro": f1(need, gave),
        "category_f1_macro": _mean(
            [f1(n, g) for n, g in zip(need.T, gave.T, strict=True) if n.any()]
        ),
        "precision": float(both.sum() / max(gave.sum(), 1)),
        "recall": float(both.sum() / max(need.sum(), 1)),
        "main_hit_at_3": _mean(_main_among_three(truth.doses, given.needed)[truth.gate == 0]),
        "dose_kappa": quadratic_kappa(truth.doses, given.doses),
        "dose_exact_when_both": _mean(step[both] == 0),
        "dose_off_by_two": _mean(step[either] >= 2),
        "gate_accuracy": _mean(truth.gate == given.gate),
        "off_topic_refused": _mean(refused[truth.gate == 2]),
        "vague_refused": _mean(refused[truth.gate == 1]),
        "in_scope_refused": _mean(refused[truth.gate == 0]),
        "calibration_error": calibration_error(need, given.needed),
        "brier": _mean((given.needed - need) ** 2),
    }


def f1(need: np.ndarray, gave: np.ndarray) -> float:
    """F1 of two boolean arrays of one shape.

    >>> f1(np.array([True, True, False]), np.array([True, False, False]))
    0.6666666666666666
    """
    hits = (need & gave).sum()
    return float(2 * hits / max(need.sum() + gave.sum(), 1))


def quadratic_kappa(a: np.ndarray, b: np.ndarray, levels: int = len(DOSE_LEVELS)) -> float:
    """Agreement of two arrays of levels beyond chance, squared distance as cost (Cohen 1968)."""
    table = np.zeros((levels, levels))
    np.add.at(table, (a.ravel(), b.ravel()), 1)
    cost = (np.arange(levels)[:, None] - np.arange(levels)) ** 2.0
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(table.sum(), 1)
    expected = (cost * by_chance).sum()
    return float(1 - (cost * table).sum() / expected) if expected > 0 else 1.0


def calibration_error(truth: np.ndarray, p: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: |share true - mean p| in equal bins, weighted by their size."""
    truth, p = truth.ravel().astype(float), p.ravel()
    place = np.minimum((p * bins).astype(int), bins - 1)
    size = np.bincount(place, minlength=bins)
    gap = np.bincount(place, truth - p, minlength=bins)
    return float(np.abs(gap).sum() / max(size.sum(), 1))


def by_category(truth: Truth, given: Given, categories: tuple[str, ...]) -> list[dict]:
    """Support, F1, precision, recall and dose kappa of each category."""
    rows = []
    for column, name in enumerate(categories):
        need, gave = truth.doses[:, column] > 0, given.doses[:, column] > 0
        both = (need & gave).sum()
        rows.append(
            {
                "category": name,
                "needed": int(need.sum()),
                "given": int(gave.sum()),
                "f1": f1(need, gave),
                "precision": float(both / max(gave.sum(), 1)),
                "recall": float(both / max(need.sum(), 1)),
                "dose_kappa": quadratic_kappa(truth.doses[:, column], given.doses[:, column]),
            }
        )
    return rows


def bootstrap(
    truth: Truth, given: Given, draws: int = 200, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """95 % intervals of `figures`, by drawing statements with replacement."""
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        rows = rng.integers(0, len(truth.gate), len(truth.gate))
        drawn.append(
            figures(
                Truth(truth.gate[rows], truth.doses[rows]),
                Given(given.gate[rows], given.doses[rows], given.needed[rows]),
            )
        )
    return {name: _interval([d[name] for d in drawn]) for name in METRICS}


def _main_among_three(doses: np.ndarray, needed: np.ndarray) -> np.ndarray:
    strongest = doses == np.maximum(doses.max(axis=1, keepdims=True), 1)
    likeliest = np.argsort(-needed, axis=1, kind="stable")[:, :3]
    return np.asarray(np.take_along_axis(strongest, likeliest, axis=1).any(axis=1))


def _interval(values: list[float]) -> tuple[float, float]:
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def _mean(values: np.ndarray | list) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
