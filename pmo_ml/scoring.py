"""Whole problem logs to scored logs, chunk by chunk, on the road that one statement takes."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pmo_ml.catalogue import Catalogue
from pmo_ml.decisions import decide_texts
from pmo_ml.registry import Model
from pmo_ml.schema import GATES

CHUNK = 2_000


def score(texts: list[str], model: Model, catalogue: Catalogue) -> pd.DataFrame:
    """The added columns for some texts: gate, dose_*, p_*, certainty, model_version."""
    decisions = decide_texts(texts, model.classifier, catalogue, model.card.thresholds)
    columns: dict[str, np.ndarray | str] = {"gate": np.array(GATES, dtype=object)[decisions.gate]}
    for column, name in enumerate(catalogue.ids):
        columns[f"dose_{name}"] = decisions.doses[:, column]
    for column, name in enumerate(catalogue.ids):
        columns[f"p_{name}"] = decisions.needed[:, column].round(4)
    columns["certainty"] = decisions.certainty.round(4)
    columns["model_version"] = model.card.version
    return pd.DataFrame(columns, index=range(len(texts)))


def score_in_chunks(
    texts: list[str], model: Model, catalogue: Catalogue, chunk: int = CHUNK
) -> Iterator[pd.DataFrame]:
    """As `score`, yielding a frame for each chunk so that a door can show progress."""
    for start in range(0, len(texts), chunk):
        yield score(texts[start : start + chunk], model, catalogue)


def add_columns(frame: pd.DataFrame, scored: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """A log beside its scores, and which input columns had to give way, with their new names.

    An input column with the name of an added one is kept as `input_<name>`.
    """
    taken = {*frame.columns, *scored.columns}
    renamed: dict[str, str] = {}
    for name in frame.columns.intersection(scored.columns):
        new = f"input_{name}"
        while new in taken:  # a scored log that is scored again has its own input_<name>
            new = f"input_{new}"
        taken.add(new)
        renamed[name] = new
    kept = frame.rename(columns=renamed)
    return pd.concat([kept.reset_index(drop=True), scored], axis=1), renamed
