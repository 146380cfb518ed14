"""Reads a PDF from standard input and prints its text: run as a process of its own."""

import resource
import sys

_MEMORY = 1 << 30
_SECONDS = 45
_PAGES = 400


def main() -> None:
    """Print the text; what is wrong goes to standard error, with exit 1."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    import pypdfium2  # noqa: PLC0415  (after the limits, and only in this process)

    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
        pages = min(len(document), _PAGES)
        for number in range(pages):
            text = document[number].get_textpage().get_text_bounded()
            # pdfium marks a hyphen at the end of a line that belongs to no word
            plain = text.replace("\ufffe\r\n", "").replace("\x02\r\n", "").replace("\x02", "")
            sys.stdout.buffer.write(plain.replace("\r\n", "\n").encode(errors="replace") + b"\n\n")
    except (pypdfium2.PdfiumError, MemoryError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
