"""One text as the model reads it: tokens, each with its place in the person's own words.

Case, accents and typographic variants are folded; the places point into the text as it was
typed, so that reasons can be marked there.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# A number with its unit glued on ("9.4m", "2,300"), a word with its apostrophes ("don't"), or a
# sign that speaks of money or shares.
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*[^\W\d_]*|[^\W_]+(?:'[^\W_]+)*|[%£$€]")
_PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\uff07": "'", "`": "'"})
_LONGEST_TOKEN = 40


@dataclass(frozen=True, slots=True)
class Reading:
    """The tokens of one text, folded, and where each stands in the text as typed.

    `fine` holds the tokens of what the text says is fine; see the module of that name.
    """

    text: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    fine: frozenset[int] = frozenset()


def read(text: str) -> Reading:
    """Split a text into folded tokens with their places.

    >>> read("The CRM's late").tokens
    ('the', "crm's", 'late')
    >>> read("Café ‘9.4M’ over").spans[1]
    (6, 10)
    """
    if text.isascii():
        folded, places = text.translate(_PLAIN).lower(), None
    else:
        folded, places = _fold(text)
    tokens, spans = [], []
    for match in _TOKEN.finditer(folded):
        start, end = match.span()
        tokens.append(match.group()[:_LONGEST_TOKEN])
        spans.append((start, end) if places is None else (places[start], places[end - 1] + 1))
    return Reading(text, tuple(tokens), tuple(spans))


def pieces(
    reading: Reading, stop: re.Pattern[str], turns: frozenset[str] = frozenset()
) -> Iterator[tuple[int, int]]:
    """The token range of each piece: cut where `stop` stands between tokens, or before a turn.

    >>> list(pieces(read("It slips. We care, but late"), re.compile("[.]"), frozenset(["but"])))
    [(0, 2), (2, 4), (4, 6)]
    """
    start, before = 0, 0
    for place, (token, (begins, ends)) in enumerate(
        zip(reading.tokens, reading.spans, strict=True)
    ):
        if place > start and (token in turns or stop.search(reading.text, before, begins)):
            yield start, place
            start = place
        before = ends
    if reading.tokens:
        yield start, len(reading.tokens)


def _fold(text: str) -> tuple[str, list[int]]:
    """Lower-case without accents, and for each folded character its place in `text`."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text.translate(_PLAIN)):
        if character.isascii():
            plain = character.lower()
        else:
            decomposed = unicodedata.normalize("NFKD", character).lower()
            plain = "".join(c for c in decomposed if not unicodedata.combining(c))
            if len(plain) > 1 and not (plain.isalpha() or plain.isdecimal()):
                plain = character  # "½" is not a 1 and a 2, nor is "2½" a 21
        folded.append(plain)
        places.extend([place] * len(plain))
    return "".join(folded), places
