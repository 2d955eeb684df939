"""Where things are. Read from the environment when asked, never on import.

PMO_ML_DATA      folder of catalogue.toml, thesaurus.toml and statements.csv
PMO_ML_MODELS    folder of the saved models
"""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_folder() -> Path:
    """The given folder; else that of the checkout; else the one shipped with the package."""
    if given := os.environ.get("PMO_ML_DATA"):
        return Path(given)
    checkout = _PACKAGE.parent / "data"
    return checkout if (checkout / "catalogue.toml").exists() else _PACKAGE / "data"


def models_folder() -> Path:
    """The given folder; else that of the checkout; else `models` where the program runs."""
    if given := os.environ.get("PMO_ML_MODELS"):
        return Path(given)
    in_checkout = (_PACKAGE.parent / "pyproject.toml").exists()
    return _PACKAGE.parent / "models" if in_checkout else Path("models")


def catalogue_path() -> Path:
    return data_folder() / "catalogue.toml"


def thesaurus_path() -> Path:
    return data_folder() / "thesaurus.toml"


def statements_path() -> Path:
    return data_folder() / "statements.csv"


def app_path() -> Path:
    """The Streamlit script: beside the package in a checkout, else inside it."""
    checkout = _PACKAGE.parent / "app.py"
    return checkout if checkout.exists() else _PACKAGE / "app.py"
