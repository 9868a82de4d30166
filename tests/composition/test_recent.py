"""What the renderer remembers."""

from __future__ import annotations

from app.composition import Renderer
from app.composition.recent import Recent
from app.lesions.lesion import Lesion
from tests.composition.examples import draw, place, radiograph, scene


def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    memory: Recent[str, str] = Recent(6, len)
    for key, value in (("a", "aaa"), ("b", "bbb"), ("c", "ccc")):
        memory.put(key, value)
    assert memory.get("a") == "aaa"
    memory.trim(keep=0)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == ("aaa", None, "ccc")
    memory.put("a", "aaaaaaaaa")
    memory.trim(keep=2)
    assert memory.get("c") == "ccc"
    memory.trim(keep=0)
    assert (memory.get("a"), memory.get("c")) == (None, "ccc")


def test_undoing_draws_nothing_anew() -> None:
    drawn: list[tuple[str, int]] = []

    def counted(name: str, seed: int) -> Lesion:
        drawn.append((name, seed))
        return draw(name, seed)

    image = radiograph()
    renderer = Renderer(image, counted)
    first = scene(place(30, 30), place(80, 60, name="b", seed=2))
    before = renderer.render(first)
    count = len(drawn)
    renderer.render(first.removing(("a", "b")))
    again = renderer.render(first)
    assert len(drawn) == count == 2
    assert again.islands == before.islands
    assert (again.image.pixels == before.image.pixels).all()
