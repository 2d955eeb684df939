"""The simple rivals that stand beside every metric, trained on the same statements.

majority   says the commonest gate and dose of every category
cue words  gives a standard dose where a statement shares enough words with a card's cues
plain      TfidfVectorizer and one-vs-rest LogisticRegression, a head for each gate and dose
"""

import warnings

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from pmo_ml.catalogue import Catalogue
from pmo_ml.evaluation import Given, Truth, f1
from pmo_ml.reading import read
from pmo_ml.training import Rival


def all_baselines(catalogue: Catalogue) -> list[Rival]:
    """A fresh one of each kind."""
    return [Majority(), CueWords(catalogue), PlainPipeline()]


class Majority:
    """The same answer for everybody."""

    name = "majority"

    def fit(self, texts: list[str], truth: Truth) -> "Majority":
        self._gate = np.bincount(truth.gate, minlength=3).argmax()
        self._doses = np.array([np.bincount(column).argmax() for column in truth.doses.T])
        self._needed = (truth.doses > 0).mean(axis=0)
        return self

    def judge(self, texts: list[str]) -> Given:
        return Given(
            np.full(len(texts), self._gate),
            np.tile(self._doses, (len(texts), 1)),
            np.tile(self._needed, (len(texts), 1)),
        )


class CueWords:
    """Shared words with the cards' cues, against a threshold learnt from the statements."""

    name = "cue words"

    def __init__(self, catalogue: Catalogue) -> None:
        cards = [" ".join((*c.cues, *c.overdose_cues, c.definition)) for c in catalogue.categories]
        found = [set(read(card).tokens) - ENGLISH_STOP_WORDS for card in cards]
        # A word on many cards tells little: it counts the less, the more cards hold it.
        self._worth = [
            {word: 1 / sum(word in other for other in found) for word in card} for card in found
        ]

    def fit(self, texts: list[str], truth: Truth) -> "CueWords":
        scores = self._scores(texts)
        grid = np.quantile(scores, np.linspace(0.5, 0.999, 60))
        self._least = max(grid, key=lambda t: f1(truth.doses > 0, scores >= t))
        self._scale = float(max(scores.max(), 1e-9))
        return self

    def judge(self, texts: list[str]) -> Given:
        scores = self._scores(texts)
        doses = np.where((scores >= self._least) & (scores > 0), 2, 0)
        gate = np.where(doses.any(axis=1), 0, 2)
        return Given(gate, doses, np.clip(scores / self._scale, 0, 1))

    def _scores(self, texts: list[str]) -> np.ndarray:
        tokens = [set(read(text).tokens) for text in texts]
        return np.array(
            [[sum(worth.get(t, 0.0) for t in words) for worth in self._worth] for words in tokens]
        )


class PlainPipeline:
    """What an analyst would type first: words 1-2, and a head for each gate and each dose.

    One half is no good threshold for rare labels, so it gets one tuned threshold for all, by
    cross-validation on the statements it learns from: a rival should be worth beating.
    """

    name = "plain pipeline"

    def fit(self, texts: list[str], truth: Truth) -> "PlainPipeline":
        self._categories = truth.doses.shape[1]
        labels = plain_labels(truth)
        with warnings.catch_warnings():
            # A dose that a fold never shows gets a head that always says no, rightly.
            warnings.filterwarnings("ignore", "Label .* is present in all training examples")
            unseen = cross_val_predict(
                plain_pipeline(), texts, labels, cv=KFold(3), method="predict_proba"
            )
            self.pipeline = plain_pipeline().fit(texts, labels)
        grid = np.linspace(0.05, 0.6, 56)
        first_doses = slice(2, 2 + self._categories)
        scores = [f1(truth.doses > 0, unseen[:, first_doses] >= t) for t in grid]
        self._least = float(grid[int(np.argmax(scores))])
        return self

    def judge(self, texts: list[str]) -> Given:
        p = self.pipeline.predict_proba(texts)
        reached = p[:, 2:].reshape(len(texts), 3, self._categories)
        gate = np.where(p[:, :2].max(axis=1) >= 0.5, 1 + p[:, :2].argmax(axis=1), 0)
        doses = np.cumprod(reached >= self._least, axis=1).sum(axis=1) * (gate == 0)[:, None]
        return Given(gate, doses, reached[:, 0])


def plain_labels(truth: Truth) -> np.ndarray:
    """A 0/1 column for each refusing gate, and for each dose of each category."""
    at_least = [truth.doses >= dose for dose in (1, 2, 3)]
    return np.column_stack([truth.gate == 1, truth.gate == 2, *at_least]).astype(int)


def plain_pipeline() -> Pipeline:
    """The scikit-learn pipeline itself, also used by the benchmarks."""
    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        OneVsRestClassifier(LogisticRegression(C=3.0, class_weight="balanced", solver="liblinear")),
    )
