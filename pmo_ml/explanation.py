"""Which words moved what: exact contributions that sum to the score.

A score is linear in the features, and every feature knows the tokens it came from. So each
feature's share is divided evenly over its occurrences and their tokens; what the tokens add up
to, plus the starting point, is the score itself.
"""

import numpy as np
import scipy.sparse as sp

from pmo_ml.classifier import ProblemClassifier
from pmo_ml.features import Found
from pmo_ml.reading import Reading
from pmo_ml.schema import Evidence, Reasons

MOST_EVIDENCE = 6


class Explainer:
    """The contributions of one statement's tokens to every head of a classifier.

    weights  ndarray (tokens, heads), log-odds
    starts   ndarray (heads,), the score of a statement without a known word
    """

    def __init__(
        self,
        classifier: ProblemClassifier,
        reading: Reading,
        found: Found | None = None,
        row: sp.csr_matrix | None = None,
    ) -> None:
        found = classifier.features_.find(reading) if found is None else found
        self.classifier = classifier
        self.reading = reading
        self.starts = classifier.intercept_.astype(float)
        self.weights = token_weights(classifier, reading, found, row)
        self.named = found.named
        self.columns = [column for _, _, _, column in found.named]

    def reasons(self, target: str, step: int = 0, most: int = MOST_EVIDENCE) -> Reasons:
        """Why a target's step (0 = the lowest level to the next) has its score."""
        head = self.classifier.steps(target).start + step
        moved = self.weights[:, head].tolist()
        pushes = self.classifier.coef_[self.columns, head].tolist()
        evidence = tuple(
            self._evidence(pushes, moved, first, last)
            for first, last in _strongest(moved, self.reading, most)
        )
        start, total = float(self.starts[head]), sum(moved)
        rest = total - sum(item.weight for item in evidence)
        return Reasons(target, start + total, start, evidence, rest)

    def _evidence(self, pushes: list[float], moved: list[float], first: int, last: int) -> Evidence:
        start, end = self.reading.spans[first][0], self.reading.spans[last - 1][1]
        weight = sum(moved[first:last])
        names = self._names(pushes, weight, first, last)
        return Evidence(self.reading.text[start:end], start, end, weight, names)

    def _names(self, pushes: list[float], weight: float, first: int, last: int) -> tuple[str, ...]:
        """What the words were recognised as, where that pushed the same way; strongest first."""
        pushed = {
            name.replace("_", " "): abs(push)
            for (name, start, end, _), push in zip(self.named, pushes, strict=True)
            if start < last and end > first and push * weight > 0
        }
        return tuple(sorted(pushed, key=pushed.__getitem__, reverse=True))


def token_weights(
    classifier: ProblemClassifier,
    reading: Reading,
    found: Found,
    row: sp.csr_matrix | None = None,
) -> np.ndarray:
    """How far each token moves each head, (tokens, heads); columns sum to score - intercept."""
    row = classifier.features_.rows([found]) if row is None else row
    if not len(found.columns):
        return np.zeros((len(reading.tokens), classifier.coef_.shape[1]))
    # The row holds each found feature once, in the order of the columns.
    known = row.indices
    place = np.searchsorted(known, found.columns)
    times = np.bincount(place)
    lengths = found.last - found.first
    share = row.data.astype(float)[place] / times[place] / lengths
    reach = range(int(lengths.max()))
    tokens = np.concatenate([found.first[lengths > extra] + extra for extra in reach])
    parts = np.concatenate([np.flatnonzero(lengths > extra) for extra in reach])
    parts = parts[np.argsort(tokens, kind="stable")]
    ends = np.concatenate([[0], np.cumsum(np.bincount(tokens, minlength=len(reading.tokens)))])
    spread = sp.csr_matrix(
        (share[parts], place[parts], ends), shape=(len(reading.tokens), len(known))
    )
    return np.asarray(spread @ classifier.coef_[known].astype(float))


def _strongest(moved: list[float], reading: Reading, most: int) -> list[tuple[int, int]]:
    """The token ranges that moved a score most, joined where neighbours push the same way."""
    least = 0.15 * max(map(abs, moved), default=0.0)
    ranges: list[tuple[int, int]] = []
    for place, weight in enumerate(moved):
        if not weight or abs(weight) < least:
            continue
        if ranges and ranges[-1][1] == place and _same_breath(reading, moved, place):
            ranges[-1] = (ranges[-1][0], place + 1)
        else:
            ranges.append((place, place + 1))
    ranges.sort(key=lambda r: -abs(sum(moved[r[0] : r[1]])))
    return sorted(ranges[:most], key=lambda r: -sum(moved[r[0] : r[1]]))


def _same_breath(reading: Reading, moved: list[float], place: int) -> bool:
    between = reading.text[reading.spans[place - 1][1] : reading.spans[place][0]]
    return moved[place] * moved[place - 1] > 0 and between.strip() in ("", "-", "'")
