"""The device is found, and says what it is."""

from __future__ import annotations

from app.engine import Device, Engine
from app.engine import device as devices


def test_the_engine_finds_a_device_that_can_compute() -> None:
    import torch

    found: list[Device] = []
    engine = Engine()
    try:
        assert engine.device.kind == "cpu"
        assert engine.find_device(found.append).wait(60)
        assert found == [engine.device]
    finally:
        engine.close()
    assert float(torch.ones(3, device=found[0].kind).sum()) == 3.0
    assert found[0].name
    found[0].release_memory()


def test_the_cpu_is_described_before_torch_is_loaded() -> None:
    assert devices.cpu().name.startswith("CPU, ")
    assert "core" in devices.cpu().name
    assert devices.resident_memory() > 10_000_000
