"""Which words moved what: exact contributions that sum to the score.

A score is linear in the features, and every feature knows the tokens it came from. So each
feature's share is divided evenly over its occurrences and their tokens; what the tokens add up
to, plus the starting point, is the score itself.
"""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from pmo_ml.classifier import ProblemClassifier
from pmo_ml.features import Occurrence
from pmo_ml.reading import Reading
from pmo_ml.schema import Evidence, Reasons

MOST_EVIDENCE = 6


class Explainer:
    """The contributions of one statement's tokens to every head of a classifier.

    weights  ndarray (tokens, heads), log-odds
    starts   ndarray (heads,), the score of a statement without a known word
    """

    def __init__(self, classifier: ProblemClassifier, reading: Reading) -> None:
        self.classifier = classifier
        self.reading = reading
        self.starts = classifier.intercept_.astype(float)
        self.weights = token_weights(classifier, reading)
        self.concepts = classifier.features_.concepts(reading)

    def reasons(self, target: str, step: int = 0, most: int = MOST_EVIDENCE) -> Reasons:
        """Why a target's step (0 = the lowest level to the next) has its score."""
        head = self.classifier.steps(target).start + step
        moved = self.weights[:, head]
        shown = _strongest(moved, self.reading, most)
        evidence = tuple(
            Evidence(
                self.reading.text[self.reading.spans[first][0] : self.reading.spans[last - 1][1]],
                self.reading.spans[first][0],
                self.reading.spans[last - 1][1],
                float(moved[first:last].sum()),
                _concepts_within(self.concepts, first, last),
            )
            for first, last in shown
        )
        start = float(self.starts[head])
        total = float(moved.sum())
        told = sum(item.weight for item in evidence)
        return Reasons(target, start + total, start, evidence, total - told)


def token_weights(classifier: ProblemClassifier, reading: Reading) -> np.ndarray:
    """How far each token moves each head, (tokens, heads); columns sum to score - intercept."""
    features = classifier.features_
    found = list(features.occurrences(reading))
    if not found:
        return np.zeros((len(reading.tokens), classifier.coef_.shape[1]))
    columns, first, last = np.array(found).T
    row = features.transform([reading]).astype(np.float32)
    known, place, times = np.unique(columns, return_inverse=True, return_counts=True)
    # `known` is sorted, as are the row's columns, and both hold the same features.
    share = row.data.astype(float)[place] / times[place] / (last - first)
    lengths = last - first
    tokens = np.concatenate([first[lengths > extra] + extra for extra in range(lengths.max())])
    parts = np.concatenate([np.flatnonzero(lengths > extra) for extra in range(lengths.max())])
    spread = sp.csr_matrix(
        (share[parts], (tokens, place[parts])), shape=(len(reading.tokens), len(known))
    )
    return np.asarray(spread @ classifier.coef_[known].astype(float))


def _strongest(moved: np.ndarray, reading: Reading, most: int) -> list[tuple[int, int]]:
    """The token ranges that moved a score most, joined where neighbours push the same way."""
    if not len(moved) or not np.abs(moved).any():
        return []
    notable = np.abs(moved) >= 0.15 * np.abs(moved).max()
    ranges: list[tuple[int, int]] = []
    for place in np.flatnonzero(notable):
        if ranges and ranges[-1][1] == place and _same_breath(reading, moved, int(place)):
            ranges[-1] = (ranges[-1][0], int(place) + 1)
        else:
            ranges.append((int(place), int(place) + 1))
    ranges.sort(key=lambda r: -abs(moved[r[0] : r[1]].sum()))
    return sorted(ranges[:most], key=lambda r: -moved[r[0] : r[1]].sum())


def _same_breath(reading: Reading, moved: np.ndarray, place: int) -> bool:
    between = reading.text[reading.spans[place - 1][1] : reading.spans[place][0]]
    return bool(moved[place] * moved[place - 1] > 0) and between.strip() in ("", "-", "'")


def _concepts_within(concepts: Sequence[Occurrence], first: int, last: int) -> tuple[str, ...]:
    names = [name for name, start, end in concepts if start < last and end > first]
    return tuple(dict.fromkeys(name.replace("_", " ") for name in names))
