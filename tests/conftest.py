"""What the tests share: the shipped cabinet, a sample of the corpus, a model learnt from it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pmo_ml import registry, settings, training
from pmo_ml.catalogue import load_catalogue
from pmo_ml.statements import read_statements
from pmo_ml.thesaurus import load_thesaurus

ROOT = Path(__file__).parent.parent
SAMPLE = Path(__file__).parent / "sample.csv"


@pytest.fixture(scope="session")
def catalogue():
    return load_catalogue(settings.catalogue_path())


@pytest.fixture(scope="session")
def thesaurus():
    return load_thesaurus(settings.thesaurus_path())


@pytest.fixture(scope="session")
def sample(catalogue):
    """480 labelled statements of six authors."""
    return read_statements(SAMPLE, catalogue)


@pytest.fixture(scope="session")
def trained(sample, catalogue, thesaurus):
    return training.train(sample, catalogue, thesaurus)


@pytest.fixture(scope="session")
def model(trained, sample, catalogue, thesaurus):
    """The sample's classifier with its card, as it goes on the shelf."""
    now = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
    card = training.make_card(trained, sample, catalogue, thesaurus, created=now)
    return registry.Model(trained.classifier, card)


@pytest.fixture(scope="session")
def sample_shelf(model, thesaurus, tmp_path_factory):
    """A models folder with the sample's model promoted; not to be written to."""
    root = tmp_path_factory.mktemp("shelf")
    registry.save(model, thesaurus, root)
    registry.promote(model.card.version, root)
    return root


@pytest.fixture(scope="session")
def shelf(catalogue, thesaurus, tmp_path_factory):
    """A models folder with the model of the whole corpus promoted, as `make app` has it."""
    root = tmp_path_factory.mktemp("whole-shelf")
    frame = read_statements(settings.statements_path(), catalogue)
    trained = training.train(frame, catalogue, thesaurus)
    now = datetime(2026, 11, 22, 19, 45, tzinfo=UTC)
    card = training.make_card(trained, frame, catalogue, thesaurus, created=now)
    registry.save(registry.Model(trained.classifier, card), thesaurus, root)
    registry.promote(card.version, root)
    return root
