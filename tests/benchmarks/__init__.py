"""Benchmarks: each `bench_*.py` here has `rows()`, which measures and returns lines of one table.

A row is (what is measured, what it should reach, what was measured). `python -m tests.benchmarks` prints
the table with the machine's name; a name or two as arguments choose among the modules. `hdfb_claim`, which
trains networks for an hour, runs only where it is named.
"""
