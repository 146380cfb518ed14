import hashlib

import pytest

from whet.errors import IntegrityError
from whet.ledger.blobs import Blobs


def test_bytes_come_back_by_their_digest(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    data = bytes(range(256)) * 100
    digest = blobs.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert blobs.get(digest) == data
    assert blobs.get(blobs.put(b"")) == b""


def test_nothing_is_made_before_the_first_blob(tmp_path):
    Blobs(tmp_path / "blobs")
    assert list(tmp_path.iterdir()) == []


def test_the_same_bytes_are_stored_once(tmp_path):
    blobs = Blobs(tmp_path)
    first = blobs.put(b"patch")
    inode = (tmp_path / first[:2] / first[2:]).stat().st_ino
    assert blobs.put(b"patch") == first
    assert (tmp_path / first[:2] / first[2:]).stat().st_ino == inode
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_changed_bytes_are_found(tmp_path):
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"patch")
    (tmp_path / digest[:2] / digest[2:]).write_bytes(b"Patch")
    with pytest.raises(IntegrityError, match="is not what was stored"):
        blobs.get(digest)


def test_missing_bytes_are_said_to_be_gone(tmp_path):
    with pytest.raises(IntegrityError, match="is gone"):
        Blobs(tmp_path).get("0" * 64)


def test_what_a_process_was_killed_at_is_not_stored(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    digest = blobs.put(b"whole")
    (tmp_path / "blobs" / digest[:2] / ".draft-1").write_bytes(b"ha")
    assert blobs.digests() == {digest}
