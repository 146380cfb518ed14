"""`python -m whet`, and the console script."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from whet.cli.exit import run  # noqa: PLC0415 (importing whet must cost nothing)

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
