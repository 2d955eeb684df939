"""The cabinet's records: categories, their dose ladders and questions, and the dosing rule.

Source of the default cabinet and of the rule: the codebook, parts 1 and 2.
"""

import hashlib
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pmo_ml.errors import CatalogueError

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
