"""What in a cabinet is at odds with the rest of it or with the labels, each with its place."""

import itertools
from collections import Counter
from collections.abc import Iterator

from pmo_ml.cabinet import Catalogue, Category, YesNo
from pmo_ml.schema import FACTOR_LEVELS


def inconsistencies(catalogue: Catalogue) -> Iterator[str]:
    yield from _repeated("categories", [c.id for c in catalogue.categories])
    yield from _repeated("questions", [q.id for c in catalogue.categories for q in c.questions])
    yield from _repeated("factors", [f.id for f in catalogue.factors])
    yield from _repeated("vague_questions", [q.id for q in catalogue.vague_questions])
    yield from _repeated("tie_breaks", [t.id for t in catalogue.tie_breaks])
    yield from _factor_problems(catalogue)
    yield from _rule_problems(catalogue)
    yield from _vague_problems(catalogue)
    for category in catalogue.categories:
        yield from _category_problems(category, catalogue)
    for tie in catalogue.tie_breaks:
        for name in tie.categories:
            if name not in catalogue.ids:
                yield f"tie_breaks[{tie.id}].categories: unknown category '{name}'"


def _repeated(place: str, names: list[str]) -> Iterator[str]:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{place}: '{name}' stands {times} times"


def _factor_problems(catalogue: Catalogue) -> Iterator[str]:
    found = {factor.id: tuple(s.level for s in factor.levels) for factor in catalogue.factors}
    for name, levels in FACTOR_LEVELS.items():
        if name not in found:
            yield f"factors: '{name}' is missing"
        elif found[name] != levels:
            yield f"factors[{name}].levels: are {list(found[name])}, should be {list(levels)}"
    for name in found:
        if name not in FACTOR_LEVELS:
            yield f"factors: '{name}' is not one the statements are labelled with"
    if tuple(found) != tuple(FACTOR_LEVELS) and sorted(found) == sorted(FACTOR_LEVELS):
        yield f"factors: should stand in the order {', '.join(FACTOR_LEVELS)}"


def _rule_problems(catalogue: Catalogue) -> Iterator[str]:
    rule = catalogue.rule
    if not rule.standard_from <= rule.double_at <= rule.double_from:
        yield "rule: needs standard_from <= double_at <= double_from"
    for number, condition in enumerate(rule.double_if, 1):
        if condition.level not in FACTOR_LEVELS.get(condition.factor, ()):
            yield f"rule.double_if[{number}]: no level {condition.level} of '{condition.factor}'"
    if rule.most_double > rule.most_categories:
        yield "rule.most_double: is above most_categories"


def _vague_problems(catalogue: Catalogue) -> Iterator[str]:
    for question in catalogue.vague_questions:
        for choice in question.choices:
            place = f"vague_questions[{question.id}] '{choice.label}'"
            if choice.category and choice.category not in catalogue.ids:
                yield f"{place}: unknown category '{choice.category}'"
            for factor, level in choice.sets.items():
                if level not in FACTOR_LEVELS.get(factor, ()):
                    yield f"{place}: no level {level} of '{factor}'"


def _category_problems(category: Category, catalogue: Catalogue) -> Iterator[str]:
    place = f"categories[{category.id}]"
    if [dosage.dose for dosage in category.doses] != [1, 2, 3]:
        yield f"{place}.doses: should be 1, 2, 3 in this order"
    for low, high in itertools.pairwise(category.doses):
        if high.effort < low.effort:
            yield (
                f"{place}.doses: dose {high.dose} takes {high.effort} days, "
                f"less than the {low.effort} of dose {low.dose}"
            )
    ties = {tie.id for tie in catalogue.tie_breaks}
    for field, others in (
        ("combines_with", [beside.category for beside in category.combines_with]),
        ("confused_with", [confusion.category for confusion in category.confused_with]),
    ):
        for other in others:
            if other not in catalogue.ids:
                yield f"{place}.{field}: unknown category '{other}'"
            elif other == category.id:
                yield f"{place}.{field}: names itself"
    for confusion in category.confused_with:
        if confusion.tie_break and confusion.tie_break not in ties:
            yield f"{place}.confused_with: unknown tie-break '{confusion.tie_break}'"
    for question in category.questions:
        yield from _question_problems(question, place, catalogue)


def _question_problems(question: YesNo, place: str, catalogue: Catalogue) -> Iterator[str]:
    if question.yes is None and question.no is None:
        yield f"{place}.questions[{question.id}]: neither answer speaks for anything"
    for answer, speaks in (("yes", question.yes), ("no", question.no)):
        if speaks is None:
            continue
        where = f"{place}.questions[{question.id}].{answer}"
        if speaks.speaks_for not in catalogue.ids:
            yield f"{where}: unknown category '{speaks.speaks_for}'"
        elif speaks.facet and speaks.facet not in catalogue.category(speaks.speaks_for).facets:
            yield f"{where}: '{speaks.speaks_for}' has no facet '{speaks.facet}'"
