"""ProblemClassifier: texts in, probabilities of everything the model reads off them out.

All targets share one sparse row of features; each is an OrdinalClassifier. After fitting, the
heads of all targets stand side by side in one matrix, so a statement costs one product.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from pmo_ml.features import TextFeatures
from pmo_ml.ordinal import OrdinalClassifier, level_proba
from pmo_ml.reading import Reading
from pmo_ml.schema import GATES, Probabilities, Target

FIGURES_FOR_FACTORS: Mapping[str, tuple[str, ...]] = {
    "gate": ("bands",),
    "roles": ("bands",),
    "overdose": ("bands",),
}


class ProblemClassifier(BaseEstimator):
    """Reads gate, roles, overdose and factors off problem statements.

    Parameters
    ----------
    targets : tuple of Target
        The columns of `y`, in order (see schema.targets_for).
    features : TextFeatures or None
    head : OrdinalClassifier or None
        Cloned for each target, with the target's levels.
    unread : mapping of table to names of feature blocks
        What a table's heads do not look at. Figures decide how strong a dose is, and would only
        distract the heads that say which service is needed.
    n_jobs : int
        Heads fitted side by side, each with one BLAS thread.

    Attributes
    ----------
    features_ : TextFeatures
    coef_ : ndarray float32 (features, heads)
    intercept_ : ndarray float32 (heads,)
        Calibrated log-odds of every step of every target.
    oof_scores_ : ndarray (rows, heads)
        The same for the training rows, by heads that had not seen them; not saved.
    """

    def __init__(
        self,
        targets: tuple[Target, ...],
        features: TextFeatures | None = None,
        head: OrdinalClassifier | None = None,
        unread: Mapping[str, tuple[str, ...]] = FIGURES_FOR_FACTORS,
        n_jobs: int = 2,
    ) -> None:
        self.targets = targets
        self.features = features
        self.head = head
        self.unread = unread
        self.n_jobs = n_jobs

    def fit(self, X: Sequence[str], y: np.ndarray, groups: Any = None) -> "ProblemClassifier":
        """Learn from texts and their levels (n, targets); rows of a group share a fold."""
        for _ in self.fit_steps(X, y, groups):
            pass
        return self

    def fit_steps(
        self, X: Sequence[str], y: np.ndarray, groups: Any = None
    ) -> Iterator[tuple[int, int]]:
        """As `fit`, yielding (targets done, targets) so that a door can show progress."""
        y = np.asarray(y)
        if y.shape != (len(X), len(self.targets)):
            raise ValueError(f"y is {y.shape}, should be {(len(X), len(self.targets))}")
        self.features_ = TextFeatures() if self.features is None else clone(self.features)
        rows = self.features_.fit_transform(X)
        groups = None if groups is None else np.asarray(groups)
        in_scope = y[:, 0] == 0
        tasks = (
            delayed(_fit_target)(
                self._head(target),
                rows,
                y[:, column],
                groups,
                in_scope if target.in_scope_only else np.ones(len(y), dtype=bool),
                self._read_by(target),
            )
            for column, target in enumerate(self.targets)
        )
        fitted = []
        for head in Parallel(n_jobs=self.n_jobs, return_as="generator")(tasks):
            fitted.append(head)
            yield len(fitted), len(self.targets)
        self._stack(fitted)
        self._keep_unseen(fitted, rows, in_scope)

    def scores(self, X: Iterable[str | Reading]) -> np.ndarray:
        """Calibrated log-odds of every step of every target, (n, heads)."""
        check_is_fitted(self, "coef_")
        return self.scores_of(self.features_.transform(X))

    def scores_of(self, rows: sp.csr_matrix) -> np.ndarray:
        """The same from rows of features, (n, features)."""
        return np.asarray(rows @ self.coef_, dtype=np.float64) + self.intercept_

    def predict_proba(self, X: Iterable[str | Reading]) -> Probabilities:
        """What is read off each text, with probabilities (see schema.Probabilities)."""
        return self.proba_of(self.scores(X))

    def proba_of(self, scores: np.ndarray) -> Probabilities:
        """Log-odds (n, heads) to probabilities, one array a table."""
        roles = [target for target in self.targets if target.table == "roles"]
        first, last = self.steps(roles[0].name).start, self.steps(roles[-1].name).stop
        steps = len(roles[0].levels) - 1
        return Probabilities(
            gate=self._levels(scores, "gate.gate"),
            roles=level_proba(scores[:, first:last].reshape(len(scores), len(roles), steps)),
            overdose=self._levels(scores, "overdose.overdose"),
            factors={
                target.column: self._levels(scores, target.name)
                for target in self.targets
                if target.table == "factors"
            },
        )

    def _levels(self, scores: np.ndarray, name: str) -> np.ndarray:
        return level_proba(scores[:, self.steps(name)])

    def predict(self, X: Iterable[str]) -> np.ndarray:
        """The gate of each text, by the likelier name."""
        return np.array(GATES)[self.predict_proba(X).gate.argmax(axis=1)]

    def steps(self, name: str) -> slice:
        """Where a target's heads stand among the columns of `scores`. Raises KeyError."""
        if getattr(self, "_steps_of", None) is not self.targets:
            stops = np.cumsum([len(target.levels) - 1 for target in self.targets]).tolist()
            self._steps = {
                target.name: slice(stop - len(target.levels) + 1, stop)
                for target, stop in zip(self.targets, stops, strict=True)
            }
            self._steps_of = self.targets
        return self._steps[name]

    def state(self) -> dict[str, np.ndarray]:
        """What was learnt, as plain arrays (see `from_state`)."""
        check_is_fitted(self, "coef_")
        return {"coef": self.coef_, "intercept": self.intercept_, **self.features_.state()}

    @classmethod
    def from_state(
        cls, arrays: dict[str, np.ndarray], targets: tuple[Target, ...], **features: Any
    ) -> "ProblemClassifier":
        """The classifier that `state` was taken from; its probabilities are bit-equal."""
        classifier = cls(targets, TextFeatures(**features))
        classifier.features_ = TextFeatures.from_state(arrays, **features)
        classifier.coef_, classifier.intercept_ = arrays["coef"], arrays["intercept"]
        heads = sum(len(target.levels) - 1 for target in targets)
        if classifier.coef_.shape != (classifier.features_.n_features_out_, heads):
            raise ValueError("the arrays do not fit each other")
        return classifier

    def _read_by(self, target: Target) -> np.ndarray:
        """Which columns a target's heads look at, (features,) boolean."""
        read = np.ones(self.features_.n_features_out_, dtype=bool)
        for block in self.unread.get(target.table, ()):
            read[self.features_.columns(block)] = False
        return read

    def _head(self, target: Target) -> OrdinalClassifier:
        head = OrdinalClassifier() if self.head is None else self.head
        return clone(head).set_params(levels=target.levels)

    def _stack(self, fitted: list[OrdinalClassifier]) -> None:
        coef = np.vstack([head.coef_ for head in fitted])
        self.coef_ = np.ascontiguousarray(coef.T, dtype=np.float32)
        self.intercept_ = np.concatenate([head.intercept_ for head in fitted]).astype(np.float32)

    def _keep_unseen(
        self, fitted: list[OrdinalClassifier], rows: sp.csr_matrix, in_scope: np.ndarray
    ) -> None:
        # Rows that a target was not learnt from are unseen by all of its heads.
        self.oof_scores_ = self.scores_of(rows)
        for target, head in zip(self.targets, fitted, strict=True):
            used = in_scope if target.in_scope_only else slice(None)
            self.oof_scores_[used, self.steps(target.name)] = head.oof_scores_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        tags.target_tags.required = True
        return tags


def _fit_target(
    head: OrdinalClassifier,
    X: sp.csr_matrix,
    y: np.ndarray,
    groups: np.ndarray | None,
    rows: np.ndarray,
    columns: np.ndarray,
) -> OrdinalClassifier:
    """Fit on some rows and columns; the columns left out get a weight of 0."""
    with threadpool_limits(1):
        head.fit(X[rows][:, columns], y[rows], None if groups is None else groups[rows])
    whole = np.zeros((head.coef_.shape[0], X.shape[1]))
    whole[:, columns] = head.coef_
    head.coef_ = whole
    return head
