"""The shelf: what is saved comes back to the bit, and what was touched does not come back."""

import hashlib
import io
import json
import pickle
import subprocess
import sys
import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from pmo_ml import registry
from pmo_ml.catalogue import Catalogue
from pmo_ml.errors import ModelMismatch, ModelNotFound, ModelTampered, PmoError


@pytest.fixture
def shelf(model, thesaurus, tmp_path):
    """A models folder of its own, with the sample's model and nothing promoted."""
    registry.save(model, thesaurus, tmp_path)
    return tmp_path


@pytest.fixture
def version(model):
    return model.card.version


def renamed(model, version):
    return registry.Model(model.classifier, replace(model.card, version=version))


def as_json(card):
    return json.dumps(asdict(card))


def digest(content):
    return hashlib.sha256(content).hexdigest()


def put_in_place(shelf, version, name, content):
    """Replace a file and its digest too, as only somebody with the whole shelf could."""
    (shelf / version / name).write_bytes(content)
    told = "".join(
        f"{digest((shelf / version / each).read_bytes())}  {each}\n" for each in registry.FILES
    )
    (shelf / "digests" / version).write_text(told)


def cabinet(catalogue, **changed):
    return Catalogue.model_validate(catalogue.model_dump() | changed)


# --- there and back ---


def test_a_model_comes_back_to_the_bit(shelf, version, model, catalogue, sample):
    loaded = registry.load(version, catalogue, shelf)

    texts = [*sample["text"], "", "😀"]
    assert as_json(loaded.card) == as_json(model.card)
    before, after = model.classifier.state(), loaded.classifier.state()
    assert before.keys() == after.keys()
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)
    assert model.classifier.scores(texts).tobytes() == loaded.classifier.scores(texts).tobytes()


def test_a_loaded_model_can_be_saved_again_as_it_was(
    shelf, version, catalogue, thesaurus, tmp_path
):
    loaded = registry.load(version, catalogue, shelf)

    folder = registry.save(loaded, thesaurus, tmp_path / "another")

    for name in registry.FILES:
        assert (folder / name).read_bytes() == (shelf / version / name).read_bytes()


def test_saving_twice_gives_the_same_bytes_but_for_the_version(shelf, version, model, thesaurus):
    again = registry.save(renamed(model, "20990101-000000-aaaaaa"), thesaurus, shelf)

    first = shelf / version
    assert (again / "model.npz").read_bytes() == (first / "model.npz").read_bytes()
    told = (first / "card.json").read_text().replace(version, "20990101-000000-aaaaaa")
    assert (again / "card.json").read_text() == told


def test_a_version_is_never_overwritten(shelf, version, model, thesaurus):
    before = (shelf / version / "model.npz").read_bytes()

    with pytest.raises(PmoError, match="already"):
        registry.save(model, thesaurus, shelf)

    assert (shelf / version / "model.npz").read_bytes() == before


def test_the_files_hold_arrays_and_text_only(shelf, version):
    with np.load(shelf / version / "model.npz", allow_pickle=False) as stored:
        kinds = {stored[name].dtype for name in stored.files}

    assert kinds <= {np.dtype("float32"), np.dtype("float64"), np.dtype("uint8")}
    json.loads((shelf / version / "card.json").read_text())


def test_the_digest_lies_outside_the_models_folder(shelf, version):
    assert sorted(path.name for path in (shelf / version).iterdir()) == sorted(registry.FILES)
    assert (shelf / "digests" / version).exists()


def test_the_thesaurus_travels_with_the_model(shelf, version, catalogue, thesaurus):
    features = registry.load(version, catalogue, shelf).classifier.features_

    assert dict(features.thesaurus) == dict(thesaurus)


# --- what was touched ---


@pytest.mark.parametrize("name", registry.FILES)
def test_one_changed_byte_is_noticed(shelf, version, catalogue, name):
    path = shelf / version / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))

    with pytest.raises(ModelTampered, match=f"{name} is not the file that was saved"):
        registry.load(version, catalogue, shelf)


def test_a_card_with_kinder_thresholds_is_noticed_in_the_list_too(shelf, version):
    path = shelf / version / "card.json"
    card = json.loads(path.read_text())
    card["thresholds"]["refuse"] = 1.0
    path.write_text(json.dumps(card))

    with pytest.raises(ModelTampered):
        registry.cards(shelf)


def test_a_missing_digest_is_no_licence(shelf, version, catalogue):
    (shelf / "digests" / version).unlink()

    with pytest.raises(ModelTampered, match="lacks"):
        registry.load(version, catalogue, shelf)


def test_a_digest_that_names_one_file_only_is_no_licence(shelf, version, catalogue):
    path = shelf / "digests" / version
    path.write_text(path.read_text().splitlines()[1] + "\n")

    with pytest.raises(ModelTampered, match=r"model\.npz"):
        registry.load(version, catalogue, shelf)


def test_a_missing_array_file_is_named(shelf, version, catalogue):
    (shelf / version / "model.npz").unlink()

    with pytest.raises(ModelTampered, match=r"lacks .*model\.npz"):
        registry.load(version, catalogue, shelf)


class Trap:
    """Unpickled, it touches a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickled_array_is_never_executed_even_with_a_matching_digest(
    shelf, version, catalogue, tmp_path
):
    sprung = tmp_path / "sprung"
    with np.load(shelf / version / "model.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["coef"] = np.array([Trap(sprung)], dtype=object)
    content = io.BytesIO()
    np.savez(content, allow_pickle=True, **arrays)
    put_in_place(shelf, version, "model.npz", content.getvalue())

    with pytest.raises(ModelMismatch, match="not saved by this program"):
        registry.load(version, catalogue, shelf)

    assert not sprung.exists()
    with np.load(io.BytesIO(content.getvalue()), allow_pickle=True) as stored:
        stored["coef"]
    assert sprung.exists(), "the trap would have sprung"


def without(array):
    def change(arrays):
        return {name: value for name, value in arrays.items() if name != array}

    return change


@pytest.mark.parametrize(
    "change",
    [
        without("coef"),
        without("thesaurus"),
        lambda arrays: arrays | {"coef": arrays["coef"][:, :-1]},
        lambda arrays: arrays | {"thesaurus": np.frombuffer(b"{", dtype=np.uint8)},
    ],
    ids=["no coef", "no thesaurus", "a head less", "broken thesaurus"],
)
def test_arrays_of_another_program_are_refused(shelf, version, catalogue, change):
    with np.load(shelf / version / "model.npz") as stored:
        arrays = change({name: stored[name] for name in stored.files})
    content = io.BytesIO()
    np.savez(content, **arrays)
    put_in_place(shelf, version, "model.npz", content.getvalue())

    with pytest.raises(ModelMismatch, match="not saved by this program"):
        registry.load(version, catalogue, shelf)


@pytest.mark.parametrize(
    "content", [b"", b"no zip at all", pickle.dumps([1, 2]), b"PK\x03\x04 cut off"]
)
def test_what_is_no_array_file_is_refused(shelf, version, catalogue, content):
    put_in_place(shelf, version, "model.npz", content)

    with pytest.raises(ModelMismatch):
        registry.load(version, catalogue, shelf)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff", b'{"version": "x"}', b'{"categories": 3}']
)
def test_what_is_no_card_is_refused(shelf, version, catalogue, content):
    put_in_place(shelf, version, "card.json", content)

    with pytest.raises(ModelMismatch, match="card cannot be read"):
        registry.load(version, catalogue, shelf)


# --- a model for another catalogue ---


def test_a_category_that_the_catalogue_lost_is_named(shelf, version, catalogue):
    smaller = cabinet(catalogue, categories=catalogue.model_dump()["categories"][:-1])

    with pytest.raises(ModelMismatch, match=r"16 categories; this one has 15") as refused:
        registry.load(version, smaller, shelf)

    assert refused.value.problems == (f"the catalogue lacks {catalogue.ids[-1]}",)


def test_a_category_that_the_model_does_not_know_is_named(shelf, version, catalogue):
    categories = catalogue.model_dump()["categories"]
    larger = cabinet(catalogue, categories=[*categories, categories[0] | {"id": "morale"}])

    with pytest.raises(ModelMismatch) as refused:
        registry.load(version, larger, shelf)

    assert refused.value.problems == ("the model does not know morale",)


def test_another_order_of_the_categories_is_refused_since_axes_are_positional(
    shelf, version, catalogue
):
    turned = cabinet(catalogue, categories=catalogue.model_dump()["categories"][::-1])

    with pytest.raises(ModelMismatch) as refused:
        registry.load(version, turned, shelf)

    assert "order" in refused.value.problems[0]


def test_a_catalogue_with_other_words_only_is_accepted(shelf, version, catalogue):
    reworded = cabinet(catalogue, title="Our own cabinet")

    assert registry.load(version, reworded, shelf).card.version == version


# --- the champion ---


def test_without_a_champion_it_says_what_to_do(shelf, catalogue):
    with pytest.raises(ModelNotFound, match="No model is promoted") as refused:
        registry.load_champion(catalogue, shelf)

    assert refused.value.hint == "pmo-ml train"


@pytest.mark.parametrize("place", ["nowhere", "a-file/below"])
def test_a_shelf_that_is_not_there_has_no_champion_and_no_models(tmp_path, place):
    (tmp_path / "a-file").write_text("not a folder")

    with pytest.raises(ModelNotFound):
        registry.champion(tmp_path / place)

    assert registry.versions(tmp_path / place) == []


def test_the_promoted_version_is_the_one_that_is_loaded(
    shelf, version, model, catalogue, thesaurus
):
    later = "20990101-000000-aaaaaa"
    registry.save(renamed(model, later), thesaurus, shelf)

    registry.promote(version, shelf)
    assert registry.load_champion(catalogue, shelf).card.version == version
    registry.promote(later, shelf)

    assert registry.load_champion(catalogue, shelf).card.version == later


@pytest.mark.parametrize("name", ["20000101-000000-ffffff", "", ".", "..", "digests", "../x"])
def test_an_unknown_version_is_neither_promoted_nor_loaded(shelf, version, catalogue, name):
    registry.promote(version, shelf)

    with pytest.raises(ModelNotFound):
        registry.promote(name, shelf)
    with pytest.raises(ModelNotFound):
        registry.load(name, catalogue, shelf)

    assert registry.champion(shelf) == version


def test_versions_and_cards_come_oldest_first(shelf, version, model, thesaurus):
    registry.save(renamed(model, "20990101-000000-aaaaaa"), thesaurus, shelf)
    registry.save(renamed(model, "19990101-000000-aaaaaa"), thesaurus, shelf)

    expected = ["19990101-000000-aaaaaa", version, "20990101-000000-aaaaaa"]
    assert registry.versions(shelf) == expected
    assert [card.version for card in registry.cards(shelf)] == expected


# --- a save that does not come to its end ---


def test_an_interrupted_save_leaves_nothing_under_its_name(
    shelf, model, thesaurus, catalogue, monkeypatch
):
    def interrupted(path, text):
        raise KeyboardInterrupt

    later = renamed(model, "20990101-000000-aaaaaa")
    before = registry.versions(shelf)
    monkeypatch.setattr(registry, "_write", interrupted)

    with pytest.raises(KeyboardInterrupt):
        registry.save(later, thesaurus, shelf)

    assert registry.versions(shelf) == before
    assert sorted(p.name for p in shelf.iterdir()) == sorted([*before, "digests"])
    monkeypatch.undo()
    registry.save(later, thesaurus, shelf)
    loaded = registry.load(later.card.version, catalogue, shelf)
    assert as_json(loaded.card) == as_json(later.card)


FULL_DISK = """
import resource, sys
from pathlib import Path
from pmo_ml import registry, settings
from pmo_ml.catalogue import load_catalogue
from pmo_ml.errors import PmoError

catalogue = load_catalogue(settings.catalogue_path())
model = registry.load(sys.argv[2], catalogue, Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    registry.save(model, model.classifier.features_.thesaurus, Path(sys.argv[3]))
except PmoError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_is_told_in_words_and_leaves_nothing(shelf, version, tmp_path):
    target = tmp_path / "small-disk"

    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(shelf), version, str(target)],
        capture_output=True,
        text=True,
    )

    assert "cannot be written" in run.stdout, run.stderr
    assert "Try: free some space" in run.stdout
    assert [path.name for path in target.iterdir()] == ["digests"]
    assert list((target / "digests").iterdir()) == []


def test_a_killed_save_is_not_seen_by_any_reader(shelf, version, model):
    aside = shelf / ".saving-abc123"
    aside.mkdir()
    (aside / "card.json").write_bytes((shelf / version / "card.json").read_bytes())

    assert registry.versions(shelf) == [version]
    assert [card.version for card in registry.cards(shelf)] == [version]


def test_the_array_file_is_stored_without_a_clock(shelf, version):
    with zipfile.ZipFile(shelf / version / "model.npz") as stored:
        dates = {item.date_time for item in stored.infolist()}

    assert dates == {(1980, 1, 1, 0, 0, 0)}
