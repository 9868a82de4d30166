"""Images to play with, made in code."""

from __future__ import annotations

from pathlib import Path


def pictures(folder: Path) -> list[Path]:
    """Something to play with: a radiograph, a CT series of some slices, a picture without spacing."""
    import numpy as np

    from app.imaging import write_image
    from app.imaging.image import Calibration, Image, Source

    random_ = np.random.default_rng(3)
    folder.mkdir(parents=True, exist_ok=True)
    plain = Image(
        np.clip(1500 + random_.normal(0, 20, (300, 260)), 0, 4095).astype(np.uint16),
        spacing=(1.0, 1.0), calibration=Calibration.PIXEL_SPACING, modality="DX",
    )  # fmt: skip
    write_image(plain, folder / "radiograph.dcm")
    uncalibrated = Image(
        random_.integers(0, 255, (120, 200)).astype(np.uint8),
        source=Source(None, "png"),
        value_range=(0, 255),
    )
    write_image(uncalibrated, folder / "plain.png")
    import SimpleITK

    volume = SimpleITK.GetImageFromArray(random_.normal(-700, 60, (12, 128, 128)).astype(np.int16))
    volume.SetSpacing((1.5, 1.5, 3.0))
    SimpleITK.WriteImage(volume, str(folder / "volume.nii.gz"))
    (folder / "damaged.dcm").write_bytes(b"no image")
    (folder / "damaged.json").write_text("{}")
    return [folder / "radiograph.dcm", folder / "volume.nii.gz", folder / "plain.png"]
