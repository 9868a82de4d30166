"""Reading labelled images: YOLO, COCO, Pascal VOC, masks, LIDC XML, and our own training sets."""

from __future__ import annotations

from app.training.labels.labelled import LabelledImage, LabelledSet, split
from app.training.labels.reading import read_labelled

__all__ = ["LabelledImage", "LabelledSet", "read_labelled", "split"]
