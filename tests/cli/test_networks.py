"""The commands by the background network: `background --source vqgan` and `reconstruct`."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from app.imaging import read_image
from main import main
from tests.synthesis.tiny_model import SIDE, tiny_model, use


@pytest.fixture
def _model(tmp_path: Path) -> None:
    grey = np.linspace(-1, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    use(tiny_model([({"name": "ramp", "path": "/elsewhere/ramp.png"}, grey)]), tmp_path / "model")


@pytest.mark.usefixtures("_model")
def test_background_by_the_network_says_how_it_was_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    drawing = ["-q", "background", "--task", "kub-xray", "--seed", "4", "--source", "vqgan"]
    assert main([*drawing, "--temperature", "0.8", "--steps", "3", "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out / "0000.dcm")
    dataset = pydicom.dcmread(out / "0000.dcm")
    told = json.loads((out / "0000.json").read_text())
    assert (dataset.SyntheticData, dataset.Modality, dataset.Rows) == ("YES", "DX", SIDE)
    assert told["recipe"]["model"] in dataset.DerivationDescription
    assert "temperature 0.8" in dataset.DerivationDescription
    recipe = {key: told["recipe"][key] for key in ("seed", "steps", "temperature")}
    assert recipe == {"seed": 4, "steps": 3, "temperature": 0.8}
    (near,) = told["nearest"]
    assert (near["name"], near["origin"], told["copy"]) == ("ramp", "/elsewhere/ramp.png", False)
    assert 0 < near["distance"] <= 2
    assert sitk.ReadImage(out / "0000_anatomy.nii.gz").GetSize()[:2] == (SIDE, SIDE)
    preview = cv2.imread(str(out / "preview" / "0000.png"), cv2.IMREAD_UNCHANGED)
    assert preview.shape == (SIDE, SIDE)


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("--temperature", "0"), 1, "temperature is 0.1 to 3"),
        (("--steps", "0"), 1, "decoding steps is 1 to 64"),
        (("--size", "512"), 1, f"draws {SIDE} × {SIDE}"),
        (("--source", "phantom", "--steps", "4"), 2, "go with --source vqgan"),
    ],
)
@pytest.mark.usefixtures("_model")
def test_what_the_network_cannot_draw_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], status: int, words: str
) -> None:
    drawing = ["-q", "background", "--task", "kub-xray", "--seed", "4", "--source", "vqgan"]
    assert main([*drawing, *options, "--out", str(tmp_path / "out")]) == status
    assert words in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("_model")
def test_reconstruct_keeps_format_and_depth_and_writes_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, columns = np.mgrid[:90, :150]
    pixels = (9000 + 200 * rows + 5000 * np.sin(columns / 9)).astype(np.uint16)
    file, out = tmp_path / "radiograph.png", tmp_path / "out"
    assert cv2.imwrite(str(file), pixels)
    assert main(["-q", "reconstruct", str(file), "--task", "kub-xray", "--out", str(out)]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores == json.loads((out / "scores.json").read_text())
    made = read_image(out / "reconstruction.png")
    assert (made.pixels.dtype, made.pixels.shape) == (np.uint16, (90, 150))
    window = read_image(file).automatic_window
    assert scores["data_range"] == [window.low, window.high]
    assert np.isfinite(scores["psnr"])
    assert -1 <= scores["ssim"] <= 1
    residual = np.load(out / "residual.npy")
    assert (residual.dtype, residual.shape) == (np.float32, (90, 150))
    marked = cv2.imread(str(out / "unfamiliar.png"), cv2.IMREAD_UNCHANGED) == 255
    assert scores["unfamiliar"] == pytest.approx(marked.mean(), abs=1e-6)
    assert (residual[marked] > 1).all()
    picture = cv2.imread(str(out / "residual.png"), cv2.IMREAD_UNCHANGED)
    assert (picture > 128).mean() == pytest.approx((residual > 1).mean(), abs=0.01)

    assert cv2.imwrite(str(file), np.full((90, 150), 7, np.uint8))
    assert main(["-q", "reconstruct", str(file), "--task", "kub-xray", "--out", str(tmp_path / "no")]) == 1
    said = capsys.readouterr().err.strip()
    assert f"Every pixel of the image {file} is 7" in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "no").exists()
