"""The cabinet: sixteen categories, their dose ladders and questions, and the dosing rule.

`load_catalogue` reads a TOML file and reports every inconsistency at once, each with its place.
Source of the default cabinet and of the rule: the codebook, parts 1 and 2.
"""

import hashlib
import itertools
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pmo_ml.errors import CatalogueError, count
from pmo_ml.schema import FACTOR_LEVELS

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FactorAtLeast(_Part):
    """A condition of the dosing rule: this factor stands at this level or above."""

    factor: Name
    level: int


class Rule(_Part):
    """The dosing rule's numbers (codebook 2.3 and 2.4)."""

    standard_from: int
    double_from: int
    double_at: int
    double_if: tuple[FactorAtLeast, ...]
    secondary_step: int = Field(ge=0, le=2)
    secondary_floor: int = Field(ge=1, le=3)
    overdose_dose: int = Field(ge=1, le=3)
    most_categories: int = Field(ge=1)
    most_double: int = Field(ge=1)


class Level(_Part):
    level: int
    name: Text
    means: Text
    phrase: Text


class Factor(_Part):
    """One of the five points to look for, with the question that an executive can answer."""

    id: Name
    symbol: Text
    name: Text
    question: Text
    levels: tuple[Level, ...] = Field(min_length=2)

    def at(self, level: int) -> Level:
        return next(step for step in self.levels if step.level == level)


class Choice(_Part):
    label: Text
    category: Name | None = None
    sets: dict[Name, int] = {}


class VagueQuestion(_Part):
    """Asked when nothing can be placed yet (codebook 3.5)."""

    id: Name
    text: Text
    choices: tuple[Choice, ...] = Field(min_length=2)


class TieBreak(_Part):
    id: Text
    categories: tuple[Name, ...] = ()
    text: Text


class Dosage(_Part):
    """What one dose of a category is. Effort in PMO days a month."""

    dose: Literal[1, 2, 3]
    does: Text
    deliverables: tuple[Text, ...] = Field(min_length=1)
    cadence: Text
    effort: int = Field(gt=0)
    first_weeks: Text


class Beside(_Part):
    category: Name
    why: Text


class Confusion(_Part):
    category: Name
    tie_break: str = ""
    how: Text


class Speaks(_Part):
    """What an answer to a yes/no question speaks for."""

    speaks_for: Name
    how: Literal["confirm", "instead", "also", "first", "doubt"]
    facet: str = ""
    reduce: bool = False


class YesNo(_Part):
    id: Name
    text: Text
    yes: Speaks | None = None
    no: Speaks | None = None


class Category(_Part):
    """One card of the cabinet."""

    id: Name
    name: Text
    short: Text
    definition: Text
    detail: str = ""
    facets: tuple[Name, ...] = Field(min_length=1)
    cues: tuple[Text, ...] = Field(min_length=3)
    overdose_cues: tuple[Text, ...] = ()
    contra_indications: tuple[Text, ...] = Field(min_length=1)
    side_effects: tuple[Text, ...] = Field(min_length=1)
    needs: str = ""
    combines_with: tuple[Beside, ...] = ()
    confused_with: tuple[Confusion, ...] = ()
    not_for: tuple[Text, ...] = ()
    doses: tuple[Dosage, ...] = Field(min_length=3, max_length=3)
    questions: tuple[YesNo, ...] = Field(min_length=1)

    def at(self, dose: int) -> Dosage:
        return self.doses[dose - 1]


class Catalogue(_Part):
    """The whole cabinet, checked."""

    version: Text
    title: Text
    basis: Text
    doses: tuple[Text, Text, Text, Text]
    rule: Rule
    factors: tuple[Factor, ...]
    vague_questions: tuple[VagueQuestion, ...] = Field(min_length=1)
    tie_breaks: tuple[TieBreak, ...] = ()
    categories: tuple[Category, ...] = Field(min_length=1)

    def __repr__(self) -> str:
        return f"Catalogue({self.title!r}, version {self.version}, {len(self.ids)} categories)"

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(category.id for category in self.categories)

    @cached_property
    def hash(self) -> str:
        """Of everything that a model's arrays depend on: ids and their order, levels, rule."""
        told = (self.ids, [(f.id, [s.level for s in f.levels]) for f in self.factors], self.rule)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    def category(self, name: str) -> Category:
        for category in self.categories:
            if category.id == name:
                return category
        raise CatalogueError(
            f"The catalogue has no category '{name}'", f"one of {', '.join(self.ids)}"
        )

    def factor(self, name: str) -> Factor:
        for factor in self.factors:
            if factor.id == name:
                return factor
        raise CatalogueError(
            f"The catalogue has no factor '{name}'",
            f"one of {', '.join(factor.id for factor in self.factors)}",
        )


def load_catalogue(path: Path) -> Catalogue:
    """Read and check a catalogue. Raises CatalogueError with all problems, each with its place."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CatalogueError(
            f"The catalogue {path} cannot be read: {error.strerror}",
            "give the folder that holds catalogue.toml in PMO_ML_DATA",
        ) from error
    except UnicodeDecodeError as error:
        raise CatalogueError(f"The catalogue {path} is not UTF-8", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"The catalogue {path} is not valid TOML: {error}") from error
    return check_catalogue(raw, str(path))


def check_catalogue(raw: dict, source: str = "catalogue") -> Catalogue:
    """Turn parsed TOML into a Catalogue, or raise CatalogueError with every problem found."""
    try:
        catalogue = Catalogue.model_validate(raw)
    except ValidationError as error:
        problems = [f"{_place(e['loc'], raw)}: {e['msg']}" for e in error.errors()]
    else:
        problems = list(_inconsistencies(catalogue))
        if not problems:
            return catalogue
    raise CatalogueError(
        f"{source}: {count(len(problems), 'problem')}",
        "mend these places, then: pmo-ml catalogue check",
        problems,
    )


def _place(loc: tuple, raw: dict) -> str:
    """A readable path: categories[cost_control].doses[2].effort instead of categories.4.doses."""
    words: list[str] = []
    here: Any = raw
    for step in loc:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            here = {}
        if isinstance(step, int):
            label = here.get("id", step + 1) if isinstance(here, dict) else step + 1
            words[-1] = f"{words[-1]}[{label}]"
        else:
            words.append(str(step))
    return ".".join(words)


def _inconsistencies(catalogue: Catalogue) -> Iterator[str]:
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
