from pathlib import Path

from pmo_ml import settings


def test_folders_come_from_the_environment_when_asked(monkeypatch):
    monkeypatch.setenv("PMO_ML_DATA", "somewhere/data")
    monkeypatch.setenv("PMO_ML_MODELS", "somewhere/models")

    assert settings.catalogue_path() == Path("somewhere/data/catalogue.toml")
    assert settings.models_folder() == Path("somewhere/models")


def test_without_them_a_checkout_uses_its_own(monkeypatch):
    monkeypatch.delenv("PMO_ML_DATA", raising=False)
    monkeypatch.delenv("PMO_ML_MODELS", raising=False)

    assert settings.catalogue_path().exists()
    assert settings.thesaurus_path().exists()
    assert settings.statements_path().exists()
    assert settings.app_path().exists()
    assert settings.models_folder() == settings.app_path().parent / "models"
