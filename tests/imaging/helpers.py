"""What the tests of images share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.errors import LithographError


def refusal(path: Path, action: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """The sentence with which `action` refuses; it names the file and ends what it says with a remedy."""
    with pytest.raises(LithographError) as caught:
        action(*arguments, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert str(path) in sentence
    assert ";" in sentence, "no remedy"
    assert len(sentence.replace(str(path), "")) < 300
    return sentence
