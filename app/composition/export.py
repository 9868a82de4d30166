"""Saving one composite: the image, its labels, the scene, and a preview."""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app import __version__
from app.composition.composite import Composite, RenderedLesion
from app.composition.measures import visible
from app.composition.scene import Scene
from app.composition.scene_file import scene_text, write_scene
from app.errors import LithographError
from app.files import cannot_write, make_folder, write_json
from app.imaging.image import Image
from models.progress import LongWork, Progress, finish

_log = logging.getLogger(__name__)


def save_composite(
    scene: Scene, composite: Composite, folder: Path | str, deidentify: bool = True
) -> list[Path]:
    """Saves a composite; see `saving_composite`."""
    return finish(saving_composite(scene, composite, folder, deidentify))


def saving_composite(
    scene: Scene, composite: Composite, folder: Path | str, deidentify: bool = True
) -> LongWork[list[Path]]:
    """Saves `composite`, which is `scene` rendered, into `folder`.

    Writes `composite.*` in the background's own format and depth, `lesions.nii.gz` (0 background, 1 to n the
    lesions in drawing order), `labels.json` (one entry per lesion), `scene.json` and `preview.png` (8 bit, in
    the background's window). The same scene gives the same bytes. Either all of them are written, or none.
    Hidden placements are in `scene.json` alone. Lesions placed in the danger zone on purpose are logged. A
    lesion that covers what was filled in place of a removed one says so (`on_removed`).

    Args:
        scene: what was rendered.
        composite: its pixels.
        folder: created where missing; an earlier composite in it is replaced.
        deidentify: whether a DICOM composite is rid of what names the patient (PS3.15 Annex E).

    Returns:
        The files, in the order above.

    Raises:
        LithographError: they cannot be written.
    """
    from app.imaging import Provenance, write_image, write_label_map, write_preview

    folder = Path(folder)
    image = composite.image
    _spare_background(composite.background, folder)
    names = _names(image)
    provenance = Provenance(description(composite), scene_text(scene, None))
    stale = _stale(folder, names)
    with _together(folder, names) as place:
        yield Progress(0, len(names), names[0])
        write_image(image, place / names[0], provenance=provenance, deidentify=deidentify)
        yield Progress(1, len(names), names[1])
        write_label_map(composite.label_map(), composite.background, place / names[1])
        yield Progress(2, len(names), names[2])
        write_json(place / names[2], labels(composite))
        write_scene(scene, place / names[3], home=folder)
        yield Progress(4, len(names), names[4])
        write_preview(image.pixels, composite.original.automatic_window, image.inverted, place / names[4])
    for file in stale:
        file.unlink(missing_ok=True)
    _log_overrides(scene)
    return [folder / name for name in names]


def would_replace(image: Image, folder: Path) -> list[str]:
    """The names of the files in `folder` that saving a composite of `image` there replaces or removes."""
    names = _names(image)
    there = [name for name in names if (folder / name).exists()]
    return there + [file.name for file in _stale(folder, names)]


def _names(image: Image) -> list[str]:
    from app.imaging import native_suffix

    return [f"composite{native_suffix(image)}", "lesions.nii.gz", "labels.json", "scene.json", "preview.png"]


def _stale(folder: Path, names: list[str]) -> list[Path]:
    """Of an earlier composite in the same folder, of an image of another format."""
    if not (folder / "scene.json").is_file():
        return []
    return sorted(file for file in folder.glob("composite.*") if file.name != names[0])


def labels(composite: Composite) -> list[dict[str, Any]]:
    """The content of `labels.json`: one entry per lesion, in drawing order, as `lesions.nii.gz` shows it.

    Of lesions that overlap the later one has the pixels, and the earlier one is measured on what is left.
    """
    shown, background = composite.label_map(), composite.background
    return [
        _entry(number, visible(lesion, shown, number, background.pixel_mm), composite)
        for number, lesion in enumerate(composite.lesions, start=1)
    ]


def description(composite: Composite) -> str:
    """What a composite says of itself, for people."""
    what = ["Synthetic lesions placed"]
    removed = sum(len(filling.removals) for filling in composite.fillings)
    if removed:
        what.append(f"{_counted(removed, 'lesion')} of the image removed and filled from around it")
    if composite.blackouts:
        what.append(f"{_counted(len(composite.blackouts), 'area')} of the image blacked out")
    said = " and ".join([", ".join(what[:-1]), what[-1]] if len(what) > 1 else what)
    return f"{said} by Lithograph {__version__}. Not a patient's image; for research only."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"


def _log_overrides(scene: Scene) -> None:
    for placement in scene.visible:
        if placement.overridden:
            reason = f" ({placement.override_reason})" if placement.override_reason else ""
            _log.info("%s was placed in the danger zone on purpose%s", placement.id, reason)


def _spare_background(background: Image, folder: Path) -> None:
    """Refuses a folder in which a file of the result would take the place of the background's own."""
    path = background.source.path
    if path is None or path.resolve().parent != folder.resolve():
        return
    if path.name.startswith("composite.") or path.name in ("preview.png", "lesions.nii.gz"):
        raise LithographError(
            f"Saving into {folder} would overwrite the background {path}; choose another folder."
        )


def _entry(number: int, lesion: RenderedLesion, composite: Composite) -> dict[str, Any]:
    placement, background = lesion.placement, composite.background
    reason = {"override_reason": placement.override_reason} if placement.override_reason else {}
    return {
        "label": number,
        "id": placement.id,
        "lesion": placement.lesion,
        "seed": int(placement.seed),
        "centre": [_short(placement.x), _short(placement.y)],
        "centroid": [_short(value) for value in lesion.centroid],
        "box": list(lesion.box),
        "diameter_mm": _short(lesion.diameter_mm),
        "perpendicular_mm": _short(lesion.perpendicular_mm),
        "area_px": lesion.area_px,
        "contrast": _short(lesion.contrast),
        "cnr": None if lesion.cnr is None else _short(lesion.cnr),
        "seam": None if lesion.seam is None else _short(lesion.seam),
        "asked_diameter_mm": _short(placement.diameter_mm),
        "rotation_deg": _short(placement.rotation_deg),
        "contrast_factor": _short(placement.contrast),
        "blend": placement.blend,
        "overridden": bool(placement.overridden),
        **reason,
        **({"on_removed": True} if _on_removed(lesion, composite) else {}),
        "size_unit": background.size_unit,
        "contrast_unit": background.unit or "stored value",
    }


def _on_removed(lesion: RenderedLesion, composite: Composite) -> bool:
    """Whether it covers pixels that were filled in place of a lesion of the image."""
    for filling in composite.fillings:
        both = filling.rect & lesion.rect
        if both.empty:
            continue
        new = filling.pixels[both.within(filling.rect)] != composite.original.pixels[both.slices]
        if bool((new & lesion.mask[both.within(lesion.rect)]).any()):
            return True
    return False


def _short(value: float) -> float:
    return round(float(value), 4)


@contextmanager
def _together(folder: Path, names: list[str]) -> Iterator[Path]:
    """A new folder inside `folder`, whose files are moved up once all of them are there.

    On any error nothing is left of them, nor of `folder` where it was not there before.
    """
    existed = folder.is_dir()
    make_folder(folder)
    place = folder / f".composite.{secrets.token_hex(4)}"
    try:
        place.mkdir()
        yield place
        for name in names:
            (place / name).replace(folder / name)
    except OSError as error:
        raise cannot_write(folder, error) from error
    except LithographError as error:
        # The sentence names the temporary file; the user knows only the folder.
        raise LithographError(str(error).replace(str(place), str(folder))) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if not existed and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
