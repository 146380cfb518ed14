"""`whet report`: what it writes, and what it refuses to write."""

import importlib.util
import shutil

import pytest

from whet.api import pictures

PNG = b"\x89PNG\r\n\x1a\n"

drawing = pytest.mark.skipif(
    not pictures.available(), reason="needs the extra `png` and a font on this machine"
)


def test_the_report_is_a_page_a_text_every_sample_and_charts(judged, say, tmp_path):
    done = say(judged, "report", "--out", str(tmp_path / "r"))
    assert done.code == 0
    names = {path.name for path in (tmp_path / "r").iterdir()}
    charts = {"progress.svg", "progress-dark.svg", "effects.svg", "effects-dark.svg"}
    assert names >= {"index.html", "report.md", "report.json", *charts}
    assert "one file, works offline" in done.out


def test_one_format_alone(judged, say, tmp_path):
    assert say(judged, "report", "--format", "html", "--out", str(tmp_path / "r")).code == 0
    assert {path.name for path in (tmp_path / "r").iterdir()} == {"index.html", "SHA256SUMS"}


@drawing
def test_charts_as_pictures(judged, say, tmp_path):
    assert say(judged, "report", "--format", "png", "--out", str(tmp_path / "r")).code == 0
    found = sorted((tmp_path / "r").glob("*.png"))
    assert [path.name for path in found] == [
        "effects-dark.png", "effects.png", "progress-dark.png", "progress.png",
    ]  # fmt: skip
    assert all(path.read_bytes().startswith(PNG) for path in found)


@pytest.mark.skipif(importlib.util.find_spec("resvg_py") is not None, reason="the extra is here")
def test_without_the_extra_the_hint_names_it(judged, say, tmp_path):
    done = say(judged, "report", "--format", "png", "--out", str(tmp_path / "r"))
    assert done.code == 3
    assert "pip install 'whet[png]'" in done.err


def test_a_page_with_a_secret_in_a_patch_is_not_written(judged, say, tmp_path):
    root = shutil.copytree(judged, tmp_path / "copy", symlinks=True)
    token = "ghp_" + "a1B2" * 10
    (root / "leak.patch").write_text(
        "diff --git a/notes b/notes\nnew file mode 100644\n--- /dev/null\n+++ b/notes\n"
        f"@@ -0,0 +1 @@\n+{token}\n"
    )
    assert say(root, "try", "leak.patch").code in (0, 8)
    done = say(root, "report", "--format", "html", "--out", str(tmp_path / "r"))
    assert done.code == 6
    assert "index.html would hold what looks like a secret: a GitHub token" in done.err
    assert token not in done.err
    assert not (tmp_path / "r").exists()
