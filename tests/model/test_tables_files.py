"""The files of a case: what belongs to it, what is refused, and how a zip is unpacked."""

import os
import stat
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from indranet.errors import Fault, InputError
from indranet.model.case import LIMITS, Limits, check, read
from indranet.model.tables import connected

SETTINGS = 'name = "n"\nfirst_day = 2025-01-01\n'
FIRMS = "firm\nF\n"


def case_folder(folder: Path, settings: str | bytes = SETTINGS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = settings.encode() if isinstance(settings, str) else settings
    (folder / "case.toml").write_bytes(text)
    (folder / "firms.csv").write_text(FIRMS)
    return folder


def one_fault(path: Path, limits: Limits = LIMITS) -> Fault:
    (fault,) = check(path, limits=limits)
    return fault


TOML = {
    "no TOML": ("name = \n", 1, "", "is not TOML"),
    "not UTF-8": (b'name = "\xe9"\n', 0, "", "is not UTF-8"),
    "unknown key": (SETTINGS + 'currency = "USD"\n', 3, "currency", "is not a key"),
    "near key": (SETTINGS + 'descripton = "x"\n', 3, "descripton", "is not a key"),
    "table": (SETTINGS + "[solve]\nx = 1\n", 3, "solve", "is not a key"),
    "no name": ("first_day = 2025-01-01\n", 0, "name", "must be a text"),
    "blank name": ('name = " "\nfirst_day = 2025-01-01\n', 1, "name", "must be a text"),
    "no day": ('name = "n"\n', 0, "first_day", "must be a day"),
    "day and hour": ('name = "n"\nfirst_day = 2025-01-01T00:00:00\n', 2, "first_day", "a day"),
    "day in words": ('name = "n"\nfirst_day = "1 May"\n', 2, "first_day", "must be a day"),
    "week": ('name = "n"\nfirst_day = "2025-W01-1"\n', 2, "first_day", "must be a day"),
    "description": (SETTINGS + "description = 3\n", 3, "description", "must be a text"),
}


@pytest.mark.parametrize(("settings", "row", "column", "problem"), TOML.values(), ids=TOML)
def test_case_toml(
    settings: str | bytes, row: int, column: str, problem: str, tmp_path: Path
) -> None:
    fault = one_fault(case_folder(tmp_path, settings))
    assert (fault.file, fault.row, fault.column) == ("case.toml", row, column)
    assert problem in fault.problem


def test_the_first_day_may_be_a_text(tmp_path: Path) -> None:
    network = read(case_folder(tmp_path, 'name = "n"\nfirst_day = "2024-02-29"\n'))
    assert str(network.first_day) == "2024-02-29"


def test_a_folder_without_case_toml(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(FIRMS)
    fault = one_fault(tmp_path)
    assert (fault.file, fault.problem) == ("case.toml", "is missing")


def test_no_such_case(tmp_path: Path) -> None:
    assert "does not exist" in one_fault(tmp_path / "nowhere").problem
    (tmp_path / "firms.csv").write_text(FIRMS)
    assert "neither a folder nor a zip" in one_fault(tmp_path / "firms.csv").problem


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    folder = case_folder(tmp_path)
    (folder / "firm.csv").write_text(FIRMS)
    (folder / "Sites.CSV").write_text("site\n")
    faults = check(folder)
    assert [(fault.file, fault.row) for fault in faults] == [("Sites.CSV", 0), ("firm.csv", 0)]
    assert "did you mean 'firms'?" in faults[1].remedy
    assert "did you mean 'sites'?" in faults[0].remedy


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    folder = case_folder(tmp_path)
    for name in ("README.md", "goal.toml", "map.xlsx", ".firms.csv", "expected.csv"):
        (folder / name).write_text("x")
    (folder / "old").mkdir()
    (folder / "old" / "firm.csv").write_text("x")
    assert read(folder).present == {"firms"}


def test_one_table_in_two_files(tmp_path: Path) -> None:
    folder = case_folder(tmp_path)
    (folder / "firms.parquet").write_bytes(b"PAR1")
    fault = one_fault(folder)
    assert (fault.file, fault.problem) == ("firms.parquet", "stands beside firms.csv")


def test_a_folder_named_like_a_table(tmp_path: Path) -> None:
    folder = case_folder(tmp_path)
    (folder / "sites.csv").mkdir()
    assert one_fault(folder).problem == "is not a file"


@pytest.mark.parametrize("name", ["sites.csv", "case.toml"])
def test_links_that_lead_out(name: str, tmp_path: Path) -> None:
    folder = case_folder(tmp_path / "case")
    outside = tmp_path / name
    outside.write_text("site\n")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(outside)
    fault = one_fault(folder)
    assert (fault.file, fault.problem) == (name, "is a link that leads out of the case")


def test_links_that_stay_inside(tmp_path: Path) -> None:
    folder = case_folder(tmp_path / "case")
    (folder / "store").mkdir()
    (folder / "firms.csv").rename(folder / "store" / "f")
    (folder / "firms.csv").symlink_to(folder / "store" / "f")
    (tmp_path / "link").symlink_to(folder)
    assert read(tmp_path / "link").present == {"firms"}


def test_limits_of_files(tmp_path: Path) -> None:
    folder = case_folder(tmp_path)
    (folder / "firms.csv").write_text(FIRMS * 20)
    assert "larger than the limit of 50 bytes" in one_fault(folder, Limits(file_bytes=50)).problem
    header = ",".join(["firm", *(f"c{i}" for i in range(30))])
    (folder / "firms.csv").write_text(f"{header}\n")
    assert "more than 20 columns" in one_fault(folder, Limits(columns=20)).problem
    (folder / "firms.csv").write_text("firm," + "x" * 200 + "\nF,\n")
    assert "header longer than 100 bytes" in one_fault(folder, Limits(header_bytes=100)).problem
    (folder / "firms.csv").write_text("firm,name\n" + "a,b\n" * 100)
    assert "already" in check(folder, limits=Limits(header_bytes=100))[0].problem


def test_a_file_that_is_refused_makes_no_faults_elsewhere(tmp_path: Path) -> None:
    folder = case_folder(tmp_path)
    (folder / "firms.csv").write_text(FIRMS + "G\n" * 100)
    (folder / "sites.csv").write_text("site,operator\na,F\n")
    assert one_fault(folder, Limits(file_bytes=100)).file == "firms.csv"


def test_long_cells_are_refused(tmp_path: Path) -> None:
    folder = case_folder(tmp_path)
    (folder / "firms.csv").write_text("firm,name\nF," + "x" * 900_000 + "\n")
    assert len(read(folder)["firms"].text("name")[0]) == 900_000
    (folder / "firms.csv").write_text("firm,name\nF," + "x" * 3_000_000 + "\n")
    assert one_fault(folder).row == 2


def zipped(path: Path, files: Iterable[tuple[str | zipfile.ZipInfo, str]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files:
            archive.writestr(name, text)
    return path


CASE = [("case.toml", SETTINGS), ("firms.csv", FIRMS)]


@pytest.mark.parametrize("name", ["../x.csv", "/etc/x.csv", "a/../../x", "C:\\x.csv", "C:/x.csv"])
def test_members_that_lead_out(name: str, tmp_path: Path) -> None:
    fault = one_fault(zipped(tmp_path / "case.zip", [*CASE, (name, "x")]))
    assert (fault.file, fault.problem) == ("case.zip", "leads out of the case")
    assert [path.name for path in tmp_path.iterdir()] == ["case.zip"]


def test_linked_encrypted_and_repeated_members(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("sites.csv")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = zipped(tmp_path / "case.zip", [*CASE, (link, "/etc/passwd")])
    assert one_fault(path).problem == "is a symbolic link"
    with pytest.warns(UserWarning, match="Duplicate"):
        zipped(path, [*CASE, CASE[1]])
    assert one_fault(path).problem == "is there twice"
    data = bytearray(zipped(path, CASE).read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(signature) + at] |= 1
    path.write_bytes(data)
    assert one_fault(path).problem == "is encrypted"


LAYOUTS = {
    "nested": (["a/b/case.toml", "a/b/firms.csv"], "nested folders (a/b/case.toml)"),
    "two cases": (["a/case.toml", "b/case.toml"], "holds 2 cases"),
    "no case": (["firms.csv"], "holds no case.toml"),
    "nothing": ([], "holds no case.toml"),
}


@pytest.mark.parametrize(("names", "problem"), LAYOUTS.values(), ids=LAYOUTS)
def test_layout_of_a_zip(names: list[str], problem: str, tmp_path: Path) -> None:
    path = zipped(tmp_path / "case.zip", [(name, SETTINGS) for name in names])
    assert problem in one_fault(path).problem


def test_zip_bombs(tmp_path: Path) -> None:
    big = ("sites.csv", "site\n" + "a\n" * 3_000_000)
    path = zipped(tmp_path / "case.zip", [*CASE, big])
    assert "300 times its packed size" in one_fault(path).problem
    assert "larger than the limit of 99 bytes" in one_fault(path, Limits(file_bytes=99)).problem
    wide = Limits(zip_ratio=10**6, unpacked_bytes=10**6)
    assert "unpacks to more than 1,000,000 bytes" in one_fault(path, wide).problem


def test_sizes_that_lie(tmp_path: Path) -> None:
    path = zipped(tmp_path / "case.zip", [*CASE, ("sites.csv", "site\n" + "a\n" * 100_000)])
    data = path.read_bytes()
    size = (200_005).to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(InputError) as error:
        read(path, limits=Limits(unpacked_bytes=1_000))
    assert len(error.value.faults) == 1


def test_a_broken_zip(tmp_path: Path) -> None:
    path = zipped(tmp_path / "case.zip", CASE)
    data = bytearray(path.read_bytes())
    data[data.index(b"firm\n") if b"firm\n" in data else 45] ^= 0xFF
    path.write_bytes(data)
    assert "cannot be unpacked" in one_fault(path).problem
    path.write_bytes(data[: len(data) // 2])
    assert "neither a folder nor a zip" in one_fault(path).problem


def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "case.zip", [*CASE, ("sites.csv", "site\na,b\n")])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.chdir(scratch)
    assert check(path)
    assert check(case_folder(tmp_path / "case")) == []
    assert not list(scratch.iterdir())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = case_folder(tmp_path)
    os.mkfifo(folder / "sites.csv")
    assert one_fault(folder).problem == "is not a file"


def test_nothing_is_printed() -> None:
    with connected() as connection:
        (setting,) = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    assert setting == (False,)
