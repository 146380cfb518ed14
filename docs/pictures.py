"""Take the pictures of the page that the documentation shows, from a campaign of `whet demo`.

python docs/pictures.py FOLDER        a folder that `whet demo` made; writes docs/images

A headless Chromium is needed, and playwright (`make .venv/.browser`). Where Pillow is installed,
the pictures are reduced to 256 colours, which makes them a third as large.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from whet.api.reporting import report

IMAGES = Path(__file__).parent / "images"
WIDE = {"width": 1240, "height": 1080}


def main(folder: Path) -> None:
    """Open the report as a reader does, and take a picture of each view."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (may be absent)

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        report(folder, out=name)
        address = (Path(name) / "index.html").as_uri()
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for theme, end in (("light", ""), ("dark", "-dark")):
            tab = browser.new_page(viewport=WIDE, color_scheme=theme)
            tab.goto(address)
            tab.screenshot(path=IMAGES / f"page{end}.png")
            if end:
                continue
            best = tab.locator("#effects tr[data-e]").first.get_attribute("data-e")
            tab.goto(f"{address}#{best}")
            tab.reload()
            tab.wait_for_selector("#drawer[open]")
            tab.screenshot(path=IMAGES / "why.png")
        browser.close()
    for path in IMAGES.glob("*.png"):
        smaller(path)
        print(path, path.stat().st_size)


def smaller(path: Path) -> None:
    """The same picture in 256 colours, where Pillow is."""
    try:
        from PIL import Image  # noqa: PLC0415 (may be absent)
    except ImportError:
        return
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
