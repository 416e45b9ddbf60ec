"""The audit tells clean, not clean and not audited apart: the real pip-audit, asking a service on this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts import audit
from tests.supply.pinned import ROOT
from tests.supply.service import Service

FLAW = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fixed_in": ["2.1", "1.0.1"], "details": "It opens the door."}


@pytest.fixture
def service(tmp_path, monkeypatch):
    with Service() as service:
        service.authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
        monkeypatch.setenv("HTTPS_PROXY", service.url)
        monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "cache"))
        service.known = {"one": [], "two-words": []}
        yield service


@pytest.fixture
def pinned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pinned.txt").write_text("# two packages\none==1.0\nTwo_Words==2.0\n")
    return "pinned.txt"


def boxed(text):
    """What stands in the box, as one line."""
    lines = text.splitlines()
    assert lines[0] == lines[-1] == "#" * 100
    assert {len(line) for line in lines} == {100}
    return " ".join(line.strip("# ") for line in lines[1:-1])


def test_clean_says_how_many_were_audited(service, pinned, capsys):
    assert audit.main([pinned, "--required"]) == 0

    out, err = capsys.readouterr()
    assert out == f"{pinned}: 2 packages audited, no known vulnerability\n"
    assert err == ""
    assert sorted(service.asked) == [("one", "1.0"), ("two-words", "2.0")]


def test_a_vulnerability_fails_and_is_named_with_what_mends_it(service, pinned, capsys):
    service.known["one"] = [FLAW]

    assert audit.main([pinned]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert f"{pinned}: one 1.0: PYSEC-2026-1, mended in 1.0.1 or 2.1\n" in err
    assert "docs/supply-chain.md" in err


@pytest.mark.parametrize("vulnerabilities", [[], [FLAW]], ids=["clean", "vulnerable"])
def test_a_package_that_the_service_does_not_know_fails_beside_one_that_it_knows(
    service, pinned, capsys, vulnerabilities
):
    service.known = {"one": vulnerabilities}

    assert audit.main([pinned]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert f"{pinned}: two-words: Dependency not found" in err
    assert ("PYSEC-2026-1" in err) == bool(vulnerabilities)


@pytest.mark.parametrize("line", ["-e .", "two[more] == 2.0; python_version < '3'"])
def test_a_line_that_pip_audit_passes_over_fails(service, pinned, capsys, line):
    with Path(pinned).open("a") as file:
        file.write(f"{line}\n")

    assert audit.main([pinned]) == 1

    assert f"{pinned}: {line.partition(' ')[0].partition('[')[0]}: was not audited" in capsys.readouterr().err


def gone(service, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")


def ill(service, monkeypatch):
    service.status = 503


def strange(service, monkeypatch):
    service.known = {}


def hung_up(service, monkeypatch):
    service.ends_after = 1


@pytest.mark.parametrize("state", [gone, ill, strange, hung_up])
@pytest.mark.parametrize(("options", "code"), [([], 0), (["--required"], 1)], ids=["told", "required"])
def test_a_service_that_says_nothing_is_no_clean_audit(service, pinned, capsys, monkeypatch, state, options, code):
    state(service, monkeypatch)

    assert audit.main([pinned, *options]) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert boxed(err).startswith("NOT AUDITED: the service ")
    assert boxed(err).endswith(f"Nothing is known of the packages of {pinned}.")


def test_every_file_that_nothing_is_known_of_is_named(service, pinned, capsys):
    service.known = {}

    assert audit.main([pinned, "another.txt"]) == 0

    assert boxed(capsys.readouterr().err).endswith(f"Nothing is known of the packages of {pinned} and another.txt.")


def test_what_was_found_before_the_service_went_away_still_fails(service, pinned, capsys):
    service.known["one"] = [FLAW]
    service.ends_after = 2

    assert audit.main([pinned, pinned]) == 1

    err = capsys.readouterr().err
    assert "PYSEC-2026-1" in err
    assert "NOT AUDITED" in err


@pytest.mark.parametrize(
    "text", ["one>=1.0\n", "# nothing\n", None], ids=["not pinned", "nothing in it", "no such file"]
)
def test_a_file_that_cannot_be_read_is_not_taken_for_a_service_that_cannot(service, tmp_path, capsys, text):
    file = tmp_path / "other.txt"
    if text:
        file.write_text(text)

    assert audit.main([str(file)]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"audit: {file}: ")
    assert service.asked == []


def test_both_ends_are_audited_by_default(monkeypatch, capsys):
    audited = []

    def note(file):
        audited.append(file)
        return audit.Audit(audited=1)

    monkeypatch.setattr(audit, "audit", note)

    assert audit.main([]) == 0

    assert [str(each) for each in audited] == ["constraints.txt", "constraints-lowest.txt"]


@pytest.mark.parametrize(("asked", "option"), [([], False), (["AUDIT=required"], True)], ids=["by hand", "in CI"])
def test_make_hands_on_whether_an_audit_is_required(asked, option):
    command = ["make", "--dry-run", "--no-print-directory", "audit", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1].endswith(" -m scripts.audit " + "--required" * option)
