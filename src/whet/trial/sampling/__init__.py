"""Watching a benchmark run, and measuring what its machine can do at most."""
