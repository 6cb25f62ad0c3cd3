"""Benchmarks: how fast the simulator is, raced in one run against the best of other kinds."""
