"""Text of a benchmark tool in, metrics of one invocation out; pure, standard library only.

One invocation is one observation, so every metric has one value: the median of times within it,
total work over total time for throughput, unless the tool has a better rule of its own (its
module says which). A text that is cut short, or contradicts itself, is refused and never read as
zero.
"""

from whet.formats.reading import FormatError, Reading
from whet.formats.registry import FORMATS, check, parse

__all__ = ["FORMATS", "FormatError", "Reading", "check", "parse"]
