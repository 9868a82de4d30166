"""Where a lesion may go: structures by name, the danger zone, likely places, and choosing among them."""

from app.anatomy.anatomy import Anatomy, Candidate
from app.anatomy.choosing import choose
from app.anatomy.danger import DangerZone
from app.anatomy.where import Where, analyse

__all__ = ["Anatomy", "Candidate", "DangerZone", "Where", "analyse", "choose"]
