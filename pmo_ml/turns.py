"""Turns of phrase that change what a sentence asks for, where single words would not tell.

"Why do they always run late?" asks for a root cause beside the lateness (why-rule, codebook 2.2);
"why is it late?" and "they always run late" do not.
"""

import re
from collections.abc import Iterator

from pmo_ml.reading import Reading, pieces

_SENTENCE_END = re.compile(r"[.!?\n]")
_WHY = re.compile(
    r"\b(?:why|how come|root cause|common thread|reasons?|explain|underlying|what makes"
    r"|understand what|bottom of|what(?:'s| is| lies) (?:behind|causing))\b"
)
_PATTERN = re.compile(
    r"\b(?:always|every|each|keeps?|again|never|repeatedly|invariably|constantly|forever"
    r"|perpetually|routinely|consistently|time after time|in a row|all (?:of )?our|most of our"
    r"|so many of|so often|the same)\b"
)


def turns_in(reading: Reading) -> Iterator[tuple[str, int, int]]:
    """Each turn of phrase and the tokens of its sentence.

    >>> from pmo_ml.reading import read
    >>> list(turns_in(read("It slipped. Why do they always slip?")))
    [('why of a pattern', 2, 7)]
    """
    for start, end in pieces(reading, _SENTENCE_END):
        words = " ".join(reading.tokens[start:end])
        if _WHY.search(words):
            yield "why of a pattern" if _PATTERN.search(words) else "why", start, end
