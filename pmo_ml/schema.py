"""The records that travel between modules, and the words of the contracts.

Nothing here computes. Arrays are positional: their axes are the targets below, in order.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

Gate = Literal["in_scope", "too_vague", "out_of_scope"]
Dose = Literal[0, 1, 2, 3]

GATES: tuple[Gate, ...] = ("in_scope", "too_vague", "out_of_scope")
ROLES = ("none", "secondary", "core")
DOSE_LEVELS = (0, 1, 2, 3)
FACTOR_LEVELS: Mapping[str, tuple[int, ...]] = {
    "spread": (0, 1, 2),
    "persistence": (0, 1),
    "severity": (-1, 0, 1, 2),
    "stakes": (0, 1),
    "request": (-1, 0, 1),
}

LONGEST_STATEMENT = 20_000
"""Characters. A page of text is 3,000; beyond this a paste went wrong."""


@dataclass(frozen=True, slots=True)
class Target:
    """One column that the model reads off a statement, with its declared scale.

    `levels` are integers in order, lowest first. `in_scope_only` targets are learnt from
    statements that are in scope, because elsewhere the label says nothing (codebook 2.1).
    """

    table: Literal["gate", "roles", "overdose", "factors"]
    column: str
    levels: tuple[int, ...]
    in_scope_only: bool = False

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


def targets_for(categories: tuple[str, ...]) -> tuple[Target, ...]:
    """The targets of a catalogue, in the order that every array follows."""
    return (
        # The gate's names are ordered by how firmly it refuses, so "not in scope" and "out of
        # scope" are the two steps of one cumulative scale.
        Target("gate", "gate", (0, 1, 2)),
        *(Target("roles", category, (0, 1, 2)) for category in categories),
        Target("overdose", "overdose", (0, 1), in_scope_only=True),
        *(Target("factors", name, levels, True) for name, levels in FACTOR_LEVELS.items()),
    )


@dataclass(frozen=True, slots=True)
class Probabilities:
    """What the model reads off n statements. Every row over levels sums to 1.

    gate      (n, 3)                    in the order of GATES
    roles     (n, categories, 3)        none, secondary, core
    overdose  (n, 2)
    factors   name -> (n, levels)       in the order of FACTOR_LEVELS
    """

    gate: np.ndarray
    roles: np.ndarray
    overdose: np.ndarray
    factors: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.gate)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the decisions fall; tuned in training, kept in the model's card.

    refuse     a statement is refused when more than this speaks for it (log-odds, see
               decisions.refusal)
    need       per category, prescribed when P(dose >= 1) is at least this
    step_up    (2,) dose 2 and 3 are reached when P(dose >= k | dose >= 1) is at least these
    overdose   the prescription is to prune when P(overdose) is at least this
    """

    refuse: float
    need: tuple[float, ...]
    step_up: tuple[float, float]
    overdose: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of the person's own text, and how far it moved one score (log-odds)."""

    text: str
    start: int
    end: int
    weight: float
    concepts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why one score is what it is: `start` + every word's weight = `score` (log-odds).

    `evidence` holds the stretches that moved it most, upward first; `rest` is the sum of all
    words not shown.
    """

    target: str
    score: float
    start: float
    evidence: tuple[Evidence, ...]
    rest: float


@dataclass(frozen=True, slots=True)
class FactorReading:
    """One dial: the level that was read, or set by an answer, and how sure the reading is."""

    factor: str
    symbol: str
    name: str
    level: int
    level_name: str
    phrase: str
    certainty: float
    proba: tuple[float, ...]
    answered: bool
    reasons: Reasons | None


@dataclass(frozen=True, slots=True)
class Service:
    """One line of a prescription: a category at a dose, with what it means."""

    category: str
    name: str
    dose: Dose
    dose_name: str
    role: str
    p_needed: float
    certainty: str
    proba: tuple[float, ...]
    prune: bool
    because: str
    reasons: Reasons | None
    does: str
    first_weeks: str
    deliverables: tuple[str, ...]
    cadence: str
    effort: int
    contra_indications: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A category often given together with a prescribed one, and why."""

    category: str
    name: str
    beside: str
    why: str


@dataclass(frozen=True, slots=True)
class Prescription:
    """The whole answer to one statement."""

    statement: str
    gate: Gate
    gate_certainty: float
    gate_proba: tuple[float, ...]
    gate_reasons: Reasons | None
    message: str
    questions: tuple[str, ...]
    services: tuple[Service, ...]
    factors: tuple[FactorReading, ...]
    often_given_with: tuple[Suggestion, ...]
    effort: int
    notes: tuple[str, ...]
    model_version: str
    catalogue_version: str

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and text, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class ModelCard:
    """The sheet of facts beside a model's arrays."""

    version: str
    created: str
    catalogue_version: str
    catalogue_hash: str
    categories: tuple[str, ...]
    data_hash: str
    thesaurus_hash: str
    statements: int
    parameters: Mapping[str, Any]
    thresholds: Thresholds
    libraries: Mapping[str, str]
    metrics: Mapping[str, Any] = field(default_factory=dict)
