"""The thesaurus: concepts, and the many words and phrases for each.

A PMO edits `data/thesaurus.toml`; a phrase that ends in `*` also matches longer words. The
concepts become features beside the words, and are named in the reasons ("outside firm").
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pmo_ml.errors import ThesaurusError, count

Thesaurus = Mapping[str, tuple[str, ...]]
"""Concept -> phrases."""


def load_thesaurus(path: Path) -> Thesaurus:
    """Read a thesaurus. Raises ThesaurusError with every problem found."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ThesaurusError(
            f"The thesaurus {path} cannot be read: {error.strerror}",
            "give the folder that holds thesaurus.toml in PMO_ML_DATA",
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThesaurusError(f"The thesaurus {path} is not valid TOML: {error}") from error
    return check_thesaurus(raw.get("concepts", {}), str(path))


def check_thesaurus(concepts: Mapping, source: str = "thesaurus") -> Thesaurus:
    """Turn parsed TOML into a Thesaurus, or raise ThesaurusError with every problem found."""
    if not isinstance(concepts, Mapping):
        raise ThesaurusError(f"{source}: concepts should be a table of concepts and their phrases")
    problems = []
    for concept, phrases in concepts.items():
        if not isinstance(phrases, list) or not phrases:
            problems.append(f"concepts.{concept}: should be a list of phrases")
            continue
        for phrase in phrases:
            if not isinstance(phrase, str) or not any(c.isalnum() for c in phrase):
                problems.append(f"concepts.{concept}: {phrase!r} holds no word")
            elif "*" in phrase.rstrip("*"):
                problems.append(f"concepts.{concept}: '*' may only end a phrase, not {phrase!r}")
    if not concepts:
        problems.append("concepts: is missing or empty")
    if problems:
        raise ThesaurusError(f"{source}: {count(len(problems), 'problem')}", problems=problems)
    return {concept: tuple(phrases) for concept, phrases in concepts.items()}


def thesaurus_hash(thesaurus: Thesaurus) -> str:
    """A short digest that changes with any concept or phrase."""
    told = json.dumps({name: list(phrases) for name, phrases in thesaurus.items()})
    return hashlib.sha256(told.encode()).hexdigest()[:16]
