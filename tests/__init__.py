"""The tests mirror `app/` and `models/`; `tests/ui` drives the real window; `tests/benchmarks` measures."""
