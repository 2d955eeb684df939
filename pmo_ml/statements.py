"""Labelled statements: read, checked, and turned into the levels that the model learns.

One row is one statement with its labels (codebook 2.1). Doses are never typed; `dosing` derives
them. Every problem of a file is reported at once, with its line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pmo_ml.catalogue import Catalogue
from pmo_ml.dosing import label_doses, within_limits
from pmo_ml.errors import LogError, StatementError, count
from pmo_ml.logs import read_csv
from pmo_ml.schema import DOSE_LEVELS, FACTOR_LEVELS, GATES, LONGEST_STATEMENT, Target

LIST_COLUMNS = ("core", "secondary", "reduce", "negated")
COLUMNS = ("id", "author", "text", "gate", *LIST_COLUMNS, *FACTOR_LEVELS, "sector", "register")
REGISTERS = (
    "question", "complaint", "request", "fragment", "notes", "email", "chat", "ramble",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one row; `line` counts from the header, which is line 1."""

    line: int
    id: str
    what: str

    def __str__(self) -> str:
        return f"line {self.line} ({self.id}): {self.what}"


def read_statements(path: Path, catalogue: Catalogue) -> pd.DataFrame:
    """Labelled statements, checked. Raises StatementError with every problem found."""
    frame = read_table(path)
    problems = list(find_problems(frame, catalogue))
    if problems:
        raise StatementError(
            f"{path}: {count(len(problems), 'problem')}",
            "mend these rows, then: pmo-ml statements check",
            map(str, problems),
        )
    return frame


def read_table(path: Path) -> pd.DataFrame:
    """The file as text columns; factors become integers where they are. Nothing else checked."""
    frame = _read_text(path)
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise StatementError(
            f"{path} has no column {', '.join(missing)}", f"the columns are {', '.join(COLUMNS)}"
        )
    for name in FACTOR_LEVELS:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if (numbers.abs() < 100).all() and (numbers == numbers.round()).all():
            frame[name] = numbers.astype(int)
    return frame


def _read_text(path: Path) -> pd.DataFrame:
    try:
        frame, rejected = read_csv(path)
    except OSError as error:
        raise StatementError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StatementError(f"{path} is not UTF-8", "save it as CSV UTF-8") from error
    except LogError as error:
        raise StatementError(error.message, error.hint) from error
    if rejected:
        raise StatementError(
            f"{path} is not a CSV table: {count(len(rejected), 'row')} cannot be read",
            "give every row the cells that the header names",
            [f"line {row.line}: {row.reason}" for row in rejected],
        )
    return frame


def read_judged(path: Path, catalogue: Catalogue) -> pd.DataFrame:
    """Statements with their truth, to judge by: labelled as above, or with a dose a category.

    The second form has the columns text, gate and one for each category, holding 0..3. Raises
    StatementError with every problem found.
    """
    frame = _read_text(path)
    if "core" in frame.columns:
        return read_statements(path, catalogue)
    missing = [name for name in ("text", "gate", *catalogue.ids) if name not in frame.columns]
    if missing:
        raise StatementError(
            f"{path} has no column {', '.join(missing)}",
            "give labelled statements, or the columns text, gate and a dose for each category",
        )
    problems = [
        f"line {line}: gate '{gate}'"
        for line, gate in zip(_lines(frame), frame["gate"], strict=True)
        if gate not in GATES
    ]
    for name in catalogue.ids:
        bad = ~frame[name].isin([str(dose) for dose in DOSE_LEVELS])
        problems += [
            f"line {_lines(frame)[row]}: {name} '{frame[name][row]}'" for row in np.flatnonzero(bad)
        ]
    if problems:
        raise StatementError(f"{path}: {count(len(problems), 'problem')}", problems=problems)
    return frame.astype({name: int for name in catalogue.ids})


def split_list(cell: str) -> list[str]:
    """`a;b` to [a, b]."""
    return [item.strip() for item in cell.split(";") if item.strip()]


def find_problems(frame: pd.DataFrame, catalogue: Catalogue) -> Iterator[Problem]:
    """Bad values, contradictions, repeated ids and texts, and the codebook's limits, by row."""
    ids: dict[str, int] = {}
    texts: dict[str, int] = {}
    for line, row in zip(_lines(frame), frame.to_dict("records"), strict=True):
        name = row["id"]
        found = list(_row_problems(row, catalogue))
        plain = " ".join(row["text"].lower().split())
        if ids.setdefault(name, line) != line:
            found.append(f"the id stands on line {ids[name]} already")
        if plain and texts.setdefault(plain, line) != line:
            found.append(f"the text stands on line {texts[plain]} already")
        for what in found:
            yield Problem(line, name, what)


def _lines(frame: pd.DataFrame) -> list[int]:
    """The line of the file on which each row begins; the header is line 1."""
    return list(frame.attrs.get("lines", range(2, len(frame) + 2)))


def _row_problems(row: Mapping[str, Any], catalogue: Catalogue) -> Iterator[str]:
    if not row["id"]:
        yield "has no id"
    if not row["author"]:
        yield "has no author"
    if not row["text"].strip():
        yield "the text is empty"
    if len(row["text"]) > LONGEST_STATEMENT:
        yield f"the text is longer than {LONGEST_STATEMENT:,} characters"
    if row["gate"] not in GATES:
        yield f"gate '{row['gate']}' is not one of {', '.join(GATES)}"
    if row["register"] not in REGISTERS:
        yield f"register '{row['register']}' is not one of {', '.join(REGISTERS)}"
    for factor, levels in FACTOR_LEVELS.items():
        if str(row[factor]) not in map(str, levels):
            yield f"{factor} '{row[factor]}' is not one of {', '.join(map(str, levels))}"
    yield from _category_problems(row, catalogue)


def _category_problems(row: Mapping[str, Any], catalogue: Catalogue) -> Iterator[str]:
    lists = {column: split_list(row[column]) for column in LIST_COLUMNS}
    for column, names in lists.items():
        for name in names:
            if name not in catalogue.ids:
                yield f"{column}: unknown category '{name}'"
        if len(set(names)) < len(names):
            yield f"{column}: a category stands twice"
    labelled = set(lists["core"]) | set(lists["secondary"])
    if both := set(lists["core"]) & set(lists["secondary"]):
        yield f"core and secondary at once: {', '.join(sorted(both))}"
    if stray := set(lists["reduce"]) - labelled:
        yield f"reduce without being core or secondary: {', '.join(sorted(stray))}"
    if fine := set(lists["negated"]) & labelled:
        yield f"negated and labelled at once: {', '.join(sorted(fine))}"
    if row["gate"] == "in_scope":
        if not lists["core"]:
            yield "in scope without a core category"
        if len(labelled) > catalogue.rule.most_categories:
            yield f"{len(labelled)} categories, at most {catalogue.rule.most_categories}"
    elif labelled:
        yield f"{row['gate']} with categories: {', '.join(sorted(labelled))}"
    elif any(str(row[factor]) not in ("0", "") for factor in FACTOR_LEVELS):
        yield f"{row['gate']} with factors other than 0"


def near_duplicates(
    texts: list[str], alike: float = 0.85, least_words: int = 5, chunk: int = 1000
) -> list[tuple[int, int, float]]:
    """Pairs of rows whose words are nearly the same: (row, later row, cosine), closest first.

    Texts of fewer than `least_words` words are left out: two people may well both type "roadmap".
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b"
    )
    try:
        rows = vectorizer.fit_transform(texts)
    except ValueError:  # no words at all
        return []
    long_enough = np.array([len(text.split()) >= least_words for text in texts])
    pairs: list[tuple[int, int, float]] = []
    for start in range(0, len(texts), chunk):
        close = (rows[start : start + chunk] @ rows.T).tocoo()
        keep = (close.data >= alike) & (close.col > close.row + start)
        keep &= long_enough[close.row + start] & long_enough[close.col]
        pairs += zip(close.row[keep] + start, close.col[keep], close.data[keep], strict=True)
    return sorted(((int(a), int(b), float(c)) for a, b, c in pairs), key=lambda pair: -pair[2])


def role_levels(frame: pd.DataFrame, catalogue: Catalogue) -> np.ndarray:
    """(n, categories): 0 none, 1 secondary, 2 core."""
    return 2 * _marks(frame["core"], catalogue) + _marks(frame["secondary"], catalogue)


def encode(frame: pd.DataFrame, catalogue: Catalogue, targets: tuple[Target, ...]) -> np.ndarray:
    """The levels of checked statements, (n, targets), in the order of the targets."""
    tables = {
        "gate": [frame["gate"].map({name: level for level, name in enumerate(GATES)})],
        "roles": list(role_levels(frame, catalogue).T),
        "overdose": [(frame["reduce"] != "").astype(int)],
        "factors": [frame[name] for name in FACTOR_LEVELS],
    }
    columns = [column for table in tables.values() for column in table]
    assert len(columns) == len(targets), "targets_for and encode must name the same columns"
    return np.column_stack([np.asarray(column, dtype=int) for column in columns])


def true_doses(frame: pd.DataFrame, catalogue: Catalogue) -> np.ndarray:
    """The doses that the labels stand for, (n, categories), within the codebook's limits."""
    roles = role_levels(frame, catalogue)
    factors = {name: frame[name].to_numpy() for name in FACTOR_LEVELS}
    reduce = _marks(frame["reduce"], catalogue).astype(bool)
    return within_limits(
        catalogue.rule, label_doses(catalogue.rule, roles, factors, reduce), roles.astype(float)
    )


def _marks(cells: pd.Series, catalogue: Catalogue) -> np.ndarray:
    place = {name: column for column, name in enumerate(catalogue.ids)}
    marks = np.zeros((len(cells), len(place)), dtype=int)
    for row, cell in enumerate(cells):
        for name in split_list(cell):
            marks[row, place[name]] = 1
    return marks


def spread(frame: pd.DataFrame, catalogue: Catalogue) -> dict[str, pd.DataFrame]:
    """How the statements are spread: gates, categories by role and dose, registers, and so on."""
    doses = true_doses(frame, catalogue)
    roles = role_levels(frame, catalogue)
    reduce = _marks(frame["reduce"], catalogue)
    negated = _marks(frame["negated"], catalogue)
    by_category = pd.DataFrame(
        {
            "category": catalogue.ids,
            "core": (roles == 2).sum(axis=0),
            "secondary": (roles == 1).sum(axis=0),
            **{catalogue.doses[dose]: (doses == dose).sum(axis=0) for dose in DOSE_LEVELS[1:]},
            "reduce": reduce.sum(axis=0),
            "negated": negated.sum(axis=0),
        }
    )
    in_scope = frame[frame["gate"] == "in_scope"]
    scale = sorted({level for levels in FACTOR_LEVELS.values() for level in levels})
    factors = pd.DataFrame(
        [
            {
                "factor": name,
                **{str(level): int((in_scope[name] == level).sum()) for level in scale},
            }
            for name in FACTOR_LEVELS
        ]
    )
    words = frame["text"].str.split().str.len()
    return {
        "gates": _counts(frame["gate"]),
        "categories": by_category,
        "factors (in scope)": factors,
        "registers": _counts(frame["register"]),
        "sectors (largest ten)": _counts(frame["sector"]).head(10),
        "authors": _counts(frame["author"]),
        "words a statement": words.describe(percentiles=[0.1, 0.5, 0.9])
        .round(0)
        .astype(int)
        .rename_axis("figure")
        .reset_index(name="words"),
    }


def _counts(column: pd.Series) -> pd.DataFrame:
    return column.value_counts().rename_axis(column.name).reset_index(name="statements")
