"""What the mouse does, in words: the part of the list of keys that no action says."""

from __future__ import annotations

from app.ui.settings import Preferences

Lines = tuple[tuple[str, str], ...]
"""(what is done, by which move of the hand)"""


def mouse_lines(preferences: Preferences) -> tuple[tuple[str, Lines], ...]:
    """Groups of lines, after how the mouse and the wheel are set."""
    placing = preferences.mouse == "placing"
    slices = preferences.wheel == "slices"
    image: Lines = (
        ("Move the image", "Left drag beside lesions, middle drag, Space and drag")
        if placing
        else ("Move the image", "Middle drag, Space and drag"),
        ("Window: across its width, up and down its centre", "Right drag" if placing else "Left drag"),
        *(() if placing else (("Zoom", "Right drag up and down"),)),
        ("Next and previous image of a series", "Wheel" if slices else "Ctrl+wheel"),
        ("Zoom at the cursor", "Ctrl+wheel; wheel over a single image" if slices else "Wheel"),
        ("Move and zoom on a touchpad", "Two fingers; spread them"),
        ("Move the image by keys", "Ctrl+arrow keys; arrow keys, where nothing is selected"),
    )
    lesions: Lines = (
        ("Place the chosen lesion", "Click on a free place"),
        ("Place it in the danger zone all the same", "Ctrl+Shift+click"),
        ("Select a lesion", "Click on it"),
        ("Add to the selection, or take out of it", "Shift+click, Ctrl+click"),
        ("Select all in a rectangle", "Shift+drag on a free place"),
        ("Move what is selected", "Left drag; arrow keys, with Shift ten times as far"),
        ("Change its size", "Drag its square handle, Shift+wheel"),
        ("Rotate it", "Drag its round handle, with Shift by 15°; Alt+wheel"),
        ("What else can be done there", "Right click"),
    )
    return ("Mouse, image", image), ("Mouse, lesions", lesions)
