"""Labelled statements to a classifier with tuned thresholds, and honest cross-validation.

Thresholds are tuned on the classifier's out-of-fold scores, so they see only statements whose
fold the heads have not seen. `cross_validate` refits everything, thresholds included, for each
held-out group of authors.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Protocol

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold

from pmo_ml.catalogue import Catalogue
from pmo_ml.classifier import ProblemClassifier
from pmo_ml.decisions import decide, decide_texts, refusal
from pmo_ml.dosing import dose_proba
from pmo_ml.errors import StatementError
from pmo_ml.evaluation import Given, Truth, f1, figures, quadratic_kappa
from pmo_ml.features import TextFeatures
from pmo_ml.ordinal import OrdinalClassifier
from pmo_ml.schema import GATES, ModelCard, Probabilities, Thresholds, targets_for
from pmo_ml.statements import encode, true_doses
from pmo_ml.thesaurus import Thesaurus, thesaurus_hash

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""

MOST_IN_SCOPE_REFUSED = 0.02
"""Share of in-scope statements that the gate may turn away, out of fold."""


_NEVER_BELOW = -20.0
"""Log-odds: a finite stand-in where nothing in scope speaks for a refusal."""


@dataclass(frozen=True)
class Parameters:
    """What training can be told; kept in the model's card."""

    C: float = 3.0
    class_weight: str | None = "balanced"
    folds: int = 5
    longest_words: int = 2
    character_range: tuple[int, int] | None = (3, 5)
    weights: tuple[float, ...] = (1.0, 1.0, 0.7, 0.7, 0.5, 0.5)


class Rival(Protocol):
    """Anything that learns from texts and their truth, and gives new texts a gate and doses."""

    name: str

    def fit(self, texts: list[str], truth: Truth) -> Any: ...

    def judge(self, texts: list[str]) -> Given: ...


@dataclass(frozen=True)
class Trained:
    """A fitted classifier with the thresholds that go with it."""

    classifier: ProblemClassifier
    thresholds: Thresholds

    def judge(self, texts: list[str], catalogue: Catalogue) -> Given:
        """What each text is given."""
        decisions = decide_texts(texts, self.classifier, catalogue, self.thresholds)
        return Given(decisions.gate, decisions.doses, decisions.needed)


def silent(what: str, done: int, total: int) -> None:
    """A Progress that says nothing."""


def truth_of(frame: pd.DataFrame, catalogue: Catalogue) -> Truth:
    """Gate and doses that the labels stand for, or that a column a category gives."""
    gate = frame["gate"].map({name: level for level, name in enumerate(GATES)}).to_numpy()
    if "core" in frame.columns:
        return Truth(gate, true_doses(frame, catalogue))
    return Truth(gate, frame[list(catalogue.ids)].to_numpy(dtype=int))


def train(
    frame: pd.DataFrame,
    catalogue: Catalogue,
    thesaurus: Thesaurus,
    parameters: Parameters | None = None,
    progress: Progress = silent,
) -> Trained:
    """Fit on checked statements, an author's staying together in the folds."""
    chosen = parameters or Parameters()
    targets = targets_for(catalogue.ids)
    classifier = ProblemClassifier(
        targets,
        TextFeatures(thesaurus, **feature_parameters(chosen)),
        OrdinalClassifier(C=chosen.C, folds=chosen.folds, class_weight=chosen.class_weight),
    )
    levels = encode(frame, catalogue, targets)
    texts, authors = frame["text"].tolist(), frame["author"].to_numpy(dtype=object)
    groups = authors if len(set(authors)) > 1 else None
    for done, total in classifier.fit_steps(texts, levels, groups):
        progress("learning", done, total)
    unseen = classifier.proba_of(classifier.oof_scores_)
    return Trained(classifier, tune(unseen, truth_of(frame, catalogue), catalogue))


def feature_parameters(parameters: Parameters) -> dict[str, Any]:
    """The part of the parameters that TextFeatures takes."""
    return {
        "longest_words": parameters.longest_words,
        "character_range": parameters.character_range,
        "weights": parameters.weights,
    }


def tune(proba: Probabilities, truth: Truth, catalogue: Catalogue) -> Thresholds:
    """Thresholds from out-of-fold probabilities: F1 for the categories, kappa for the doses."""
    in_scope = truth.gate == 0
    needed = 1.0 - dose_proba(catalogue.rule, proba)[:, :, 0]
    speaks = np.sort(refusal(proba, needed)[in_scope])
    # A score of the statements themselves, not between two: -inf can't be interpolated.
    last = int(np.ceil(len(speaks) * (1 - MOST_IN_SCOPE_REFUSED))) - 1
    refuse = max(float(speaks[last]), _NEVER_BELOW) if len(speaks) else 0.0
    need = _tune_need(needed, truth.doses > 0)
    start = Thresholds(refuse, need, (0.5, 0.5), 0.5)
    return _tune_steps(start, proba, truth, catalogue)


def _tune_need(needed: np.ndarray, truth: np.ndarray) -> tuple[float, ...]:
    """Per category, halfway between its own best threshold and that of all pooled.

    A category's own best alone would chase the noise of its few dozen statements.
    """
    grid = np.linspace(0.1, 0.7, 31)
    pooled = grid[np.argmax([f1(truth, needed >= t) for t in grid])]
    own = [
        grid[np.argmax([f1(truth[:, c], needed[:, c] >= t) for t in grid])]
        for c in range(truth.shape[1])
    ]
    return tuple(float((pooled + best) / 2) for best in own)


def _tune_steps(
    start: Thresholds, proba: Probabilities, truth: Truth, catalogue: Catalogue
) -> Thresholds:
    grid = np.arange(0.3, 0.7, 0.05)
    options = [
        Thresholds(start.refuse, start.need, (float(second), float(third)), start.overdose)
        for second in grid
        for third in grid
    ]
    kappas = [quadratic_kappa(truth.doses, decide(proba, catalogue, o).doses) for o in options]
    return options[int(np.argmax(kappas))]


def cross_validate(
    frame: pd.DataFrame,
    catalogue: Catalogue,
    thesaurus: Thesaurus,
    rivals: Callable[[], Sequence[Rival]] = tuple,
    folds: int = 5,
    progress: Progress = silent,
) -> dict[str, Given]:
    """What each statement is given by models that have not seen its author.

    Everything is learnt anew in each fold, thresholds included; `rivals` makes fresh rivals,
    which learn from the same rows. The first entry is "pmo_ml".
    """
    truth, texts = truth_of(frame, catalogue), frame["text"].to_numpy(dtype=object)
    authors = frame["author"].to_numpy(dtype=object)
    of = min(folds, len(set(authors)))
    if of < 2:
        raise StatementError(
            "Cross-validation by author needs statements of two authors at least",
            "evaluate --on FILE judges a saved model instead",
        )
    pooled: dict[str, Given] = {}
    for number, (seen, unseen) in enumerate(GroupKFold(of).split(frame, groups=authors), 1):
        part = frame.iloc[seen].reset_index(drop=True)
        ours = train(part, catalogue, thesaurus)
        _pour(ours.judge(texts[unseen].tolist(), catalogue), "pmo_ml", unseen, pooled, len(frame))
        for rival in rivals():
            rival.fit(texts[seen].tolist(), Truth(truth.gate[seen], truth.doses[seen]))
            _pour(rival.judge(texts[unseen].tolist()), rival.name, unseen, pooled, len(frame))
        progress("cross-validating", number, of)
    return pooled


def _pour(given: Given, name: str, rows: np.ndarray, pooled: dict[str, Given], total: int) -> None:
    """Put a fold's answers into their rows."""
    if name not in pooled:
        shape = (total, given.doses.shape[1])
        pooled[name] = Given(np.zeros(total, int), np.zeros(shape, int), np.zeros(shape))
    whole = pooled[name]
    whole.gate[rows], whole.doses[rows], whole.needed[rows] = given.gate, given.doses, given.needed


def make_card(
    trained: Trained,
    frame: pd.DataFrame,
    catalogue: Catalogue,
    thesaurus: Thesaurus,
    parameters: Parameters | None = None,
    *,
    created: datetime,
) -> ModelCard:
    """The sheet of facts for a trained model; `created` is in UTC."""
    unseen = trained.classifier.proba_of(trained.classifier.oof_scores_)
    decisions = decide(unseen, catalogue, trained.thresholds)
    given = Given(decisions.gate, decisions.doses, decisions.needed)
    told = frame.to_csv(index=False).encode()
    data_hash = hashlib.sha256(told).hexdigest()[:16]
    return ModelCard(
        version=f"{created:%Y%m%d-%H%M%S}-{data_hash[:6]}",
        created=f"{created:%Y-%m-%dT%H:%M:%SZ}",
        catalogue_version=catalogue.version,
        catalogue_hash=catalogue.hash,
        categories=catalogue.ids,
        data_hash=data_hash,
        thesaurus_hash=thesaurus_hash(thesaurus),
        statements=len(frame),
        parameters=asdict(parameters or Parameters()),
        thresholds=trained.thresholds,
        libraries={name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
        metrics={"out_of_fold": figures(truth_of(frame, catalogue), given)},
    )
