"""What a worker does for one experiment: check out, build, check, measure.

`python -m whet.trial` is the same program on a laptop and on a rented machine. It needs Python and
the standard library only, so a worker installs nothing but what the target itself needs.
"""
