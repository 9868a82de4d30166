"""Training a lesion model: what it leaves behind, how it stops and goes on, what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.errors import LithographError
from app.lesions import library, unfinished
from app.lesions.training import go_on, preview, train_lesion_model
from models.progress import finish
from tests.lesions.toy import toy


def test_the_card_tells_what_was_learnt_and_how_well(trained_folder):
    card = json.loads((trained_folder / "card.json").read_text())
    assert card["title"] == "Toy nodule"
    assert card["kind"] == "nodule"
    assert card["tasks"] == ["lung-ct"]
    assert card["unit"] == "HU"
    assert card["exemplar"]["diameter_mm"] == pytest.approx(7, abs=1)
    assert card["exemplar"]["calibration"] == "image geometry"
    assert card["contrast"] == pytest.approx(810, abs=60)
    assert card["training"]["preset"] == "tiny"
    assert len(card["training"]["scales"]) == len(card["network"]["sizes"]) > 2
    assert 0 < card["quality"]["patch_distance"] < 0.5
    assert 0 <= card["quality"]["accepted_at_first_drawing"] <= card["quality"]["lesion_present"]
    assert card["quality"]["lesion_present"] <= card["quality"]["samples"] == 4
    distances = list(card["memorisation"]["nearest_exemplar"].values())
    assert distances == sorted(distances)
    assert card["licence"]
    assert "reproduce its exemplar" in card["limits"]


def test_nothing_but_the_model_is_left(trained_folder):
    assert [path.name for path in trained_folder.parent.iterdir()] == ["toy"]
    assert {path.name for path in trained_folder.iterdir()} == {"card.json", "weights.safetensors"}


def test_it_lands_in_the_users_library_by_default(home):
    folder = finish(train_lesion_model(*toy(), "mine", kind="stone", tasks=("kub-xray",), preset="tiny"))
    assert folder == home / "lesions" / "mine"
    entry = next(e for e in library.entries("kub-xray") if e.name == "mine")
    assert (entry.title, entry.kind, entry.folder) == ("mine", "stone", folder)
    assert library.draw("mine", 3).kind == "stone"


def test_closed_and_called_again_it_goes_on_and_ends_the_same(tmp_path, trained_folder):
    def work():
        return train_lesion_model(
            *toy(), "toy", title="Toy nodule", tasks=("lung-ct",), preset="tiny", folder=tmp_path, seed=1
        )

    first = work()
    for progress in first:
        if progress.note.startswith("scale 3"):
            break
    first.close()
    assert {path.name for path in (tmp_path / "toy.partial").iterdir()} == {"exemplar", "scale0", "scale1"}
    reports = list(work())
    assert not any(report.note.startswith(("scale 1", "scale 2")) for report in reports)
    card = json.loads((trained_folder / "card.json").read_text())
    check_pictures(reports, card["network"]["sizes"])
    assert not (tmp_path / "toy.partial").exists()
    finished = tmp_path / "toy" / "weights.safetensors"
    assert finished.read_bytes() == (trained_folder / "weights.safetensors").read_bytes()


def check_pictures(reports, sizes):
    """Each scale from the third on has shown its own pictures once, when it was finished."""
    seen = [report for report in reports if report.pictures]
    assert [report.pictures["reconstruction"].shape for report in seen] == [(s, s) for s in sizes[2:]]
    for number, report in enumerate(seen, start=3):
        assert report.note.startswith(f"finished scale {number} of {len(sizes)}")
        assert report.figures.keys() >= {"reconstruction", "generator", "discriminator"}
        assert list(report.pictures) == ["reconstruction", "drawing 1", "drawing 2", "drawing 3"]
        assert all(picture.dtype == np.uint8 for picture in report.pictures.values())
        assert len({picture.tobytes() for picture in report.pictures.values()}) == 4
    last = seen[-1].pictures["reconstruction"].astype(float)
    centre = slice(len(last) // 2 - 2, len(last) // 2 + 2)
    assert last[centre, centre].mean() > last[:3].mean() + 20, "the lesion is brighter than what is around it"


def test_the_preview_looks_like_the_lesion_before_any_training():
    image, mask = toy()
    drawn = [preview(image, mask, seed) for seed in range(5)]
    for lesion in drawn:
        assert lesion.residual[lesion.alpha > 0.9].mean() == pytest.approx(800, rel=0.15)
        assert lesion.diameter_mm == pytest.approx(7, rel=0.35)
        assert not lesion.residual[lesion.alpha == 0].any()
    assert len({lesion.residual.tobytes() for lesion in drawn}) == 5


@pytest.mark.parametrize("name", ["", "Upper", "with space", "../up", "-x", "a" * 65, "ü"])
def test_a_bad_name_is_refused_at_once(name):
    with pytest.raises(LithographError, match="is no name for a lesion model"):
        train_lesion_model(*toy(), name)


def test_a_name_in_use_is_refused(trained_folder):
    for name, folder in (("toy", trained_folder.parent), ("parametric-solid", None), ("stone-round", None)):
        with pytest.raises(LithographError, match="already"):
            train_lesion_model(*toy(), name, folder=folder)


def test_an_unknown_preset_is_refused():
    with pytest.raises(LithographError, match="choose one of lean, paper"):
        train_lesion_model(*toy(), "x", preset="quick")


def test_a_bad_mask_is_refused_at_once_and_leaves_nothing(home):
    image, mask = toy()
    with pytest.raises(LithographError, match="mask is empty"):
        train_lesion_model(image, np.zeros_like(mask), "x")
    assert not (home / "lesions").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LithographError, match=r"^Cannot write .*\.$"):
        finish(train_lesion_model(*toy(), "x", preset="tiny", folder=tmp_path / "file"))


def test_a_stopped_training_is_known_gone_on_with_without_the_image_and_discarded(tmp_path, trained_folder):
    work = train_lesion_model(
        *toy(), "toy", title="Toy nodule", tasks=("lung-ct",), preset="tiny", folder=tmp_path, seed=1
    )
    for progress in work:
        if progress.note.startswith("scale 3"):
            break
    work.close()
    (one,) = unfinished.unfinished(tmp_path)
    assert (one.name, one.title, one.tasks, one.scales) == ("toy", "Toy nodule", ("lung-ct",), 2)
    folder = finish(go_on("toy", tmp_path))
    assert (folder / "weights.safetensors").read_bytes() == (
        trained_folder / "weights.safetensors"
    ).read_bytes()
    assert unfinished.unfinished(tmp_path) == ()

    again = train_lesion_model(*toy(), "other", preset="tiny", folder=tmp_path)
    next(again)
    again.close()
    (tmp_path / "other.partial" / "exemplar" / "weights.safetensors").write_bytes(b"damaged")
    with pytest.raises(LithographError, match="gone or damaged"):
        go_on("other", tmp_path)
    unfinished.discard("other", tmp_path)
    assert unfinished.unfinished(tmp_path) == ()
    unfinished.discard("other", tmp_path)
