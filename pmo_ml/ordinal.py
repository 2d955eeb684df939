"""A cumulative ordinal classifier: declared levels, sparse in, calibrated, monotone out.

One logistic head for each step of the scale says P(level >= k). Each head is calibrated on
out-of-fold scores (Platt 1999), and the calibration is folded into its weights, so a score is
still an exact sum over features. Decomposition after Frank & Hall (2001), with the cumulative
probabilities made monotone, which their version does not promise.
"""

from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

# P(step) of a step that no training row decides: about one in fifty thousand.
_NEVER = -11.0


class OrdinalClassifier(ClassifierMixin, BaseEstimator):
    """Reads one ordinal target through cumulative logistic heads.

    Parameters
    ----------
    levels : tuple of int or None
        The declared scale, lowest first; None takes the sorted values of `y`. A declared level
        that training never shows keeps its column, with a probability near 0.
    C : float
        Inverse strength of the heads' L2 penalty.
    folds : int
        Folds of the calibration. With fewer groups, or too few rows of a level, fewer folds are
        used; below two the head stays uncalibrated.
    class_weight : "balanced" or None

    Attributes
    ----------
    classes_ : ndarray (levels,)
    coef_ : ndarray (levels - 1, features)
        Row k - 1 holds the calibrated log-odds weights of "at least level k".
    intercept_ : ndarray (levels - 1,)
    oof_scores_ : ndarray (rows, levels - 1)
        Calibrated log-odds of each training row by heads that had not seen its fold.

    Examples
    --------
    >>> X = np.array([[0.], [1.], [2.], [3.], [4.], [5.]])
    >>> reader = OrdinalClassifier(levels=(0, 1, 2), C=100.).fit(X, [0, 0, 1, 1, 2, 2])
    >>> reader.predict([[0.], [5.]])
    array([0, 2])
    """

    def __init__(
        self,
        levels: tuple[int, ...] | None = None,
        C: float = 3.0,
        folds: int = 5,
        class_weight: str | None = "balanced",
    ) -> None:
        self.levels = levels
        self.C = C
        self.folds = folds
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, groups: Any = None) -> "OrdinalClassifier":
        """Learn from rows (n, features) and levels (n,); rows of a group share a fold."""
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=np.float64)
        check_classification_targets(y)
        self.classes_ = np.unique(y) if self.levels is None else np.array(self.levels)
        strange = set(np.unique(y)) - set(self.classes_)
        if strange:
            raise ValueError(f"levels {sorted(strange)} are not on the scale {self.levels}")
        place = np.searchsorted(self.classes_, y)
        steps = len(self.classes_) - 1
        self.coef_ = np.zeros((steps, X.shape[1]))
        self.intercept_ = np.zeros(steps)
        self.oof_scores_ = np.zeros((len(y), steps))
        for step in range(steps):
            self._fit_step(step, X, place > step, groups)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Calibrated log-odds of each step, (n, levels - 1); (n,) for a scale of two levels."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        scores = np.asarray(X @ self.coef_.T) + self.intercept_
        return scores.ravel() if scores.shape[1] == 1 else scores

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each level, (n, levels); rows sum to 1."""
        scores = self.decision_function(X)
        return level_proba(scores.reshape(len(scores), -1))

    def predict(self, X: Any) -> np.ndarray:
        """The most likely level of each row, (n,)."""
        likeliest = self.predict_proba(X).argmax(axis=1)
        return self.classes_[likeliest]

    def _fit_step(self, step: int, X: Any, reached: np.ndarray, groups: Any) -> None:
        """Fit, calibrate and store the head of one step of the scale."""
        if reached.all() or not reached.any():
            self.intercept_[step] = _NEVER if not reached.any() else -_NEVER
            self.oof_scores_[:, step] = self.intercept_[step]
            return
        head = self._head(X).fit(X, reached)
        unseen = self._out_of_fold(X, reached, groups)
        slope, shift = _platt(unseen, reached)
        self.coef_[step] = slope * head.coef_[0]
        self.intercept_[step] = slope * head.intercept_[0] + shift
        scores = np.where(np.isnan(unseen), head.decision_function(X), unseen)
        self.oof_scores_[:, step] = slope * scores + shift

    def _head(self, X: Any) -> LogisticRegression:
        # With far more columns than rows the dual is four times as fast as the primal, and at
        # this tolerance its scores differ in the third decimal. With fewer it may not converge.
        wide = X.shape[1] > X.shape[0]
        return LogisticRegression(
            C=self.C,
            class_weight=self.class_weight,
            solver="liblinear",
            dual=wide,
            tol=0.01 if wide else 1e-4,
            max_iter=1000,
            random_state=0,
        )

    def _out_of_fold(self, X: Any, reached: np.ndarray, groups: Any) -> np.ndarray:
        """Uncalibrated score of each row by a head that has not seen it; NaN where none can."""
        scores = np.full(len(reached), np.nan)
        for train, test in self._splits(X, reached, groups):
            if 0 < reached[train].sum() < len(train):
                head = self._head(X).fit(X[train], reached[train])
                scores[test] = head.decision_function(X[test])
        return scores

    def _splits(self, X: Any, reached: np.ndarray, groups: Any) -> Any:
        if groups is not None:
            folds = min(self.folds, len(np.unique(groups)))
            return GroupKFold(folds).split(X, reached, groups) if folds > 1 else ()
        folds = min(self.folds, int(reached.sum()), int((~reached).sum()))
        return StratifiedKFold(folds).split(X, reached) if folds > 1 else ()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _platt(scores: np.ndarray, reached: np.ndarray) -> tuple[float, float]:
    """Slope and shift of Platt's sigmoid on out-of-fold scores; (1, 0) where unlearnable."""
    known = ~np.isnan(scores)
    if not 0 < reached[known].sum() < known.sum():
        return 1.0, 0.0
    sigmoid = LogisticRegression(C=100.0).fit(scores[known, None], reached[known])
    slope = float(sigmoid.coef_[0, 0])
    if slope <= 0:
        # A head that ranks backwards out of fold has learnt nothing; say the base rate.
        share = reached.mean()
        return 0.0, float(np.log(share / (1 - share)))
    return slope, float(sigmoid.intercept_[0])


def level_proba(scores: np.ndarray) -> np.ndarray:
    """Log-odds of the steps (..., levels - 1) to probabilities of the levels (..., levels).

    A step can't be likelier than the one below it, so each is capped by those before.

    >>> level_proba(np.array([[0.0, 2.0]]))
    array([[0.5, 0. , 0.5]])
    """
    reached = np.minimum.accumulate(expit(scores), axis=-1)
    levels = np.empty((*scores.shape[:-1], scores.shape[-1] + 1))
    levels[..., 0] = 1.0
    levels[..., 1:] = reached
    levels[..., :-1] -= reached
    return levels
