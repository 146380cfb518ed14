"""`python -m whet`, and the console script."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        from whet.cli.exit import run  # noqa: PLC0415 (importing whet must cost nothing)
    except KeyboardInterrupt:
        sys.exit(130)

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
