"""The file of a campaign: one writer, many readers, and what happens when things go wrong."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

import pytest

from whet.errors import InfraError, LedgerCorrupt, NotReady
from whet.ledger import log
from whet.model import event as happened
from whet.testing.events import campaign


def note(number):
    return happened.IdeaDropped(at=float(number), idea=f"I{number:02d}", reason="no")


def written(folder, count=5):
    events = [note(number) for number in range(count)]
    with log.writing(folder) as writer:
        for event in events:
            writer.append(event)
    return events


def lines(folder):
    return (folder / log.FILE).read_bytes().splitlines(keepends=True)


def rewrite(folder, new):
    (folder / log.FILE).write_bytes(b"".join(new))


def test_what_is_appended_is_read(tmp_path):
    events = list(campaign(3, pairs=2))
    with log.writing(tmp_path / "c") as writer:
        for event in events:
            writer.append(event)
    assert log.read(tmp_path / "c") == tuple(events)


def test_a_later_writer_goes_on_where_the_first_one_ended(tmp_path):
    first = written(tmp_path, 2)
    with log.writing(tmp_path) as writer:
        assert writer.events == first
        assert writer.repaired == 0
        writer.append(note(7))
    assert log.read(tmp_path) == (*first, note(7))


def test_readers_see_each_event_as_soon_as_it_is_written(tmp_path):
    with log.writing(tmp_path) as writer:
        for number in range(3):
            writer.append(note(number))
            assert len(log.read(tmp_path)) == number + 1


def test_a_campaign_that_was_never_started_has_no_events(tmp_path):
    assert log.read(tmp_path / "nothing") == ()
    assert not log.exists(tmp_path / "nothing")
    assert log.holder(tmp_path / "nothing") == ""


def test_the_head_stands_for_all_lines(tmp_path):
    written(tmp_path, 2)
    _, head = log.read_with_head(tmp_path)
    assert json.loads(lines(tmp_path)[-1])["hash"] == head


# Damage.


def test_a_flipped_byte_is_found(tmp_path):
    written(tmp_path)
    good = lines(tmp_path)
    for number in range(len(good)):
        bad = list(good)
        bad[number] = bad[number].replace(b'"reason":"no"', b'"reason":"na"')
        rewrite(tmp_path, bad)
        with pytest.raises(LedgerCorrupt, match=rf"line {number + 1} is not what was written"):
            log.read(tmp_path)


def test_a_removed_line_is_found(tmp_path):
    written(tmp_path)
    good = lines(tmp_path)
    for number in range(len(good) - 1):
        rewrite(tmp_path, good[:number] + good[number + 1 :])
        said = rf"line {number + 1} carries number {number + 1}: a line was removed or moved"
        with pytest.raises(LedgerCorrupt, match=said):
            log.read(tmp_path)


def test_swapped_lines_are_found(tmp_path):
    written(tmp_path)
    good = lines(tmp_path)
    rewrite(tmp_path, [good[0], good[2], good[1], *good[3:]])
    with pytest.raises(LedgerCorrupt, match="line 2 carries number 2"):
        log.read(tmp_path)


def test_a_repeated_line_is_found(tmp_path):
    written(tmp_path)
    good = lines(tmp_path)
    rewrite(tmp_path, [*good, good[-1]])
    with pytest.raises(LedgerCorrupt, match="line 6 carries number 4"):
        log.read(tmp_path)


def test_a_hole_in_the_middle_is_found(tmp_path):
    written(tmp_path)
    whole = b"".join(lines(tmp_path))
    middle = len(whole) // 2
    (tmp_path / log.FILE).write_bytes(whole[: middle - 60] + whole[middle + 60 :])
    with pytest.raises(LedgerCorrupt):
        log.read(tmp_path)


def test_renumbered_lines_do_not_hide_a_removed_one(tmp_path):
    written(tmp_path)
    good = lines(tmp_path)
    bad = [line.replace(b'"n":%d' % (n + 1), b'"n":%d' % n) for n, line in enumerate(good[1:])]
    rewrite(tmp_path, bad)
    with pytest.raises(LedgerCorrupt, match="line 1 is not what was written"):
        log.read(tmp_path)


@pytest.mark.parametrize("bad", [b"\n", b"\n\n", b"{}\n", b"hello\n", b"\0\0\0\n"])
def test_a_line_that_is_none_is_found(bad, tmp_path):
    written(tmp_path, 1)
    rewrite(tmp_path, [*lines(tmp_path), bad])
    with pytest.raises(LedgerCorrupt, match="line 2 is not a ledger line"):
        log.read(tmp_path)


def test_a_damaged_file_has_no_writer_and_is_left_as_it_is(tmp_path):
    written(tmp_path)
    bad = lines(tmp_path)
    del bad[1]
    rewrite(tmp_path, [*bad, b"half a li"])
    with pytest.raises(LedgerCorrupt), log.writing(tmp_path):
        pass
    assert lines(tmp_path) == [*bad, b"half a li"]


def test_a_half_last_line_is_ignored_by_readers_and_removed_by_the_writer(tmp_path):
    events = written(tmp_path)
    good = lines(tmp_path)
    last = good[-1]
    for end in range(1, len(last)):
        rewrite(tmp_path, [*good[:-1], last[:end]])
        assert log.read(tmp_path) == tuple(events[:-1])
        assert lines(tmp_path)[-1] == last[:end]
    with log.writing(tmp_path) as writer:
        assert writer.repaired == len(last) - 1
        writer.append(note(9))
    assert log.read(tmp_path) == (*events[:-1], note(9))


def test_zeros_behind_the_last_line_are_a_half_line(tmp_path):
    # what some file systems leave after a power cut
    events = written(tmp_path)
    rewrite(tmp_path, [*lines(tmp_path), b"\0" * 500])
    assert log.read(tmp_path) == tuple(events)
    with log.writing(tmp_path) as writer:
        assert writer.repaired == 500


def test_only_a_half_first_line_is_an_empty_campaign(tmp_path):
    (tmp_path / log.FILE).write_bytes(b'{"n":0,"v":1,"ha')
    assert log.read(tmp_path) == ()
    with log.writing(tmp_path) as writer:
        writer.append(note(1))
    assert log.read(tmp_path) == (note(1),)


# One writer.

HOLD = """
import sys
from pathlib import Path
from whet.ledger import log
with log.writing(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def another_writer(folder):
    argv = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.stdin.close()


def test_a_second_writer_is_told_who_the_first_one_is(tmp_path):
    written(tmp_path)
    with another_writer(tmp_path) as first:
        said = f"process {first.pid} on {os.uname().nodename}"
        with pytest.raises(NotReady, match="another whet is running this campaign") as told:
            log.writing(tmp_path).__enter__()
        assert said in told.value.message
        assert log.holder(tmp_path) == said
        assert len(log.read(tmp_path)) == 5
    assert log.holder(tmp_path) == ""
    with log.writing(tmp_path):
        pass


def test_a_writer_that_was_killed_holds_nothing(tmp_path):
    with another_writer(tmp_path) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert log.holder(tmp_path) == ""
        with log.writing(tmp_path) as writer:
            writer.append(note(1))
            assert log.holder(tmp_path).startswith(f"process {os.getpid()} on ")
    assert log.read(tmp_path) == (note(1),)


def test_a_writer_that_failed_holds_nothing(tmp_path):
    with pytest.raises(KeyError), log.writing(tmp_path):
        raise KeyError
    assert log.holder(tmp_path) == ""
    with log.writing(tmp_path):
        pass


def test_whoever_looks_who_writes_does_not_get_in_the_way(tmp_path):
    written(tmp_path, 1)
    over = threading.Event()

    def look():
        while not over.is_set():
            log.holder(tmp_path)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for thread in lookers:
        thread.start()
    try:
        for _ in range(20):
            with log.writing(tmp_path):
                pass
    finally:
        over.set()
        for thread in lookers:
            thread.join()


def test_a_lock_file_with_nonsense_still_says_something(tmp_path):
    with log.writing(tmp_path):
        (tmp_path / log.LOCK).write_bytes(b"\xff nonsense")
        assert log.holder(tmp_path) == "a process that did not say who it is"


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotReady, match=r"cannot write in .*file: "), log.writing(tmp_path / "file"):
        pass


# A full disk.


@contextlib.contextmanager
def no_more_than(size):
    """No file of this process may grow beyond some bytes: what a full disk looks like."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)


@pytest.mark.parametrize("room", [0, 1, 50])
def test_on_a_full_disk_the_file_is_as_it_was_before(room, tmp_path):
    with log.writing(tmp_path) as writer:
        writer.append(note(1))
        before = (tmp_path / log.FILE).read_bytes()
        with no_more_than(len(before) + room):
            for _ in range(3):
                with pytest.raises(InfraError, match=r"cannot write .*File too large") as told:
                    writer.append(note(2))
            assert "whet run" in told.value.hint
            assert (tmp_path / log.FILE).read_bytes() == before
        writer.append(note(3))
    assert log.read(tmp_path) == (note(1), note(3))


def test_a_full_disk_that_stays_full_leaves_nothing_to_be_written_later(tmp_path):
    with log.writing(tmp_path) as writer:
        writer.append(note(1))
        size = (tmp_path / log.FILE).stat().st_size
        with no_more_than(size + 20), pytest.raises(InfraError):
            writer.append(note(2))
    assert log.read(tmp_path) == (note(1),)
    assert (tmp_path / log.FILE).stat().st_size == size


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a few pages; only root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def append_many(writer, count):
    for number in range(count):
        writer.append(note(number))


def test_on_a_disk_that_fills_up_every_written_event_is_kept_and_room_is_used_again(small_disk):
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 8192)
    with log.writing(small_disk) as writer:
        with pytest.raises(InfraError, match="No space left on device"):
            append_many(writer, 1000)
        kept = log.read(small_disk)
        assert kept == tuple(map(note, range(len(kept))))
        assert 10 < len(kept) < 1000
        filler.unlink()
        writer.append(note(999))
    assert log.read(small_disk) == (*kept, note(999))


def test_a_killed_writer_leaves_whole_lines_and_at_most_one_half(tmp_path):
    code = """
import itertools, sys
from pathlib import Path
from whet.ledger import log
from whet.testing.events import campaign
with log.writing(Path(sys.argv[1])) as writer:
    for number, event in enumerate(campaign(10_000, pairs=40)):
        writer.append(event)
        print(number, flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        seen = [int(process.stdout.readline()) for _ in range(30)][-1]
        process.kill()
        seen = max([seen, *map(int, process.stdout.read().split())])
    assert len(log.read(tmp_path)) >= seen + 1


def test_an_event_is_on_the_disk_before_append_returns(tmp_path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_size), real(fd)))
    with log.writing(tmp_path) as writer:
        synced.clear()
        writer.append(note(1))
        assert synced == [(tmp_path / log.FILE).stat().st_size]


def test_a_clock_is_not_needed_to_wait_for_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited although nobody writes"))
    with log.writing(tmp_path):
        pass
