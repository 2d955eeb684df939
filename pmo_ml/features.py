"""Texts to sparse TF-IDF rows: words, characters, concepts and their pairs, figures, turns.

Blocks side by side, each of unit length times its weight. Every feature knows the tokens
it came from, so that a score can be traced back to the person's words.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from pmo_ml.bands import bands_in
from pmo_ml.concepts import ConceptFinder, Occurrence, pairs_in
from pmo_ml.fine import hear
from pmo_ml.reading import Reading, read
from pmo_ml.terms import characters_in, grams, words_in
from pmo_ml.thesaurus import Thesaurus
from pmo_ml.turns import turns_in

Finder = Callable[[Reading], Iterator[Occurrence]]


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


Named = tuple[str, int, int, int]
"""A concept's name, the half-open range of tokens that it covers, and its column."""


@dataclass(frozen=True)
class Found:
    """What one reading holds: each known feature's column, and the half-open range of tokens.

    columns, first, last  ndarray (occurrences,)
    named                 the known concepts, bands of figures and turns of phrase
    """

    columns: np.ndarray
    first: np.ndarray
    last: np.ndarray
    named: tuple[Named, ...]


class TextFeatures(TransformerMixin, BaseEstimator):
    """TF-IDF of words, characters, concepts and so on, one block of unit length each.

    Parameters
    ----------
    thesaurus : mapping of concept to phrases, or None for no concepts
    longest_words : int
        Word n-grams of 1 to this many tokens.
    character_range : (int, int) or None
        Shortest and longest run of characters within a token; None for no characters.
    rarest_word, rarest_characters, rarest_other, rarest_pair : int
        A feature is kept when at least this many training texts hold it.
    weights : six floats
        What words, characters, concepts, pairs of concepts, bands of figures and turns of phrase
        count beside each other; 0 leaves a block out.

    Attributes
    ----------
    blocks_ : tuple of Block
        Vocabulary and idf of each block, in the order of the columns.
    n_features_out_ : int

    Examples
    --------
    >>> TextFeatures(rarest_word=1, rarest_characters=1).fit_transform(["late again"]).shape
    (1, 24)
    """

    def __init__(
        self,
        thesaurus: Thesaurus | None = None,
        longest_words: int = 2,
        character_range: tuple[int, int] | None = (3, 5),
        rarest_word: int = 2,
        rarest_characters: int = 3,
        rarest_other: int = 2,
        rarest_pair: int = 4,
        weights: tuple[float, ...] = (1.0, 1.0, 0.7, 0.7, 0.5, 0.5),
    ) -> None:
        self.thesaurus = thesaurus
        self.longest_words = longest_words
        self.character_range = character_range
        self.rarest_word = rarest_word
        self.rarest_characters = rarest_characters
        self.rarest_other = rarest_other
        self.rarest_pair = rarest_pair
        self.weights = weights

    def fit(self, X: Iterable[str], y: Any = None) -> "TextFeatures":
        """Learn vocabulary and idf from texts. Raises ValueError where no word is frequent."""
        readings = [hear(reading) for reading in _readings(X)]
        concepts: list[list[Occurrence]] = []
        found: Iterable[Iterable[Occurrence]]
        blocks = []
        for name, rarest, weight in self._wanted():
            if name == "pairs" and concepts:
                found = map(pairs_in, readings, concepts)
            else:
                found = map(self._finder(name), readings)
            if name == "concepts":
                found = concepts = [list(occurrences) for occurrences in found]
            vectorizer = TfidfVectorizer(analyzer=_names, min_df=rarest)
            try:
                vectorizer.fit(found)
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
        return self.rows([self.find(reading) for reading in _readings(X)])

    def find(self, reading: Reading) -> Found:
        """Every known feature in a reading, with its place."""
        check_is_fitted(self, "blocks_")
        reading = hear(reading)
        columns: list[int] = []
        first: list[int] = []
        last: list[int] = []
        named: list[Named] = []
        offset = 0
        concepts: list[Occurrence] | None = None
        for block in self.blocks_:
            if block.name == "characters":
                for place, token in enumerate(reading.tokens):
                    if place in reading.fine:
                        continue
                    known = self._gram_columns(token, block, offset)
                    columns += known
                    first += [place] * len(known)
                    last += [place + 1] * len(known)
                offset += len(block.vocabulary)
                continue
            if block.name == "pairs" and concepts is not None:
                occurrences = list(pairs_in(reading, concepts))
            else:
                occurrences = list(self._finder(block.name)(reading))
            if block.name == "concepts":
                concepts = occurrences
            lookup = block.vocabulary.get
            for term, start, end in occurrences:
                column = lookup(term)
                if column is not None:
                    columns.append(offset + column)
                    first.append(start)
                    last.append(end)
                    if block.name in _NAMED:
                        named.append((term, start, end, offset + column))
            offset += len(block.vocabulary)
        places = np.array([columns, first, last], dtype=np.int64)
        return Found(places[0], places[1], places[2], tuple(named))

    def _gram_columns(self, token: str, block: Block, offset: int) -> list[int]:
        """The columns of a token's known runs of characters; words recur, so they are kept."""
        known = self._grams_of.get(token)
        if known is None:
            shortest, longest = self.character_range or (0, -1)
            lookup = block.vocabulary.get
            found = map(lookup, grams(token, shortest, longest))
            known = [offset + column for column in found if column is not None]
            if len(self._grams_of) < _MOST_KEPT:
                self._grams_of[token] = known
        return known

    def rows(self, found: Sequence[Found]) -> sp.csr_matrix:
        """(readings, features): (1 + log count) * idf, each block of a row as long as its weight.

        The arithmetic of TfidfVectorizer with sublinear counts, in one pass over all blocks and
        readings: for a single statement the vectorizers' own checks would take most of the time.
        """
        width = self.n_features_out_
        sizes = [len(item.columns) for item in found]
        cells = np.repeat(np.arange(len(found)), sizes) * width
        cells += np.concatenate([np.empty(0, dtype=np.int64), *(item.columns for item in found)])
        cells, counts = np.unique(cells, return_counts=True)
        row, column = np.divmod(cells, width)
        data = (1.0 + np.log(counts)) * self._idf[column]
        part = row * len(self.blocks_) + self._block_of[column]
        lengths = np.sqrt(np.bincount(part, data**2, minlength=len(found) * len(self.blocks_)))
        data *= self._weight_of[column] / lengths[part]
        ends = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(found)))])
        return sp.csr_matrix(
            (data.astype(np.float32), column.astype(np.int32), ends.astype(np.int32)),
            shape=(len(found), width),
        )

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """`block:feature` for each column."""
        check_is_fitted(self, "blocks_")
        return np.array(
            [f"{block.name}:{term}" for block in self.blocks_ for term in block.terms],
            dtype=object,
        )

    def columns(self, block: str) -> slice:
        """Where a block's columns stand; empty where the block was left out."""
        start = 0
        for each in self.blocks_:
            if each.name == block:
                return slice(start, start + len(each.vocabulary))
            start += len(each.vocabulary)
        return slice(start, start)

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
        sizes = [len(block.vocabulary) for block in blocks]
        self.blocks_ = tuple(blocks)
        self.n_features_out_ = sum(sizes)
        self._grams_of: dict[str, list[int]] = {}
        self._idf = np.concatenate([block.idf for block in blocks])
        self._block_of = np.repeat(np.arange(len(blocks)), sizes)
        self._weight_of = np.repeat([block.weight for block in blocks], sizes)

    def _wanted(self) -> Iterator[tuple[str, int, float]]:
        words, characters, concepts, pairs, bands, turns = self.weights
        if words:
            yield "words", self.rarest_word, words
        if characters and self.character_range is not None:
            yield "characters", self.rarest_characters, characters
        if concepts and self.thesaurus:
            yield "concepts", self.rarest_other, concepts
        if pairs and self.thesaurus:
            yield "pairs", self.rarest_pair, pairs
        if bands:
            yield "bands", self.rarest_other, bands
        if turns:
            yield "turns", self.rarest_other, turns

    def _finder(self, name: str) -> Finder:
        if name == "words":
            return lambda reading: words_in(reading, self.longest_words)
        if name == "characters":
            shortest, longest = self.character_range or (0, -1)
            return lambda reading: characters_in(reading, shortest, longest)
        if name == "bands":
            return bands_in
        if name == "turns":
            return turns_in
        # Compiling fifteen thousand phrases takes a while; do it once for each thesaurus.
        cached = getattr(self, "_concept_finder", None)
        if cached is None or cached[0] is not self.thesaurus:
            cached = (self.thesaurus, ConceptFinder(self.thesaurus or {}))
            self._concept_finder = cached
        find = cached[1]
        return find if name == "concepts" else lambda r: pairs_in(r, list(find(r)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = True
        return tags


# The blocks whose terms are words to tell a reason by. "pairs" follows "concepts", whose
# occurrences it combines.
_MOST_KEPT = 50_000
_NAMED = ("concepts", "bands", "turns")


def _names(occurrences: Iterable[Occurrence]) -> list[str]:
    """Drops the places, as TfidfVectorizer wants it."""
    return [name for name, _, _ in occurrences]


def _readings(texts: Iterable[str | Reading]) -> Sequence[Reading]:
    if isinstance(texts, str):
        raise ValueError("expected several texts, got one string; wrap it in a list")
    return [text if isinstance(text, Reading) else read(text) for text in texts]
