"""One statement's prescription, with its reasons and what the catalogue says of each dose.

A batch of one on the road that whole logs take: `decisions` decides, this module tells.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from pmo_ml.catalogue import Catalogue, Category
from pmo_ml.classifier import ProblemClassifier
from pmo_ml.decisions import LEAST_KNOWN, Decisions, decide, with_answers
from pmo_ml.errors import AnswerError, StatementError
from pmo_ml.explanation import Explainer
from pmo_ml.reading import read
from pmo_ml.schema import (
    FACTOR_LEVELS,
    GATES,
    LONGEST_STATEMENT,
    ROLES,
    FactorReading,
    Gate,
    Prescription,
    Probabilities,
    Service,
    Suggestion,
    Thresholds,
)

CERTAINTY_WORDS = (
    (0.9, "almost certainly"),
    (0.7, "very likely"),
    (0.5, "probably"),
    (0.3, "possibly"),
    (0.0, "just possibly"),
)

MESSAGES: Mapping[Gate, str] = {
    "in_scope": "",
    "too_vague": "There is something here, but not yet enough to prescribe for. "
    "Three short answers would do:",
    "out_of_scope": "This does not read like a matter of projects, so the cabinet holds nothing "
    "for it, and a wrong remedy would only cost you time. If there is a project, programme or "
    "planned change behind it, say which one, and what about it hurts.",
}
UNREADABLE = (
    "Only {known} of the {words} words here are known to me. I read English; in another language "
    "or in code I would only be guessing."
)
WORDLESS = "There are no words here to read."


def check_statement(text: str) -> str:
    """The text, if it can be read at all. Raises StatementError with what to do."""
    if not text.strip():
        raise StatementError("The statement is empty", "describe the problem in a sentence or two")
    if len(text) > LONGEST_STATEMENT:
        raise StatementError(
            f"The statement has {len(text):,} characters; at most {LONGEST_STATEMENT:,} are read",
            "give the heart of it, about a page",
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise StatementError("The statement holds half a character", "send it as UTF-8")
    return text


def check_answers(answers: Mapping[str, int]) -> Mapping[str, int]:
    """Answers as factor -> level. Raises AnswerError for what no question offers."""
    for factor, level in answers.items():
        if factor not in FACTOR_LEVELS:
            raise AnswerError(
                f"There is no question '{factor}'", f"one of {', '.join(FACTOR_LEVELS)}"
            )
        if level not in FACTOR_LEVELS[factor]:
            raise AnswerError(
                f"'{factor}' has no level {level}",
                f"one of {', '.join(map(str, FACTOR_LEVELS[factor]))}",
            )
    return answers


def prescribe(
    text: str,
    classifier: ProblemClassifier,
    catalogue: Catalogue,
    thresholds: Thresholds,
    *,
    answers: Mapping[str, int] | None = None,
    model_version: str = "",
) -> Prescription:
    """One statement's prescription, with its reasons.

    `answers` set factors to a level and overrule what was read off the text. Raises
    StatementError and AnswerError.
    """
    answers = check_answers(answers or {})
    reading = read(check_statement(text))
    found = classifier.features_.find(reading)
    row = classifier.features_.rows([found])
    proba = with_answers(classifier.proba_of(classifier.scores_of(row)), answers)
    known = classifier.features_.known_share(reading)
    decisions = decide(proba, catalogue, thresholds, np.array([known >= LEAST_KNOWN]))
    explainer = Explainer(classifier, reading, found, row)
    gate = GATES[decisions.gate[0]]
    services: tuple[Service, ...] = ()
    factors: tuple[FactorReading, ...] = ()
    if gate == "in_scope":
        factors = tuple(_factors(proba, catalogue, explainer, answers))
        services = tuple(_services(decisions, proba, catalogue, explainer, factors))
    return Prescription(
        statement=text,
        gate=gate,
        gate_certainty=float(proba.gate[0, decisions.gate[0]]),
        gate_proba=tuple(map(float, proba.gate[0])),
        gate_reasons=explainer.reasons("gate.gate", 0) if reading.tokens else None,
        message=MESSAGES[gate],
        questions=tuple(q.text for q in catalogue.vague_questions) if gate == "too_vague" else (),
        services=services,
        factors=factors,
        often_given_with=tuple(_often_with(services, catalogue)),
        effort=sum(service.effort for service in services if not service.prune),
        notes=tuple(_notes(known, len(reading.tokens))),
        model_version=model_version,
        catalogue_version=catalogue.version,
    )


def certainty_words(p: float) -> str:
    """A probability in words.

    >>> certainty_words(0.93)
    'almost certainly'
    """
    return next(words for least, words in CERTAINTY_WORDS if p >= least)


def percent(p: float) -> str:
    """A probability in per cent; never quite nothing, and never quite certain.

    >>> percent(0.9991)
    'over 99%'
    """
    if p > 0.99:
        return "over 99%"
    return "under 1%" if p < 0.01 else f"{p:.0%}"


def _notes(known: float, words: int) -> Iterator[str]:
    if not words:
        yield WORDLESS
    elif known < LEAST_KNOWN:
        yield UNREADABLE.format(known=round(known * words), words=words)


def _factors(
    proba: Probabilities, catalogue: Catalogue, explainer: Explainer, answers: Mapping[str, int]
) -> Iterator[FactorReading]:
    for factor in catalogue.factors:
        chances = proba.factors[factor.id][0]
        place = int(chances.argmax())
        level = factor.levels[place]
        answered = factor.id in answers
        # The reasons speak of the step into the level that was read, or, at the lowest, of the
        # step that was not taken.
        step = max(place - 1, 0)
        yield FactorReading(
            factor=factor.id,
            symbol=factor.symbol,
            name=factor.name,
            level=level.level,
            level_name=level.name,
            phrase=level.phrase,
            certainty=float(chances[place]),
            proba=tuple(map(float, chances)),
            answered=answered,
            reasons=None if answered else explainer.reasons(f"factors.{factor.id}", step, most=3),
        )


def _services(
    decisions: Decisions,
    proba: Probabilities,
    catalogue: Catalogue,
    explainer: Explainer,
    factors: tuple[FactorReading, ...],
) -> Iterator[Service]:
    given = np.flatnonzero(decisions.doses[0])
    order = sorted(given, key=lambda c: (-decisions.doses[0, c], -decisions.needed[0, c]))
    for column in order:
        category = catalogue.categories[column]
        dose = int(decisions.doses[0, column])
        role = ROLES[1 + int(proba.roles[0, column, 1:].argmax())]
        prune = bool(decisions.prune[0, column])
        dosage = category.at(dose)
        needed = float(decisions.needed[0, column])
        yield Service(
            category=category.id,
            name=category.name,
            dose=dose,  # type: ignore[arg-type]
            dose_name=catalogue.doses[dose],
            role=role,
            p_needed=needed,
            certainty=certainty_words(needed),
            proba=tuple(map(float, decisions.dose_proba[0, column])),
            prune=prune,
            because=_because(role, prune, factors),
            reasons=explainer.reasons(f"roles.{category.id}"),
            does=dosage.does,
            first_weeks=dosage.first_weeks,
            deliverables=dosage.deliverables,
            cadence=dosage.cadence,
            effort=dosage.effort,
            contra_indications=category.contra_indications,
        )


def _because(role: str, prune: bool, factors: tuple[FactorReading, ...]) -> str:
    """Why this dose, in words: the dials that moved it, and the role."""
    if prune:
        return "you have too much of this already: the remedy is to cut it back"
    raised = [reading.phrase for reading in factors if reading.level > 0]
    lowered = [reading.phrase for reading in factors if reading.level < 0]
    words = ", ".join(raised) if raised else "one ordinary case, with nothing that raises the dose"
    if lowered:
        words += f"; held down by {', '.join(lowered)}"
    if role == "secondary":
        words += "; one step lower, as it follows from something else or was said in passing"
    return words


def _often_with(services: tuple[Service, ...], catalogue: Catalogue) -> Iterator[Suggestion]:
    told = {service.category for service in services}
    for service in services:
        if service.prune:
            continue
        category: Category = catalogue.category(service.category)
        for beside in category.combines_with:
            if beside.category not in told:
                told.add(beside.category)
                name = catalogue.category(beside.category).name
                yield Suggestion(beside.category, name, service.name, beside.why)
