"""What a text says is fine: "the budget is under control, but ...".

Words of trouble in such a stretch speak against a service instead of for it (negation, codebook
2.5). A text is cut at stops, commas and turns such as "but"; a piece that holds a phrase of
praise, or that denies a problem, is fine as a whole.
"""

import re
from dataclasses import replace

from pmo_ml.reading import Reading, pieces

_STOP = re.compile(r"[.!?;:,\n\u2013\u2014()]|\s-\s")
_TURNS = frozenset(
    "but yet however although though except whereas while because since so just only and "
    "still".split()
)
_VERBS = (
    r"(?:is|are|was|were|been|'s|'re|looks?|goes|going|went|works?|runs?|running|performs?|holds?"
    r"|choose [a-z' ]+|handled|managed)"
)
_HOW = (
    r"(?: all| just| perfectly| absolutely| really| actually| quite| still| mostly| pretty"
    r"| honestly| very| largely| entirely| both| well| thoroughly| fully)*"
)
_WELL = (
    r"(?:fine|ok|okay|good|great|excellent|healthy|sound|solid|superb|perfect|in order"
    r"|in good order|in good shape|in good hands|under control|in hand|on track|on time|on budget"
    r"|sorted|spotless|well|smoothly|superbly|beautifully|exemplary|settled|stable|impeccable"
    r"|faultless|seasoned|trained|proven|welcome|plentiful)"
)
_TROUBLE = (
    r"(?:real |main |actual |biggest )?(?:issue|problem|trouble|worry|concern|hurts|bottleneck"
    r"|question|worries|bothers|culprit|difficulty|point)"
)
_NOT = (
    r"(?:isn't|aren't|wasn't|weren't|isnt|arent|is not|are not|was not|were not|is never"
    r"|are never)(?: really| even| actually)?"
)
_FINE = re.compile(
    "|".join(
        [
            rf"\b{_VERBS}{_HOW} {_WELL}$",
            rf"\b{_NOT} (?:the|my|our|what|where|a|an) ?{_TROUBLE}\b",
            rf"\bnot (?:the|my|our|a) {_TROUBLE}\b",
            r"\bno (?:complaints?|problems?|issues?|quarrel|trouble|worries|worry|objections?"
            r"|doubts?) (?:with|about|there|here|on|over)\b",
            r"\bno (?:shortage|lack) of\b|\bplenty of\b|\bmore than enough\b",
            r"\bnothing (?:wrong|the matter) with\b|\bnothing to complain\b",
            r"\b(?:can't|cannot|couldn't) fault\b|\b(?:happy|pleased|satisfied) with\b",
            r"\bit's not that\b|\bit isn't that\b|\bnot because\b|\bnever mind\b",
            r"\bdo(?:n't| not) need\b",
            r"\b(?:people|users|staff|everyone|everybody|customers|nurses|clients|teams)"
            r"(?: really| all)? (?:loves?|welcomes?|likes?)\b",
            r"^(?:[a-z']+ ){1,3}(?:fine|ok|okay|sorted|good)$",
        ]
    )
)
# A piece without any of these holds no such phrase; most pieces need no further look.
_HINTS = frozenset(
    "fine ok okay good great excellent healthy sound solid superb perfect order shape hands "
    "control hand track time budget sorted spotless well smoothly superbly beautifully "
    "exemplary settled stable impeccable faultless seasoned trained proven welcome welcomes "
    "plentiful isn't aren't "
    "wasn't weren't isnt arent not never no plenty enough nothing fault happy pleased satisfied "
    "it's mind don't need love loves like likes".split()
)
_SHORT_FORM = re.compile(r"(\w)'(s|re)\b")


def hear(reading: Reading) -> Reading:
    """The same reading with the tokens marked that are said to be fine.

    >>> from pmo_ml.reading import read
    >>> sorted(hear(read("The budget is fine, but nobody decides")).fine)
    [0, 1, 2, 3]
    """
    fine = frozenset(
        place
        for start, end in pieces(reading, _STOP, _TURNS)
        if not _HINTS.isdisjoint(reading.tokens[start:end])
        and _is_fine(" ".join(reading.tokens[start:end]))
        for place in range(start, end)
    )
    return replace(reading, fine=fine) if fine else reading


def _is_fine(words: str) -> bool:
    if _FINE.search(words):
        return True
    # "The crew's fine": a short form is two words.
    return "'" in words and bool(_FINE.search(_SHORT_FORM.sub(r"\1 '\2", words)))
