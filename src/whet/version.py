"""Which whet this is."""


def version() -> str:
    """The installed version, or `unknown` in a tree that was not installed."""
    # it takes longer to import than most commands take to answer
    from importlib import metadata  # noqa: PLC0415

    try:
        return metadata.version("whet")
    except metadata.PackageNotFoundError:
        return "unknown"
