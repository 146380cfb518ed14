"""A file is written whole or not at all."""

import pytest

from whet import whole


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path):
    path = tmp_path / "below" / "file"
    whole.write(path, "one\n", durable=True)
    assert path.stat().st_mode & 0o400
    path.chmod(0o640)
    whole.write(path, b"two\n")
    assert path.read_bytes() == b"two\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_what_fails_in_the_middle_leaves_the_old_and_no_draft(tmp_path):
    path = tmp_path / "file"
    whole.write(path, "one\n")

    def half():
        with whole.replacing(path) as draft:
            draft.write_text("tw")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        half()
    assert path.read_text() == "one\n"
    assert list(tmp_path.iterdir()) == [path]


def test_bytes_that_are_no_text_come_back_as_they_were(tmp_path):
    path = tmp_path / "file"
    whole.write(path, b"\xff\n".decode(errors="surrogateescape"))
    assert path.read_bytes() == b"\xff\n"
