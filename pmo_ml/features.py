"""Texts to sparse TF-IDF rows: words, characters, thesaurus concepts and bands of figures.

Blocks side by side, each of unit length times its weight. Every feature knows the tokens
it came from, so that a score can be traced back to the person's words.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from pmo_ml.bands import bands_in
from pmo_ml.reading import Reading, read
from pmo_ml.thesaurus import Thesaurus

Occurrence = tuple[str, int, int]
"""A feature's name and the half-open range of tokens that it covers."""

_Tail = tuple[str, tuple[str, ...]]
"""A concept, and what must follow the word that a phrase begins with."""

Finder = Callable[[Reading], Iterator[Occurrence]]


def words_in(reading: Reading, longest: int = 2) -> Iterator[Occurrence]:
    """Every run of 1 to `longest` tokens."""
    tokens = reading.tokens
    for place, token in enumerate(tokens):
        yield token, place, place + 1
    for length in range(2, longest + 1):
        for place in range(len(tokens) - length + 1):
            yield " ".join(tokens[place : place + length]), place, place + length


def characters_in(reading: Reading, shortest: int = 3, longest: int = 5) -> Iterator[Occurrence]:
    """Runs of characters within each token, its edges marked by a space."""
    for place, token in enumerate(reading.tokens):
        for gram in _grams(token, shortest, longest):
            yield gram, place, place + 1


@lru_cache(maxsize=50_000)
def _grams(token: str, shortest: int, longest: int) -> tuple[str, ...]:
    padded = f" {token} "
    return tuple(
        padded[start : start + length]
        for length in range(shortest, longest + 1)
        for start in range(len(padded) - length + 1)
    )


class ConceptFinder:
    """Finds the concepts of a thesaurus in a reading; a phrase ending in `*` matches longer words.

    >>> find = ConceptFinder({"outside firm": ("integrator*", "the builder")})
    >>> list(find(read("The integrators blame the builder")))
    [('outside firm', 1, 2), ('outside firm', 3, 5)]
    """

    def __init__(self, thesaurus: Thesaurus) -> None:
        # Phrases are found by their first two words where both are whole words, since few
        # phrases share them; the others by their first word or prefix.
        self._pairs: dict[tuple[str, str], list[_Tail]] = {}
        self._words: dict[str, list[_Tail]] = {}
        self._prefixes: dict[str, list[_Tail]] = {}
        for concept, phrases in thesaurus.items():
            for phrase in phrases:
                first, *rest = self._patterns(phrase)
                if first.endswith("*"):
                    self._prefixes.setdefault(first[:-1], []).append((concept, tuple(rest)))
                elif rest and not rest[0].endswith("*"):
                    self._pairs.setdefault((first, rest[0]), []).append((concept, tuple(rest)))
                else:
                    self._words.setdefault(first, []).append((concept, tuple(rest)))
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})

    @staticmethod
    def _patterns(phrase: str) -> list[str]:
        tokens = list(read(phrase.rstrip("*")).tokens)
        if phrase.endswith("*"):
            tokens[-1] += "*"
        return tokens

    def __call__(self, reading: Reading) -> Iterator[Occurrence]:
        tokens = reading.tokens
        for place, token in enumerate(tokens):
            found: dict[str, int] = {}
            for concept, rest in self._starting(token, tokens[place + 1 : place + 2]):
                end = place + 1 + len(rest)
                if end <= len(tokens) and all(map(_matches, rest, tokens[place + 1 : end])):
                    found[concept] = max(end, found.get(concept, 0))
            for concept, end in found.items():
                yield concept, place, end

    def _starting(self, token: str, following: tuple[str, ...]) -> Iterator[_Tail]:
        yield from self._words.get(token, ())
        if following:
            yield from self._pairs.get((token, following[0]), ())
        for length in self._lengths:
            if length > len(token):
                break
            yield from self._prefixes.get(token[:length], ())


def _matches(pattern: str, token: str) -> bool:
    return token.startswith(pattern[:-1]) if pattern.endswith("*") else token == pattern


@dataclass(frozen=True)
class Block:
    """One kind of feature: its vocabulary (term -> column), idf by column, and weight."""

    name: str
    vocabulary: Mapping[str, int]
    idf: np.ndarray
    weight: float

    @property
    def terms(self) -> list[str]:
        """The terms in the order of their columns."""
        return sorted(self.vocabulary, key=self.vocabulary.__getitem__)

    def rows(self, readings: Sequence[Reading], find: Finder) -> sp.csr_matrix:
        """(readings, terms): (1 + log count) * idf, each row of length `weight`.

        The arithmetic of TfidfVectorizer with sublinear counts, in one pass over the whole
        batch: for a single statement the vectorizer's own checks would take most of the time.
        """
        columns: list[int] = []
        counts: list[int] = []
        ends = [0]
        lookup = self.vocabulary.get
        for reading in readings:
            found = Counter(map(lookup, (term for term, _, _ in find(reading))))
            found.pop(None, None)
            columns.extend(found)  # type: ignore[arg-type]
            counts.extend(found.values())
            ends.append(len(columns))
        indices = np.array(columns, dtype=np.int32)
        data = (1.0 + np.log(np.array(counts, dtype=np.float64))) * self.idf[indices]
        rows = sp.csr_matrix(
            (data, indices, np.array(ends, dtype=np.int32)),
            shape=(len(readings), len(self.vocabulary)),
        )
        rows.sort_indices()
        lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        lengths[lengths == 0] = 1.0
        rows.data *= np.repeat(self.weight / lengths, np.diff(rows.indptr))
        return rows


class TextFeatures(TransformerMixin, BaseEstimator):
    """TF-IDF of words, characters, concepts and bands, one block of unit length each.

    Parameters
    ----------
    thesaurus : mapping of concept to phrases, or None for no concepts
    longest_words : int
        Word n-grams of 1 to this many tokens.
    character_range : (int, int) or None
        Shortest and longest run of characters within a token; None for no characters.
    rarest_word, rarest_characters, rarest_other : int
        A feature is kept when at least this many training texts hold it.
    weights : (float, float, float, float)
        What words, characters, concepts and bands count beside each other; 0 leaves a block out.

    Attributes
    ----------
    blocks_ : tuple of Block
        Vocabulary and idf of each block, in the order of the columns.
    n_features_out_ : int

    Examples
    --------
    >>> TextFeatures(rarest_word=1, rarest_characters=1).fit_transform(["late again"]).shape
    (1, 22)
    """

    def __init__(
        self,
        thesaurus: Thesaurus | None = None,
        longest_words: int = 2,
        character_range: tuple[int, int] | None = (3, 5),
        rarest_word: int = 2,
        rarest_characters: int = 3,
        rarest_other: int = 2,
        weights: tuple[float, float, float, float] = (1.0, 1.0, 0.7, 0.5),
    ) -> None:
        self.thesaurus = thesaurus
        self.longest_words = longest_words
        self.character_range = character_range
        self.rarest_word = rarest_word
        self.rarest_characters = rarest_characters
        self.rarest_other = rarest_other
        self.weights = weights

    def fit(self, X: Iterable[str], y: Any = None) -> "TextFeatures":
        """Learn vocabulary and idf from texts. Raises ValueError where no word is frequent."""
        readings = _readings(X)
        blocks = []
        for name, rarest, weight in self._wanted():
            vectorizer = TfidfVectorizer(analyzer=_Names(self._finder(name)), min_df=rarest)
            try:
                vectorizer.fit(readings)
            except ValueError:
                # A block whose every feature is too rare for this little text stays out.
                continue
            blocks.append(Block(name, vectorizer.vocabulary_, vectorizer.idf_, weight))
        if not blocks:
            raise ValueError("the texts hold no word often enough to learn from")
        self._keep(blocks)
        return self

    def transform(self, X: Iterable[str | Reading]) -> sp.csr_matrix:
        """Texts to rows, (texts, features); a text without a known word gets an empty row."""
        check_is_fitted(self, "blocks_")
        readings = _readings(X)
        parts = [block.rows(readings, self._finder(block.name)) for block in self.blocks_]
        return sp.csr_matrix(sp.hstack(parts, format="csr"))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """`block:feature` for each column."""
        check_is_fitted(self, "blocks_")
        return np.array(
            [f"{block.name}:{term}" for block in self.blocks_ for term in block.terms],
            dtype=object,
        )

    def occurrences(self, reading: Reading) -> Iterator[tuple[int, int, int]]:
        """Every known feature in a reading: its column and the range of tokens it covers."""
        offset = 0
        for block in self.blocks_:
            for term, start, end in self._finder(block.name)(reading):
                column = block.vocabulary.get(term)
                if column is not None:
                    yield offset + column, start, end
            offset += len(block.vocabulary)

    def concepts(self, reading: Reading) -> list[Occurrence]:
        """The thesaurus concepts and the bands of figures found in a reading."""
        return [
            occurrence
            for block in self.blocks_
            if block.name in ("concepts", "bands")
            for occurrence in self._finder(block.name)(reading)
        ]

    def known_share(self, reading: Reading) -> float:
        """The share of tokens that training has seen; 0 for a text without tokens."""
        words = next((b.vocabulary for b in self.blocks_ if b.name == "words"), {})
        if not reading.tokens:
            return 0.0
        return sum(token in words for token in reading.tokens) / len(reading.tokens)

    def state(self) -> dict[str, np.ndarray]:
        """What was learnt, as plain arrays (see `from_state`)."""
        check_is_fitted(self, "blocks_")
        arrays = {}
        for block in self.blocks_:
            terms = "\n".join(block.terms).encode()
            arrays[f"{block.name}.terms"] = np.frombuffer(terms, dtype=np.uint8)
            arrays[f"{block.name}.idf"] = block.idf
        return arrays

    @classmethod
    def from_state(cls, arrays: Mapping[str, np.ndarray], **parameters: Any) -> "TextFeatures":
        """The estimator that `state` was taken from; its rows are bit-equal."""
        features = cls(**parameters)
        blocks = []
        for name, _, weight in features._wanted():
            if f"{name}.terms" in arrays:
                terms = arrays[f"{name}.terms"].tobytes().decode().split("\n")
                vocabulary = {term: column for column, term in enumerate(terms)}
                blocks.append(Block(name, vocabulary, arrays[f"{name}.idf"], weight))
        features._keep(blocks)
        return features

    def _keep(self, blocks: list[Block]) -> None:
        self.blocks_ = tuple(blocks)
        self.n_features_out_ = sum(len(block.vocabulary) for block in blocks)

    def _wanted(self) -> Iterator[tuple[str, int, float]]:
        words, characters, concepts, bands = self.weights
        if words:
            yield "words", self.rarest_word, words
        if characters and self.character_range is not None:
            yield "characters", self.rarest_characters, characters
        if concepts and self.thesaurus:
            yield "concepts", self.rarest_other, concepts
        if bands:
            yield "bands", self.rarest_other, bands

    def _finder(self, name: str) -> Finder:
        if name == "words":
            return lambda reading: words_in(reading, self.longest_words)
        if name == "characters":
            shortest, longest = self.character_range or (0, -1)
            return lambda reading: characters_in(reading, shortest, longest)
        if name == "bands":
            return bands_in
        # Compiling fifteen thousand phrases takes a while; do it once for each thesaurus.
        cached = getattr(self, "_concept_finder", None)
        if cached is None or cached[0] is not self.thesaurus:
            cached = (self.thesaurus, ConceptFinder(self.thesaurus or {}))
            self._concept_finder = cached
        return cached[1]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = True
        return tags


class _Names:
    """Drops the places from a finder's occurrences, as TfidfVectorizer wants them."""

    def __init__(self, find: Finder) -> None:
        self.find = find

    def __call__(self, reading: Reading) -> list[str]:
        return [occurrence[0] for occurrence in self.find(reading)]


def _readings(texts: Iterable[str | Reading]) -> Sequence[Reading]:
    if isinstance(texts, str):
        raise ValueError("expected several texts, got one string; wrap it in a list")
    return [text if isinstance(text, Reading) else read(text) for text in texts]
