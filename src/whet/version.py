"""Which whet this is."""

from importlib import metadata


def version() -> str:
    """The installed version, or `unknown` in a tree that was not installed."""
    try:
        return metadata.version("whet")
    except metadata.PackageNotFoundError:
        return "unknown"
