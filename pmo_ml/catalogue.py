"""The cabinet as a PMO writes it, in TOML, read and checked.

`load_catalogue` reports every inconsistency at once, each with its place.
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pmo_ml.cabinet import (
    Beside,
    Catalogue,
    Category,
    Choice,
    Confusion,
    Dosage,
    Factor,
    FactorAtLeast,
    Level,
    Rule,
    Speaks,
    TieBreak,
    VagueQuestion,
    YesNo,
)
from pmo_ml.consistency import inconsistencies
from pmo_ml.errors import CatalogueError, count

__all__ = [
    "Beside",
    "Catalogue",
    "Category",
    "Choice",
    "Confusion",
    "Dosage",
    "Factor",
    "FactorAtLeast",
    "Level",
    "Rule",
    "Speaks",
    "TieBreak",
    "VagueQuestion",
    "YesNo",
    "check_catalogue",
    "load_catalogue",
]


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
        problems = list(inconsistencies(catalogue))
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
