"""The background worker: one thread that owns the device and does all the work."""

from app.engine.device import Device
from app.engine.engine import Engine
from app.engine.job import Job, State, Urgency

__all__ = ["Device", "Engine", "Job", "State", "Urgency"]
