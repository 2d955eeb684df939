"""The shelf: saved models, each with its card, and which of them is promoted.

    models/<version>/model.npz      plain arrays, read without running any code
    models/<version>/card.json      the sheet of facts
    models/digests/<version>        the digests to trust, kept outside the model's folder
    models/champion                 the promoted version's name

A version is written aside and renamed into place, so a reader sees all of it or nothing.
"""

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from pmo_ml.catalogue import Catalogue
from pmo_ml.classifier import ProblemClassifier
from pmo_ml.errors import ModelMismatch, ModelNotFound, ModelTampered, PmoError
from pmo_ml.schema import ModelCard, Thresholds, targets_for
from pmo_ml.thesaurus import Thesaurus

FILES = ("model.npz", "card.json")


@dataclass(frozen=True)
class Model:
    """A classifier with its card, ready to prescribe."""

    classifier: ProblemClassifier
    card: ModelCard


def save(model: Model, thesaurus: Thesaurus, root: Path) -> Path:
    """Put a model on the shelf under its card's version. Refuses to overwrite one."""
    folder = root / model.card.version
    if folder.exists():
        raise ModelNotFound(f"There is a model {model.card.version} already", "train again")
    arrays = model.classifier.state()
    told = json.dumps({name: list(phrases) for name, phrases in thesaurus.items()})
    arrays["thesaurus"] = np.frombuffer(told.encode(), dtype=np.uint8)
    try:
        _put(folder, arrays, model.card)
    except OSError as error:
        raise PmoError(
            f"{folder} cannot be written: {error.strerror or error}",
            "free some space, or give another folder in PMO_ML_MODELS",
        ) from error
    return folder


def _put(folder: Path, arrays: Mapping[str, np.ndarray], card: ModelCard) -> None:
    root = folder.parent
    (root / "digests").mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".saving-", dir=root))
    try:
        np.savez(aside / "model.npz", allow_pickle=False, **arrays)
        text = json.dumps(asdict(card), indent=2, ensure_ascii=False)
        (aside / "card.json").write_text(text + "\n", encoding="utf-8")
        digests = "".join(f"{_digest((aside / name).read_bytes())}  {name}\n" for name in FILES)
        aside.chmod(0o755)
        _write(root / "digests" / folder.name, digests)
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def load(version: str, catalogue: Catalogue, root: Path) -> Model:
    """A saved model, checked against its digests and the catalogue; runs none of its content.

    Raises ModelNotFound, ModelTampered and ModelMismatch.
    """
    contents = _trusted(version, root)
    card = read_card(contents["card.json"])
    _check_catalogue(card, catalogue)
    try:
        with np.load(io.BytesIO(contents["model.npz"]), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        told = json.loads(arrays.pop("thesaurus").tobytes())
        thesaurus = {name: tuple(phrases) for name, phrases in told.items()}
        parameters = _feature_parameters(card.parameters)
        classifier = ProblemClassifier.from_state(
            arrays, targets_for(catalogue.ids), thesaurus=thesaurus, **parameters
        )
    except (ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ModelMismatch(
            f"Model {version} was not saved by this program: {error}", "pmo-ml train"
        ) from error
    return Model(classifier, card)


def load_champion(catalogue: Catalogue, root: Path) -> Model:
    """The promoted model."""
    return load(champion(root), catalogue, root)


def champion(root: Path) -> str:
    """The promoted version. Raises ModelNotFound."""
    try:
        return (root / "champion").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelNotFound(f"No model is promoted in {root}", "pmo-ml train") from error


def promote(version: str, root: Path) -> None:
    """Make a version the champion, in one step. Raises ModelNotFound."""
    if version not in versions(root):
        raise ModelNotFound(f"There is no model {version} in {root}", "pmo-ml models list")
    _write(root / "champion", version + "\n")


def versions(root: Path) -> list[str]:
    """Every whole version on the shelf, oldest first."""
    return sorted(path.parent.name for path in root.glob("[!.]*/card.json"))


def cards(root: Path) -> list[ModelCard]:
    """The card of every version, oldest first; checked against the digests."""
    return [read_card(_trusted(version, root)["card.json"]) for version in versions(root)]


def read_card(content: bytes) -> ModelCard:
    """A card from its JSON. Raises ModelMismatch."""
    try:
        told = json.loads(content)
        told["categories"] = tuple(told["categories"])
        limits = told["thresholds"]
        limits["need"], limits["step_up"] = tuple(limits["need"]), tuple(limits["step_up"])
        told["thresholds"] = Thresholds(**limits)
        return ModelCard(**told)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelMismatch(f"A model's card cannot be read: {error}", "pmo-ml train") from error


def _trusted(version: str, root: Path) -> dict[str, bytes]:
    """The files of a version, if they are those that were saved."""
    if version not in versions(root):
        raise ModelNotFound(f"There is no model {version} in {root}", "pmo-ml models list")
    try:
        lines = (root / "digests" / version).read_text(encoding="utf-8").splitlines()
        contents = {name: (root / version / name).read_bytes() for name in FILES}
    except FileNotFoundError as error:
        raise ModelTampered(
            f"Model {version} lacks {error.filename}", "pmo-ml train, or another version"
        ) from error
    trusted = {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}
    for name, content in contents.items():
        if _digest(content) != trusted.get(name):
            raise ModelTampered(
                f"Model {version}: {name} is not the file that was saved",
                "pmo-ml train, or another version",
            )
    return contents


def _check_catalogue(card: ModelCard, catalogue: Catalogue) -> None:
    if card.catalogue_hash == catalogue.hash:
        return
    gone = [name for name in card.categories if name not in catalogue.ids]
    new = [name for name in catalogue.ids if name not in card.categories]
    differences = [
        *([f"the catalogue lacks {', '.join(gone)}"] if gone else []),
        *([f"the model does not know {', '.join(new)}"] if new else []),
    ] or ["the order of the categories, or the factors' levels, differ"]
    raise ModelMismatch(
        f"Model {card.version} was trained for another catalogue "
        f"({len(card.categories)} categories; this one has {len(catalogue.ids)})",
        "pmo-ml train",
        differences,
    )


def _feature_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    shape = parameters["character_range"]
    return {
        "longest_words": parameters["longest_words"],
        "character_range": None if shape is None else tuple(shape),
        "weights": tuple(parameters["weights"]),
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, text: str) -> None:
    """Write a small file in one step."""
    handle, aside = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(aside, 0o644)
    os.replace(aside, path)
