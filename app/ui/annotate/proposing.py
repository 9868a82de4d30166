"""Outlines that a person has not drawn: those of the danger-zone network, to be corrected, or none at all."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.engine.memory import Frugal
from app.tasks import Task
from app.ui.annotate.document import AnnotationDocument
from app.ui.annotate.page import Page
from app.ui.annotate.planes import Mask, Patch, patches_to
from app.ui.work.bridge import Bridge
from models.budget import Budget
from models.progress import LongWork, Progress

_KIND = "annotation proposal"


class Proposer(QObject):
    """Puts whole masks into an image; what has to change for that is found beside the window."""

    proposed = Signal(str)
    """What has been outlined, in a sentence."""
    doubted = Signal(str)
    """The network does not know such images, in a sentence."""

    def __init__(self, document: AnnotationDocument, bridge: Bridge) -> None:
        super().__init__(document)
        self._document, self._bridge = document, bridge
        self._frugal = Frugal(
            "the structures were outlined", lambda sentence: bridge.tell(document.refused.emit, sentence)
        )

    def propose(self) -> None:
        """Asks the network for what is not outlined yet; what a person has outlined stays."""
        document, page, task = self._document, self._document.page, self._document.task
        if not document.may_change() or page is None or task is None:
            return
        if page.known.issuperset(document.names):
            document.refused.emit(
                "All structures are outlined in this image; clear the one that shall be proposed anew."
            )
            return
        self._bridge.submit(
            _KIND,
            lambda: self._frugal(partial(_find, page, task), self._bridge.engine.device),
            partial(self._found, page),
            document.failed.emit,
            title=f"Outlining structures in {page.image.name}",
        )

    def clear(self, plane: int) -> None:
        """Removes the outline of a structure, which is then as good as not looked at."""
        page, name = self._document.page, self._document.names[plane]
        if page is not None and self._document.may_change() and name in page.known:
            self._put(page, {name: np.zeros(page.image.size, bool)}, "Clear structure", gone=True)

    def _found(self, page: Page, found: tuple[dict[str, Mask], bool]) -> None:
        masks, foreign = found
        new = {n: masks[n] for n in self._document.names if n in masks and n not in page.known}
        if page is not self._document.page or not new:
            return  # another image is shown; a proposal is quickly made again
        self._put(page, new, "Propose structures")
        outlined = "1 structure was outlined" if len(new) == 1 else f"{len(new)} structures were outlined"
        if foreign:
            self.doubted.emit(
                f"{outlined} by the network, but it does not know such images; look closely, or take it back."
            )
        else:
            self.proposed.emit(f"{outlined} by the network; correct what is wrong with brush and lasso.")

    def _put(self, page: Page, masks: dict[str, Mask], name: str, *, gone: bool = False) -> None:
        """Makes structures equal to `masks`, outlined or (`gone`) not; again where the user has gone on."""
        document, names = self._document, self._document.names
        if page.stack is None:
            return
        bits, index = page.bits.copy(), page.stack.index()

        def work() -> LongWork[list[Patch]]:
            patches: list[Patch] = []
            for n, (structure, mask) in enumerate(masks.items()):
                patches += patches_to(bits, names.index(structure), mask)
                yield Progress(n + 1, len(masks), "Drawing structures")
            return patches

        def done(patches: list[Patch]) -> None:
            if document.page is not page or page.stack is None:
                return
            if page.stack.index() == index:
                known = page.known - masks.keys() if gone else page.known | masks.keys()
                document.change_structures(patches, known, name)
            else:
                self._put(page, masks, name, gone=gone)

        self._bridge.submit(_KIND, work, done, document.failed.emit, title="Drawing structures")


def _find(page: Page, task: Task, budget: Budget) -> LongWork[tuple[dict[str, Mask], bool]]:
    """The masks, and whether the image is unlike those that the network has learnt from."""
    from app.anatomy.network import predict_anatomy

    anatomy = yield from predict_anatomy(page.pixels, task, budget)
    return dict(anatomy.masks), anatomy.familiarity is not None and anatomy.familiarity.foreign
