"""The contact sheet."""

from __future__ import annotations

import numpy as np

from app.lesions.lesion import Lesion
from app.lesions.parametric import PARAMETRIC
from app.lesions.sheet import contact_sheet


def test_every_lesion_is_on_the_sheet_with_its_alpha_beneath():
    lesions = [PARAMETRIC["parametric-solid"].draw(seed) for seed in range(11)]
    sheet = contact_sheet(lesions, columns=4)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (3 * 2 * 132 + 4, 4 * 132 + 4)
    for number, lesion in enumerate(lesions):
        row, column = divmod(number, 4)
        tile = sheet[4 + 2 * row * 132 :, 4 + column * 132 :][:128, :128]
        mask = sheet[4 + (2 * row + 1) * 132 :, 4 + column * 132 :][:128, :128]
        assert tile[64, 64] > 180
        assert tile[1, 1] == 48
        assert abs(mask.mean() / 235 - lesion.alpha.mean()) < 0.01
    assert not sheet[4 + 4 * 132 :, 4 + 3 * 132 :].any()


def test_lesions_of_different_sizes_and_of_no_contrast_fit():
    small = np.zeros((40, 40), np.float32)
    lesions = [Lesion(small, small, 0.5, "nodule"), PARAMETRIC["parametric-stone"].draw(0)]
    assert contact_sheet(lesions).shape == (2 * 132 + 4, 2 * 132 + 4)
    assert contact_sheet(lesions[:1]).max() == 48
