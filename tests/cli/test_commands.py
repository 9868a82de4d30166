"""The commands through the real `main()`: their files, their exit statuses, their sentences."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from app.imaging import read_image
from main import main


class Run(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """Runs a command and gives its exit status and what it said."""

    def command(*arguments: object) -> Run:
        status = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Run(status, said.out, said.err)

    return command


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated radiograph with its anatomy, as `background` writes it."""
    out = tmp_path_factory.mktemp("phantom")
    arguments = ["-q", "background", "--task", "kub-xray", "--seed", "3", "--size", "512", "--out", str(out)]
    assert main(arguments) == 0
    return out / "0000.dcm"


@pytest.fixture
def radiograph(tmp_path: Path) -> Path:
    """A 16-bit PNG without spacing."""
    rows = np.linspace(8000, 30000, 200)[:, None] + np.zeros((1, 240))
    noise = np.random.default_rng(0).normal(0, 150, rows.shape)
    file = tmp_path / "plain.png"
    assert cv2.imwrite(str(file), (rows + noise).astype(np.uint16))
    return file


def safe_place(phantom: Path, run, out: Path) -> tuple[int, int]:
    """A permissible place far from every forbidden one."""
    assert run("-q", "safe", phantom, "--task", "kub-xray", "--out", out).status == 0
    mask = cv2.imread(str(out / "danger.png"), cv2.IMREAD_UNCHANGED)
    distance = cv2.distanceTransform((mask == 255).astype(np.uint8), cv2.DIST_L2, 5)
    y, x = np.unravel_index(int(distance.argmax()), distance.shape)
    return int(x), int(y)


def one_line(text: str) -> bool:
    """Whether `text` is one sentence and no traceback."""
    return len(text.strip().splitlines()) == 1 and "Traceback" not in text


def test_background_writes_image_anatomy_and_preview(run, tmp_path: Path) -> None:
    done = run(
        "background", "--task", "lung-ct", "--seed", 5, "--count", 2, "--size", 256, "--out", tmp_path / "b"
    )
    assert done.status == 0
    assert done.out.split() == [str(tmp_path / "b" / f"000{i}.dcm") for i in (0, 1)]
    dataset = pydicom.dcmread(tmp_path / "b" / "0001.dcm")
    assert dataset.SyntheticData == "YES"
    assert (dataset.Rows, dataset.Columns) == (256, 256)
    labels = sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / "b" / "0001_anatomy.nii.gz"))
    assert labels.squeeze().shape == (256, 256)
    assert len(np.unique(labels)) > 3
    assert cv2.imread(str(tmp_path / "b" / "preview" / "0000.png"), cv2.IMREAD_UNCHANGED).shape == (256, 256)

    again = run("background", "--task", "lung-ct", "--seed", 6, "--size", 256, "--out", tmp_path / "c")
    assert again.status == 0
    assert (tmp_path / "c" / "0000.dcm").read_bytes() == (tmp_path / "b" / "0001.dcm").read_bytes()


def test_safe_writes_what_it_promises(run, phantom: Path, tmp_path: Path) -> None:
    assert run("safe", phantom, "--task", "kub-xray", "--out", tmp_path).status == 0
    mask = cv2.imread(str(tmp_path / "danger.png"), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (512, 512)
    assert set(np.unique(mask)) == {0, 255}
    heatmap = np.load(tmp_path / "heatmap.npy")
    assert heatmap.dtype == np.float32
    assert heatmap.shape == (512, 512)
    assert heatmap.sum(dtype=np.float64) == pytest.approx(1.0, abs=1e-4)
    assert not heatmap[mask == 0].any()
    structures = sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / "structures.nii.gz")).squeeze()
    assert not mask[structures == 4].any(), "no place on the spine is permissible"
    candidates = json.loads((tmp_path / "candidates.json").read_text())
    assert candidates
    for place in candidates:
        assert set(place) == {"x", "y", "score", "safe"}
        assert place["safe"] == bool(mask[round(place["y"]), round(place["x"])])


def test_compose_changes_only_the_lesion_and_labels_it(run, phantom: Path, tmp_path: Path) -> None:
    x, y = safe_place(phantom, run, tmp_path / "safe")
    out = tmp_path / "out"
    done = run(
        "compose",
        phantom,
        "--task",
        "kub-xray",
        "--at",
        f"{x},{y}",
        "--diameter-mm",
        9,
        "--seed",
        1,
        "--out",
        out,
    )
    assert done.status == 0, done.err
    before, after = pydicom.dcmread(phantom), pydicom.dcmread(out / "composite.dcm")
    assert after.SOPInstanceUID != before.SOPInstanceUID
    assert after.SyntheticData == "YES"
    assert after.BitsStored == before.BitsStored
    lesions = sitk.GetArrayFromImage(sitk.ReadImage(out / "lesions.nii.gz")).squeeze()
    changed = before.pixel_array != after.pixel_array
    assert set(np.unique(lesions)) == {0, 1}
    near = cv2.dilate((lesions == 1).astype(np.uint8), np.ones((25, 25), np.uint8)).astype(bool)
    assert changed[lesions == 1].mean() > 0.5
    assert not changed[~near].any()

    (label,) = json.loads((out / "labels.json").read_text())
    rows, columns = np.nonzero(lesions)
    left, top, width, height = label["box"]
    assert (left, top) == (columns.min(), rows.min())
    assert (width, height) == (np.ptp(columns) + 1, np.ptp(rows) + 1)
    assert label["area_px"] == int(lesions.sum())
    assert label["diameter_mm"] == pytest.approx(9, rel=0.2)
    assert np.hypot(label["centre"][0] - x, label["centre"][1] - y) < 6
    assert label["contrast"] > 0
    assert (out / "preview.png").is_file()


def test_render_and_a_second_compose_give_the_same_bytes(run, phantom: Path, tmp_path: Path) -> None:
    arguments = ("--task", "kub-xray", "--random", 3, "--diameter-mm", "4..9", "--seed", 8)
    first, second, third = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    assert run("compose", phantom, *arguments, "--out", first).status == 0
    assert run("compose", phantom, *arguments, "--out", second).status == 0
    assert run("render", first / "scene.json", "--out", third).status == 0
    files = sorted(file.name for file in first.iterdir())
    assert files == ["composite.dcm", "labels.json", "lesions.nii.gz", "preview.png", "scene.json"]
    for name in files:
        if name != "scene.json":
            assert (first / name).read_bytes() == (second / name).read_bytes(), name
            assert (first / name).read_bytes() == (third / name).read_bytes(), name
    assert len(json.loads((first / "labels.json").read_text())) == 3


def test_a_forbidden_place_is_refused_with_its_reason_and_can_be_overridden(run, phantom, tmp_path) -> None:
    assert run("-q", "safe", phantom, "--task", "kub-xray", "--out", tmp_path / "safe").status == 0
    structures = sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / "safe" / "structures.nii.gz")).squeeze()
    distance = cv2.distanceTransform((structures == 4).astype(np.uint8), cv2.DIST_L2, 5)
    y, x = np.unravel_index(int(distance.argmax()), distance.shape)
    arguments = (
        "compose",
        phantom,
        "--task",
        "kub-xray",
        "--at",
        f"{x},{y}",
        "--diameter-mm",
        5,
        "--seed",
        1,
    )
    refused = run(*arguments, "--out", tmp_path / "no")
    assert refused.status == 1
    assert "spine" in refused.err
    assert one_line(refused.err)
    assert not (tmp_path / "no").exists()
    assert run(*arguments, "--allow-danger", "--out", tmp_path / "yes").status == 0
    (placement,) = json.loads((tmp_path / "yes" / "scene.json").read_text())["placements"]
    assert placement["overridden"] is True
    assert placement["override_reason"] == "spine"
    (label,) = json.loads((tmp_path / "yes" / "labels.json").read_text())
    assert label["override_reason"] == "spine"


def test_random_lesions_keep_their_spacing(run, phantom: Path, tmp_path: Path) -> None:
    arguments = ("compose", phantom, "--task", "kub-xray", "--diameter-mm", 4, "--seed", 1)
    assert run(*arguments, "--random", 3, "--spacing-mm", 25, "--out", tmp_path / "apart").status == 0
    row_mm, column_mm = read_image(phantom).pixel_mm
    centres = [entry["centre"] for entry in json.loads((tmp_path / "apart" / "labels.json").read_text())]
    for (x1, y1), (x2, y2) in itertools.combinations(centres, 2):
        assert np.hypot((x1 - x2) * column_mm, (y1 - y2) * row_mm) > 29
    crowded = run(*arguments, "--random", 50, "--spacing-mm", 80, "--out", tmp_path / "crowded")
    assert crowded.status == 1
    assert "of 50 could be placed" in crowded.err
    assert one_line(crowded.err)
    assert run(*arguments, "--at", "9,9", "--spacing-mm", 5, "--out", tmp_path / "at").status == 2


def test_an_uncalibrated_png_keeps_its_depth_and_says_so(run, radiograph: Path, tmp_path: Path) -> None:
    done = run(
        "compose", radiograph, "--task", "kub-xray", "--at", "120,100", "--diameter-mm", 24, "--seed", 2,
        "--allow-danger", "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.status == 0
    assert "uncalibrated" in done.err
    before = cv2.imread(str(radiograph), cv2.IMREAD_UNCHANGED)
    after = cv2.imread(str(tmp_path / "out" / "composite.png"), cv2.IMREAD_UNCHANGED)
    assert after.dtype == np.uint16
    assert 0 < (before != after).sum() < 2000


FORCED = ("--task", "kub-xray", "--diameter-mm", "24", "--seed", "2", "--allow-danger")


def test_a_jpeg_loses_nothing_for_it_is_saved_as_png(run, tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(90, 110, (96, 96)).astype(np.uint8)
    assert cv2.imwrite(str(tmp_path / "plain.jpg"), grey)
    out = tmp_path / "out"
    assert run("compose", tmp_path / "plain.jpg", *FORCED, "--at", "48,48", "--out", out).status == 0
    before = cv2.imread(str(tmp_path / "plain.jpg"), cv2.IMREAD_UNCHANGED)
    after = cv2.imread(str(out / "composite.png"), cv2.IMREAD_UNCHANGED)
    assert after.dtype == np.uint8
    rows, columns = np.nonzero(before != after)
    assert rows.size
    assert max(abs(rows - 48).max(), abs(columns - 48).max()) < 20


def test_a_composite_never_takes_the_place_of_its_background(run, radiograph: Path, tmp_path: Path) -> None:
    assert run("compose", radiograph, *FORCED, "--at", "100,90", "--out", tmp_path / "one").status == 0
    first = (tmp_path / "one" / "composite.png").read_bytes()
    again = run(
        "compose", tmp_path / "one" / "composite.png", *FORCED, "--at", "60,60", "--out", tmp_path / "one"
    )
    assert again.status == 1
    assert "overwrite the background" in again.err
    assert (tmp_path / "one" / "composite.png").read_bytes() == first


def test_nor_does_that_of_a_volume(run, tmp_path: Path) -> None:
    file = tmp_path / "composite.nii.gz"
    sitk.WriteImage(sitk.GetImageFromArray(np.full((1, 96, 96), 100, np.int16)), str(file))
    before = file.read_bytes()
    done = run("compose", file, *FORCED, "--at", "48,48", "--out", tmp_path)
    assert done.status == 1
    assert "overwrite the background" in done.err
    assert file.read_bytes() == before


def test_an_earlier_composite_of_another_format_does_not_stay(run, phantom, radiograph, tmp_path) -> None:
    out = tmp_path / "out"
    assert run("compose", phantom, *FORCED, "--at", "200,200", "--out", out).status == 0
    assert run("compose", radiograph, *FORCED, "--at", "100,90", "--out", out).status == 0
    assert [file.name for file in out.glob("composite.*")] == ["composite.png"]


@pytest.mark.parametrize("place", ["-90,50", "5000,5000"])
def test_a_lesion_outside_the_image_is_refused(run, radiograph: Path, tmp_path: Path, place: str) -> None:
    done = run("compose", radiograph, *FORCED, f"--at={place}", "--out", tmp_path / "out")
    assert done.status == 1
    assert "no pixel" in done.err
    assert not (tmp_path / "out").exists()


def test_removing_alone_needs_no_lesion(run, radiograph: Path, tmp_path: Path) -> None:
    box = ("compose", radiograph, "--task", "kub-xray", "--seed", 1, "--remove")
    done = run(*box, "60,40,12,10", "--out", tmp_path / "out")
    assert done.status == 0, done.err
    before, after = (
        cv2.imread(str(f), cv2.IMREAD_UNCHANGED) for f in (radiograph, tmp_path / "out" / "composite.png")
    )
    rows, columns = np.nonzero(before != after)
    assert 57 <= columns.min() <= columns.max() < 75
    assert 37 <= rows.min() <= rows.max() < 53
    assert json.loads((tmp_path / "out" / "labels.json").read_text()) == []
    again = run("render", tmp_path / "out" / "scene.json", "--out", tmp_path / "again")
    assert again.status == 0
    assert (tmp_path / "again" / "composite.png").read_bytes() == (
        tmp_path / "out" / "composite.png"
    ).read_bytes()

    outside = run(*box, "6000,40,12,10", "--out", tmp_path / "outside")
    assert outside.status == 1
    assert "12 × 10 pixels at (6000, 40): it lies outside the image" in outside.err


def test_a_lesion_cut_by_the_edge_is_told_of(run, radiograph: Path, tmp_path: Path) -> None:
    done = run("compose", radiograph, *FORCED, "--at", "0,90", "--out", tmp_path / "out")
    assert done.status == 0
    assert "edge of the image" in done.err


def test_labels_agree_with_the_label_map_where_lesions_overlap(run, radiograph, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("compose", radiograph, *FORCED, "--at", "100,90", "--at", "108,94", "--out", out)
    assert done.status == 0
    lesions = sitk.GetArrayFromImage(sitk.ReadImage(out / "lesions.nii.gz")).squeeze()
    for label in json.loads((out / "labels.json").read_text()):
        rows, columns = np.nonzero(lesions == label["label"])
        assert label["area_px"] == rows.size
        assert label["box"] == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]


def test_a_folder_with_several_series_asks_which(run, phantom: Path, tmp_path: Path) -> None:
    folder = tmp_path / "series"
    folder.mkdir()
    for number in range(2):
        dataset = pydicom.dcmread(phantom)
        dataset.SeriesInstanceUID = f"1.2.3.{number}"
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}.1"
        dataset.save_as(folder / f"{number}.dcm")
    arguments = ("compose", folder, *FORCED, "--at", "200,200", "--out", tmp_path / "out")
    asked = run(*arguments)
    assert asked.status == 1
    assert "1.2.3.0" in asked.err
    assert "1.2.3.1" in asked.err
    assert run(*arguments, "--series", "1.2.3.1").status == 0


def test_without_a_safe_place_random_says_so(run, phantom: Path, tmp_path: Path) -> None:
    done = run(
        "compose", phantom, "--task", "kub-xray", "--random", 2, "--diameter-mm", 180, "--seed", 1,
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.status == 1
    assert one_line(done.err)
    assert not (tmp_path / "out").exists()


COMPOSE = ("compose", "IMAGE", "--seed", "1", "--out", "OUT")


@pytest.mark.parametrize(
    "arguments",
    [
        (*COMPOSE, "--task", "kub-xray", "--diameter-mm", "5"),
        (*COMPOSE, "--task", "kub-xray", "--diameter-mm", "5", "--at", "1;2"),
        (*COMPOSE, "--task", "kub-xray", "--diameter-mm", "9..5", "--at", "1,2"),
        (*COMPOSE, "--task", "brain-mr", "--diameter-mm", "5", "--at", "1,2"),
        (*COMPOSE, "--task", "kub-xray", "--diameter-mm", "5", "--at", "1,2", "--random", "2"),
        ("background", "--task", "kub-xray", "--seed", "-1", "--out", "OUT"),
        ("safe", "IMAGE", "--task", "kub-xray"),
        ("fly",),
    ],
)
def test_wrong_usage_ends_with_2(run, radiograph: Path, tmp_path: Path, arguments) -> None:
    filled = [{"IMAGE": str(radiograph), "OUT": str(tmp_path / "out")}.get(a, a) for a in arguments]
    done = run(*filled)
    assert done.status == 2
    assert done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("safe", "missing.dcm", "--task", "kub-xray"), "missing.dcm"),
        (("render", "missing.json"), "missing.json"),
        (("background", "--task", "kub-xray", "--seed", "1", "--source", "gan"), "vqgan"),
        (("background", "--task", "kub-xray", "--seed", "1", "--source", "ct:nowhere"), "nowhere"),
        (("lesion", "sample", "stone-rond", "--seed", "1"), "stone-round"),
    ],
)
def test_a_clear_reason_ends_with_1(run, tmp_path: Path, arguments, named: str) -> None:
    done = run(*arguments, "--out", tmp_path / "out")
    assert done.status == 1
    assert named in done.err
    assert one_line(done.err)


def test_bad_files_are_refused_by_name(run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.dcm"
    empty.write_bytes(b"")
    text = tmp_path / "text.png"
    text.write_text("not a picture")
    for file in (empty, text):
        done = run("safe", file, "--task", "kub-xray", "--out", tmp_path / "out")
        assert done.status == 1
        assert file.name in done.err
        assert one_line(done.err)


def test_lesion_list_names_the_library(run) -> None:
    done = run("lesion", "list", "--task", "lung-ct")
    assert done.status == 0
    names = [line.split()[0] for line in done.out.splitlines()]
    assert "nodule-solid-medium" in names
    assert "parametric-solid" in names
    assert not [name for name in names if name.startswith("stone")]


def test_lesion_sample_writes_lesions_masks_and_a_sheet(run, tmp_path: Path) -> None:
    done = run("lesion", "sample", "nodule-solid-medium", "--count", 3, "--seed", 4, "--out", tmp_path)
    assert done.status == 0
    for number in range(3):
        lesion = sitk.ReadImage(tmp_path / f"{number:04d}.nii.gz")
        mask = sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / f"{number:04d}_mask.nii.gz"))
        assert mask.any()
        assert sitk.GetArrayFromImage(lesion)[mask > 0].mean() > 100, "a solid nodule is denser than lung"
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None


def test_doctor_says_that_the_main_job_runs(run) -> None:
    done = run("doctor")
    assert done.status == 0, done.out
    for word in ("torch", "device", "danger zone", "kub-xray", "lung-ct", "lesion models", "main job"):
        assert word in done.out
    assert "PROBLEM" not in done.out
