"""Runs of words and of characters in a reading, each with the tokens it covers."""

from collections.abc import Iterator

from pmo_ml.reading import Reading

Occurrence = tuple[str, int, int]
"""A feature's name and the half-open range of tokens that it covers."""


def words_in(reading: Reading, longest: int = 2) -> Iterator[Occurrence]:
    """Every run of 1 to `longest` tokens; what is said to be fine is marked by a tilde."""
    tokens = reading.tokens
    if reading.fine:
        tokens = tuple(f"~{t}" if i in reading.fine else t for i, t in enumerate(tokens))
    for place, token in enumerate(tokens):
        yield token, place, place + 1
    for length in range(2, longest + 1):
        for place in range(len(tokens) - length + 1):
            yield " ".join(tokens[place : place + length]), place, place + length


def characters_in(reading: Reading, shortest: int = 3, longest: int = 5) -> Iterator[Occurrence]:
    """Runs of characters within each token, its edges marked by a space.

    What is said to be fine is left out: it would look like the trouble itself.
    """
    for place, token in enumerate(reading.tokens):
        if place in reading.fine:
            continue
        for gram in grams(token, shortest, longest):
            yield gram, place, place + 1


def grams(token: str, shortest: int, longest: int) -> list[str]:
    """The runs of characters of one token between two spaces, shortest first."""
    padded = f" {token} "
    return [
        padded[start : start + length]
        for length in range(shortest, longest + 1)
        for start in range(len(padded) - length + 1)
    ]
