"""Pure functions from samples to an answer.

`summary`, `ratios`, `sequential` and `calibration` need the standard library only and run on the
worker. `boundaries` and `comparison` need scipy and run where the driver is, so nothing is
imported here.
"""
