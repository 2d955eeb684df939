"""Thesaurus concepts in a text, alone and in pairs.

Alone, "integrator" says an outside firm; beside "late" in the same breath it says what hurts.
"""

import re
from collections.abc import Iterator

from pmo_ml.reading import Reading, pieces, read
from pmo_ml.terms import Occurrence
from pmo_ml.thesaurus import Thesaurus

_Tail = tuple[str, tuple[str, ...]]
"""A concept, and what must follow the word that a phrase begins with."""


class ConceptFinder:
    """Finds the concepts of a thesaurus in a reading; a phrase ending in `*` matches longer words.

    >>> find = ConceptFinder({"outside firm": ("integrator*", "the builder")})
    >>> list(find(read("The integrators blame the builder")))
    [('outside firm', 1, 2), ('outside firm', 3, 5)]
    """

    def __init__(self, thesaurus: Thesaurus) -> None:
        # Phrases are found by their first two words where both are whole words, since few
        # phrases share them; the others by their first word or prefix.
        self._pairs: dict[tuple[str, ...], list[_Tail]] = {}
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
        self._kept: dict[str, list[_Tail]] = {}
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})

    @staticmethod
    def _patterns(phrase: str) -> list[str]:
        tokens = list(read(phrase.rstrip("*")).tokens)
        if phrase.endswith("*"):
            tokens[-1] += "*"
        return tokens

    def __call__(self, reading: Reading) -> Iterator[Occurrence]:
        """Every concept and the tokens it covers; a longer phrase silences those within it.

        "Additional costs" speaks of money, and so its "additional" no longer of wishes.
        """
        found = list(self._matching(reading.tokens))
        longer = [(start, end) for _, start, end in found if end - start > 1]
        for name, start, end in found:
            if not any(a <= start and end <= b and b - a > end - start for a, b in longer):
                yield (f"fine: {name}" if start in reading.fine else name), start, end

    def _matching(self, tokens: tuple[str, ...]) -> Iterator[Occurrence]:
        for place, token in enumerate(tokens):
            tails = self._tails(token)
            if pair := self._pairs.get(tokens[place : place + 2]):
                tails = tails + pair
            found: dict[str, int] = {}
            for concept, rest in tails:
                end = place + 1 + len(rest)
                if not rest or (
                    end <= len(tokens) and all(map(_matches, rest, tokens[place + 1 : end]))
                ):
                    found[concept] = max(end, found.get(concept, 0))
            for concept, end in found.items():
                yield concept, place, end

    def _tails(self, token: str) -> list[_Tail]:
        """What may follow a first word, whole or by its prefix; words recur, so it is kept."""
        tails = self._kept.get(token)
        if tails is None:
            tails = list(self._words.get(token, ()))
            for length in self._lengths:
                tails += self._prefixes.get(token[:length], ()) if length <= len(token) else ()
            if len(self._kept) < _MOST_KEPT:
                self._kept[token] = tails
        return tails


def _matches(pattern: str, token: str) -> bool:
    return token.startswith(pattern[:-1]) if pattern.endswith("*") else token == pattern


_MOST_KEPT = 50_000
_TURNS = frozenset(["but", "yet", "however", "although", "though", "except", "whereas", "while"])
_STOP = re.compile(r"[.!?;:\n\u2013\u2014]|\s-\s")


def pairs_in(reading: Reading, concepts: list[Occurrence]) -> Iterator[Occurrence]:
    """Every two concepts that stand in the same piece of a sentence, alphabetically.

    The tokens covered run from the first concept's beginning to the last one's end.
    """
    ranges = pieces(reading, _STOP, _TURNS)
    piece = [number for number, (start, end) in enumerate(ranges) for _ in range(start, end)]
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for concept, start, end in concepts:
        found.setdefault(piece[start], {}).setdefault(concept, (start, end))
    for together in found.values():
        names = sorted(together)
        for place, first in enumerate(names):
            for second in names[place + 1 :]:
                (a, b), (c, d) = together[first], together[second]
                yield f"{first} + {second}", min(a, c), max(b, d)
