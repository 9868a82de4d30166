"""The figures of backgrounds on images and numbers whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.errors import LithographError
from app.evaluation.ranges import displayed, in_words
from app.tasks import task
from app.training.background.generating import nearness, real_images
from app.training.background.index import HELD_OUT, Entry, Index, Stream
from app.training.background.pool import Pool
from app.training.background.reconstructing import counts_of, use_rows
from app.training.background.sheets import GAP, LARGEST, sheet
from app.training.background.watching import show_curves
from app.training.background.wholes import CodeStore


def unit(random: np.random.Generator, count: int) -> np.ndarray:
    vectors = random.normal(size=(count, 32)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_copies_are_told_from_new_images() -> None:
    random = np.random.default_rng(0)
    learnt, real, new = unit(random, 60), unit(random, 40), unit(random, 30)
    honest = nearness(learnt, real, new)
    copied = nearness(learnt, real, learnt[:30])
    assert np.allclose(copied.drawn, 0, atol=1e-6)
    first, fifth = (row.value for row in copied.rows())
    assert first == fifth == 1.0
    assert honest.rows()[0].value < 0.2
    percentiles = honest.percentiles()
    assert len(percentiles) == 101
    assert percentiles == sorted(percentiles)
    assert percentiles[1] > copied.drawn.max()
    assert honest.as_card()["quartiles"]["drawn"][0] > 0.1

    among = nearness(learnt, None, new)  # no image is its own neighbour
    assert among.real.shape == (60,)
    assert among.real.min() > 0.05


def test_real_images_are_mixed_as_they_are_learnt_from(tmp_path: Path) -> None:
    stream = Stream("phantom", "phantom", first=16, held_out=40)
    learn = {f"own {n}": Entry(f"own {n}", f"own {n}", f"{n}.npy", path="x") for n in range(64)}
    own = {
        f"held {n}": Entry(f"held {n}", f"held {n}", f"h{n}.npy", path="x", part=HELD_OUT) for n in range(10)
    }
    with Pool(
        task("lung-ct"), tmp_path, Index("lung-ct", 64, entries=learn | own, streams=(stream,))
    ) as pool:
        chosen = real_images(pool, pool.held_out, 24)
    sources = [entry.source for entry in chosen]
    # Roots of 16 and 64: one phantom to two of the user's, of which there are ten.
    assert sources.count("") == 10
    assert sources.count("phantom") == 5
    assert all(entry.part == HELD_OUT for entry in chosen)


def test_use_of_codes_is_counted_by_level() -> None:
    coarse = [np.full((2, 2), n % 4, np.int16) for n in range(8)]
    fine = [np.arange(16, dtype=np.int16).reshape(4, 4) for _ in range(8)]
    counts = counts_of([[a, b] for a, b in zip(coarse, fine, strict=True)], 16)
    assert counts.sum(1).tolist() == [32, 128]
    rows = {row.what: row.value for row in use_rows(counts, 8)}
    assert rows["share of codes in use, level 1"] == 0.25
    assert rows["perplexity of codes, level 1"] == pytest.approx(4)
    assert rows["share of codes in use, level 2"] == 1
    assert rows["perplexity of codes, level 2"] == pytest.approx(16)
    assert rows["share of 16 codes in use, mean of levels"] == pytest.approx(0.625)


def test_ranges_are_those_of_the_window_that_a_task_is_read_in() -> None:
    assert displayed(task("lung-ct")) == (-1350, 150)
    assert displayed(task("abdomen-ct")) == (-160, 240)
    assert displayed(task("kub-xray")) == (0, 4095)
    assert in_words(task("kub-xray")) == "range 0 to 4095"
    assert in_words(task("abdomen-ct")).endswith("HU")


def test_a_sheet_has_originals_above_and_what_became_of_them_below() -> None:
    black, white = np.full((40, 30), -2, np.float32), np.full((40, 30), 2, np.float32)
    picture = sheet(([black, black], [white]))
    assert picture.shape == (80 + GAP, 60 + GAP)
    assert picture[0, 0] == 0
    assert picture[-1, 0] == 255
    assert sheet([[np.zeros((2 * LARGEST, LARGEST), np.float32)]]).shape == (LARGEST, LARGEST // 2)


def test_curves_count_on_over_the_stages(tmp_path: Path) -> None:
    (tmp_path / "stage.csv").write_text('step,"loss, all"\n1,0.5\n2,0.25\n')
    show_curves(tmp_path / "stage.csv", tmp_path / "curves.csv", 10)
    assert (tmp_path / "curves.csv").read_text() == 'step,"loss, all"\n11,0.5\n12,0.25\n'


def test_damaged_codes_are_named(tmp_path: Path) -> None:
    (tmp_path / "00000.npz").write_bytes(b"PK\x03\x04 cut off")
    for damage in (lambda: None, (tmp_path / "00000.npz").unlink):
        damage()
        with pytest.raises(LithographError, match=r"00000\.npz are damaged; delete the folder"):
            CodeStore(tmp_path, 1).drawn(0)
