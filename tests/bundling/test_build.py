import hashlib
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import uv

from bundling import Bundle, BundleError, Target, TooLarge, build, contents
from bundling.build import PROJECT

Build = Callable[..., Bundle]


@pytest.fixture
def built(project: Path, tmp_path: Path) -> Build:
    """Builds the small project; each call into a folder of its own."""
    runs = iter(range(100))

    def run(target: Target | None = None, cache: str = "cache") -> Bundle:
        out = tmp_path / f"out-{next(runs)}"
        return build(target or Target.host(), out, project=project, cache=tmp_path / cache)

    return run


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_the_code_is_the_runtime_library_the_handlers_and_the_schemas(built: Build) -> None:
    assert names(built().code) == [
        "foreman_core/__init__.py",
        "foreman_core/deep/rules.py",
        "handlers/intake.py",
        "schemas/customer.yaml",
    ]


def test_the_layer_has_what_is_imported_and_the_licences(built: Build) -> None:
    assert names(built().layer) == [
        "python/tiny-1.0.dist-info/METADATA",
        "python/tiny-1.0.dist-info/WHEEL",
        "python/tiny-1.0.dist-info/licenses/LICENSE",
        "python/tiny/__init__.py",
        "python/tiny/bin/helper.py",
    ]


def test_polars_is_in_a_layer_of_its_own(built: Build) -> None:
    assert names(built().polars) == [
        "python/polars-1.0.dist-info/METADATA",
        "python/polars-1.0.dist-info/WHEEL",
        "python/polars/__init__.py",
    ]


def test_the_same_input_gives_the_same_bytes(built: Build, project: Path) -> None:
    first = built(cache="one")
    for file in project.rglob("*"):
        os.utime(file, (1, 1))
        file.chmod(0o755)
    second = built(cache="two")
    for name in ("code", "layer", "polars"):
        one, other = getattr(first, name), getattr(second, name)
        assert one.read_bytes() == other.read_bytes()
        hashes = {getattr(bundle, f"{name}_sha256") for bundle in (first, second)}
        assert hashes == {hashlib.sha256(one.read_bytes()).hexdigest()}


def test_other_code_gives_another_hash_and_leaves_the_layer_alone(built: Build, project: Path) -> None:
    first = built()
    (project / "handlers" / "intake.py").write_text("def handler(): return 1\n")
    second = built()
    assert first.code_sha256 != second.code_sha256
    assert (first.layer_sha256, first.polars_sha256) == (second.layer_sha256, second.polars_sha256)


def test_the_layer_is_built_once_for_a_lock_and_a_target(
    built: Build, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_uv() -> str:
        raise AssertionError("asked to install again")

    built()
    monkeypatch.setattr(uv, "find_uv_bin", no_uv)
    built()
    with pytest.raises(AssertionError, match="install again"):
        built(Target.aws("arm64", "3.13"))
    lock = project / "requirements-lambda.txt"
    lock.write_text(lock.read_text() + "\n# changed\n")
    with pytest.raises(AssertionError, match="install again"):
        built()


def test_other_rules_of_what_travels_make_other_layers(built: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    first = built()
    monkeypatch.setattr(sys.modules["bundling.build"], "_RULES", b"others")
    monkeypatch.setattr(contents, "POLARS", {"tiny"})
    second = built()
    assert "python/tiny/__init__.py" in names(second.polars)
    assert first.layer_sha256 != second.layer_sha256


@pytest.mark.parametrize(
    ("architecture", "platform"), [("arm64", "aarch64-manylinux_2_28"), ("x86_64", "x86_64-manylinux_2_28")]
)
def test_for_lambda_only_wheels_of_its_platform_are_taken(architecture: str, platform: str) -> None:
    options = " ".join(Target.aws(architecture, "3.13").uv_options)
    assert options == f"--python-version 3.13 --python-platform {platform} --only-binary :all:"


def test_an_archive_for_lambda_is_built_without_that_python(built: Build) -> None:
    assert "python/tiny/__init__.py" in names(built(Target.aws("arm64", "3.13")).layer)


def test_an_unknown_architecture_is_refused() -> None:
    with pytest.raises(BundleError, match="no architecture sparc; it has arm64, x86_64"):
        Target.aws("sparc", "3.13")


def test_an_interpreter_that_cannot_be_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be run"):
        Target.host(tmp_path / "python")


def test_a_package_that_is_not_the_locked_one_is_refused(built: Build, project: Path, tmp_path: Path) -> None:
    lock = project / "requirements-lambda.txt"
    lock.write_text(lock.read_text().partition("sha256:")[0] + f"sha256:{'0' * 64}\n")
    with pytest.raises(BundleError, match=r"(?s)requirements-lambda\.txt could not be installed.*[Hh]ash"):
        built()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_layer_may_be_larger_than_what_is_uploaded_directly(
    built: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["bundling.build"], "ZIPPED_LIMIT", 650)
    bundle = built()
    assert bundle.code_bytes <= 650 < bundle.layer_bytes


def test_the_archives_are_whole_where_no_second_name_can_be_given(
    built: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(_self: Path, _target: Path) -> None:
        raise OSError

    linked = built()
    monkeypatch.setattr(Path, "hardlink_to", other_disk)
    assert built().polars.read_bytes() == linked.polars.read_bytes()


@pytest.mark.parametrize("limit", ["UNZIPPED_LIMIT", "ZIPPED_LIMIT"])
def test_what_lambda_would_not_take_is_refused_with_its_largest_parts(
    built: Build, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["bundling.build"], limit, 10)
    with pytest.raises(TooLarge, match=r"largest parts are: tiny-1\.0\.dist-info .*, .* MiB\.$"):
        built()


def test_sizes_are_those_of_the_files(built: Build) -> None:
    bundle = built()
    assert bundle.code_bytes == bundle.code.stat().st_size
    assert bundle.layer_bytes == bundle.layer.stat().st_size
    assert bundle.polars_bytes == bundle.polars.stat().st_size
    unzipped = 0
    for archive in (bundle.code, bundle.layer, bundle.polars):
        with zipfile.ZipFile(archive) as opened:
            unzipped += sum(len(opened.read(name)) for name in opened.namelist())
    assert bundle.unzipped_bytes == unzipped


def test_entries_are_dated_and_readable_alike(built: Build) -> None:
    bundle = built()
    for archive in (bundle.code, bundle.layer, bundle.polars):
        with zipfile.ZipFile(archive) as opened:
            assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert {entry.external_attr >> 16 for entry in opened.infolist()} == {0o100644}


def test_the_real_code_has_every_handler_and_no_test(tmp_path: Path, project: Path) -> None:
    (tmp_path / "real").mkdir()
    for name in ("foreman_core", "handlers", "schemas"):
        (tmp_path / "real" / name).symlink_to(PROJECT / name)
    (tmp_path / "real" / "requirements-lambda.txt").write_bytes(
        (project / "requirements-lambda.txt").read_bytes()
    )
    bundle = build(Target.host(), tmp_path / "out", project=tmp_path / "real", cache=tmp_path / "cache")
    packed = set(names(bundle.code))
    assert {f"handlers/{file.name}" for file in (PROJECT / "handlers").glob("*.py")} <= packed
    assert "schemas/customer.yaml" in packed
    assert not [name for name in packed if "test" in name or "__pycache__" in name]
