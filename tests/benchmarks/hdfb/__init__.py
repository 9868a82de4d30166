"""The parts of `tests.benchmarks.hdfb_claim`: images, networks, training, scores, curves."""
