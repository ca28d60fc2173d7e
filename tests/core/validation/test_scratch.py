"""What does not stay in memory leaves nothing behind, and a full disk is told."""

import os
from pathlib import Path

import pytest

from foreman_core.errors import Unavailable
from foreman_core.validation import scratch
from foreman_core.validation.scratch import Scratch


def test_a_file_has_no_name_and_is_closed_with_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    file = Scratch()
    file.append(b"abc")
    file.append(b"def")
    assert file.read(3, 2) == b"cde"
    assert file.read(9, 4) == b"ef"
    assert not list(tmp_path.iterdir())
    descriptor = file._file  # pyright: ignore[reportPrivateUsage]
    os.fstat(descriptor)
    del file
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a Linux device that is always full")
def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> tuple[int, Path]:
        (tmp_path / "file").touch()
        return os.open("/dev/full", os.O_RDWR), tmp_path / "file"

    monkeypatch.setattr(scratch, "new_file", full)
    with pytest.raises(Unavailable, match=r"no room left in .*TMPDIR") as told:
        Scratch().append(b"abc")
    assert told.value.code == "disk-full"
