"""Figures in a text as the codebook's bands: shares, durations, money and counts.

"Eleven months" and "half a year" are different words for the same severity. Codebook 2.3 draws
the lines: 10 and 50 per cent, one and six months, one million.
"""

import re
import unicodedata
from collections.abc import Iterator

from pmo_ml.reading import Reading

_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
).split()
_NUMBERS: dict[str, float] = {
    **{word: float(value) for value, word in enumerate(_WORDS)},
    "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0, "eighty": 80.0,
    "ninety": 90.0, "hundred": 100.0, "dozen": 12.0, "couple": 2.0, "several": 3.0, "few": 3.0,
}  # fmt: skip
_TENS = frozenset("twenty thirty forty fifty sixty seventy eighty ninety".split())
_ONES = frozenset(_WORDS[1:10])
_TIMES: dict[str, float] = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6,
    "bn": 1e9, "billion": 1e9, "billions": 1e9, "lakh": 1e5, "crore": 1e7, "crores": 1e7,
}  # fmt: skip
_MONTHS: dict[str, float] = {
    "day": 1 / 30, "week": 0.25, "wk": 0.25, "fortnight": 0.5, "month": 1, "quarter": 3,
    "season": 3, "year": 12, "yr": 12, "decade": 120,
}  # fmt: skip
_MONEY = frozenset("£ $ € eur euro usd gbp chf aud cad inr dollar pound quid buck grand".split())
_DOUBLED = frozenset("doubled doubling double twice tripled trebled triple quadrupled".split())
_FRACTIONS = {"half": 50.0, "third": 33.0, "quarter": 25.0, "fifth": 20.0, "tenth": 10.0}
_BETWEEN = frozenset("of or full more whole working straight long solid good odd calendar".split())
_FIGURE = re.compile(r"(\d+(?:[.,]\d+)*)([^\W\d_]*)")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def bands_in(reading: Reading) -> Iterator[tuple[str, int, int]]:
    """Each figure's band and the tokens it covers.

    >>> from pmo_ml.reading import read
    >>> [band for band, _, _ in bands_in(read("eleven months late and 40% over, £3m gone"))]
    ['six months or more', '10 to 49 per cent', 'a million or more']
    """
    tokens = reading.tokens
    for place, token in enumerate(tokens):
        if token in _DOUBLED:
            yield "doubled", place, place + 1
        elif token in _FRACTIONS:
            if (months := _half_a_year(tokens, place)) is not None:
                yield _duration(months), place, place + 3
            elif token == "half" and tokens[max(place - 2, 0) : place] == ("and", "a"):
                continue  # "three and a half": the number before has counted it
            elif token == "half" or tokens[max(place - 1, 0) : place] in (("a",), ("one",)):
                yield _share(_FRACTIONS[token]), place, place + 1
        elif token in _ONES and tokens[max(place - 1, 0)] in _TENS:
            continue  # "twenty-four": the twenty has counted it
        elif (figure := _figure(token)) is not None:
            yield _band(*figure, tokens, place)


def _half_a_year(tokens: tuple[str, ...], place: int) -> float | None:
    """Months in "half a year", "half a day" and the like."""
    following = tokens[place + 1 : place + 3]
    if tokens[place] != "half" or following[:1] not in (("a",), ("an",)):
        return None
    return _MONTHS[following[1]] / 2 if following[1:] and following[1] in _MONTHS else None


def _figure(token: str) -> tuple[float, str] | None:
    """A token's number and what is glued to it, or nothing."""
    if token in _NUMBERS:
        return _NUMBERS[token], ""
    match = _FIGURE.fullmatch(token)
    if match is None:
        return None
    digits, unit = match.groups()
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    # "1.2.3" and the like is a version or a date, and no figure.
    digits = digits.replace(",", ".")
    if digits.count(".") > 1:
        return None
    part = unicodedata.numeric(unit[0], 0.0) if unit else 0.0
    return (float(digits) + part, unit[1:]) if 0 < part < 1 else (float(digits), unit)  # "2½"


def _band(number: float, unit: str, tokens: tuple[str, ...], place: int) -> tuple[str, int, int]:
    before = tokens[place - 1] if place else ""
    if tokens[place] in _TENS and (ones := tokens[place + 1 : place + 2]) and ones[0] in _ONES:
        number, tokens = number + _NUMBERS[ones[0]], tokens[: place + 1] + tokens[place + 2 :]
    if tokens[place + 1 : place + 4] == ("and", "a", "half"):
        number, tokens = number + 0.5, tokens[: place + 1] + tokens[place + 4 :]
    after, later = (*tokens[place + 1 : place + 3], "", "")[:2]
    if unit in ("st", "nd", "rd", "th"):
        return "an ordinal", place, place + 1
    scale = unit if unit in _TIMES else after if after in _TIMES else ""
    coin = any(word.removesuffix("s") in _MONEY for word in (before, unit, after, later))
    if coin or scale:
        total = number * _TIMES.get(scale, 1.0)
        name = "a million or more" if total >= 1e6 else "less than a million"
        return name, place, place + 2 if after and after == scale else place + 1
    if after in ("%", "percent", "pc") or (after, later) == ("per", "cent"):
        return _share(number), place, min(place + 2, len(tokens))
    span = after if after not in _BETWEEN else later
    months = _MONTHS.get(unit or span.removesuffix("s"))
    if months is not None:
        return _duration(number * months), place, min(place + (1 if unit else 2), len(tokens))
    if number.is_integer() and 1900 < number < 2100:
        return "a year", place, place + 1
    return _count(number), place, place + 1


def _share(percent: float) -> str:
    if percent < 10:
        return "under 10 per cent"
    return "10 to 49 per cent" if percent < 50 else "50 per cent or more"


def _duration(months: float) -> str:
    if months < 1:
        return "under a month"
    return "one to five months" if months < 6 else "six months or more"


def _count(number: float) -> str:
    if number <= 1:
        return "one"
    return "two to five" if number <= 5 else "six to twenty" if number <= 20 else "over twenty"
