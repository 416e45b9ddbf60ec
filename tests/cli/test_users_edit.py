"""``maia-scim users edit``: the editor, the text that is never lost, and what is written."""

import json
import stat
from pathlib import Path

import pytest

from maia_scim.sandbox import Sandbox
from maia_scim.sandbox.faults import Body
from tests.cli.command import BARBARA, NOBODY, at_terminal, invoke, script, spawn, writes
from tests.support.canary import PASSWORD

SET_TITLE = "path.write_text(path.read_text('utf-8').replace('Tour Guide', 'Data Engineer'), 'utf-8')"
MEANWHILE = """
from maia_scim import MaiaScim, patch
with MaiaScim() as maia:
    maia.users.patch({id!r}, patch.replace({path!r}, {value!r}))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the text is, as long as it is edited and after."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """Makes an editor of Python code."""

    def make(code, name="editor.py"):
        monkeypatch.setenv("EDITOR", script(tmp_path, name, code))

    return make


def edit(*options, **how):
    return at_terminal("users", "edit", BARBARA, *options, **how)


def kept(folder):
    """The texts that are there."""
    return [*folder.iterdir()]


def test_what_was_changed_is_shown_asked_for_and_written(sandbox, folder, editor, tmp_path):
    seen = tmp_path / "seen.json"
    editor(
        f"import os\npathlib.Path({str(seen)!r}).write_bytes(path.read_bytes())\n"
        f"pathlib.Path({str(seen)!r}).chmod(path.stat().st_mode & 0o777)\n{SET_TITLE}"
    )
    before = sandbox.users[BARBARA]
    ran = edit(answers={"[y/N]": "y\n"})

    assert ran.code == 0, ran.err
    assert ran.data == sandbox.users[BARBARA]
    assert {**before, "title": "Data Engineer", "meta": 0} == {**ran.data, "meta": 0}
    title = f"no profile · {sandbox.base_url} · client id {sandbox.client_id}"
    assert "~ title  Tour Guide → Data Engineer" in ran.err
    assert f"Write this user ({title})? [y/N]" in ran.err
    assert ran.err.endswith("Written.\n")
    assert json.loads(seen.read_text("utf-8")) == before
    assert seen.read_text("utf-8").startswith('{\n  "')
    assert stat.S_IMODE(seen.stat().st_mode) == 0o600
    assert kept(folder) == []
    [put] = writes(sandbox)
    assert (put.method, put.if_match) == ("PUT", 'W/"1"')


def test_visual_comes_before_editor(sandbox, folder, editor, tmp_path, monkeypatch):
    editor("sys.exit(3)")
    monkeypatch.setenv("VISUAL", script(tmp_path, "visual.py", SET_TITLE))

    assert edit("--yes").code == 0
    assert sandbox.users[BARBARA]["title"] == "Data Engineer"


def test_nothing_changed_sends_nothing(sandbox, folder, editor):
    editor("path.write_text(path.read_text('utf-8') + '\\n', 'utf-8')")
    ran = edit()

    assert (ran.code, ran.err) == (0, "Nothing changed, nothing was written.\n")
    assert ran.data["id"] == BARBARA
    assert not writes(sandbox)
    assert kept(folder) == []


def test_a_no_keeps_the_text(sandbox, folder, editor):
    editor(SET_TITLE)
    ran = edit(answers={"[y/N]": "n\n"})

    assert (ran.code, ran.out) == (3, "")
    assert not writes(sandbox)
    [file] = kept(folder)
    assert f"Your text is in {file}" in ran.err
    assert json.loads(file.read_text("utf-8"))["title"] == "Data Engineer"


def test_what_is_no_json_can_be_mended(sandbox, folder, editor):
    editor(
        "text = path.read_text('utf-8')\n"
        'broken = \'"title" "Tour Guide"\'\n'
        'mended = text.replace(broken, \'"title": "Pilot"\') if broken in text else '
        'text.replace(\'"title": "Tour Guide"\', broken)\n'
        "path.write_text(mended, 'utf-8')"
    )
    ran = edit(answers={"Edit it again (no profile": "y\n", "Write this user (no profile": "y\n"})

    assert ran.code == 0, ran.err
    assert "line 20, column 11: it is no JSON: Expecting ':' delimiter" in ran.err
    assert sandbox.users[BARBARA]["title"] == "Pilot"
    assert kept(folder) == []


@pytest.mark.parametrize("text", ["{nope", "[]", ""])
def test_what_is_no_user_is_kept_when_it_is_not_mended(text, sandbox, folder, editor):
    editor(f"path.write_text({text!r})")
    ran = edit(answers={"Edit it again (no profile": "n\n"})

    assert (ran.code, ran.out) == (3, "")
    [file] = kept(folder)
    assert file.read_text() == text
    assert str(file) in ran.err
    assert not writes(sandbox)


def test_an_editor_that_fails_stops_it(sandbox, folder, editor):
    editor("path.write_text('half'); sys.exit(1)")
    ran = edit()

    assert (ran.code, ran.out) == (3, "")
    assert "nothing was written" in ran.err
    assert "Traceback" not in ran.err
    assert not writes(sandbox)
    [file] = kept(folder)
    assert f"Your text is in {file}" in ran.err
    assert file.read_text() == "half"


@pytest.mark.parametrize("command", ["/no/such/editor", "'", " ", "false"])
def test_an_editor_that_cannot_be_run_stops_it_and_leaves_nothing(command, sandbox, folder):
    ran = edit(environment={"EDITOR": command})

    assert (ran.code, ran.out) == (3, "")
    *shell, told = ran.err.splitlines()
    assert told.startswith("Error: nothing was written: ")
    # Before click 8.2 an editor is run by a shell, which has its own say.
    assert [line for line in shell if not line.startswith("/bin/sh: ")] == []
    assert kept(folder) == []


def test_an_editor_that_ends_at_once_is_told_to_wait(sandbox, folder, editor):
    editor("pass")
    ran = edit("--yes")

    assert ran.code == 0
    assert "EDITOR='code --wait'" in ran.err
    assert ran.err.endswith("Nothing changed, nothing was written.\n")
    assert kept(folder) == []


def test_a_file_that_the_editor_took_away_is_told(sandbox, folder, editor):
    editor("path.unlink()")
    ran = edit("--yes")

    assert (ran.code, ran.out) == (3, "")
    assert "cannot be read: No such file or directory" in ran.err
    assert "Your text" not in ran.err


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("path.write_bytes(path.read_bytes() + b'\\xff')", "it is no UTF-8"),
        ("path.write_text(path.read_text('utf-8').replace('\"Tour Guide\"', 'NaN'), 'utf-8')", "JSON"),
        ("path.write_text('[]')", "a user as one JSON object is needed"),
    ],
    ids=["latin", "nan", "array"],
)
def test_what_cannot_be_written_is_kept(code, message, sandbox, folder, editor):
    editor(code)
    for options in (["--yes"], ["--dry-run"]):
        ran = spawn("users", "edit", BARBARA, *options, input="")

        assert (ran.code, ran.out) == (2, "")
        [file] = kept(folder)
        assert message in ran.err
        assert f"Your text is in {file}" in ran.err
        assert "--yes is needed" not in ran.err
        assert not writes(sandbox)
        file.unlink()


def test_a_text_in_another_utf_is_read(sandbox, folder, editor):
    editor("path.write_text(path.read_text('utf-8').replace('Tour Guide', 'X'), 'utf-16')")

    assert edit("--yes").code == 0
    assert sandbox.users[BARBARA]["title"] == "X"


def test_what_others_change_meanwhile_stays(sandbox, folder, editor):
    editor(SET_TITLE + MEANWHILE.format(id=BARBARA, path="nickName", value="Barb"))
    ran = edit("--yes")

    assert ran.code == 0, ran.err
    user = sandbox.users[BARBARA]
    assert (user["title"], user["nickName"]) == ("Data Engineer", "Barb")


def test_a_conflict_is_shown_and_keeps_the_text(sandbox, folder, editor):
    editor(SET_TITLE + MEANWHILE.format(id=BARBARA, path="title", value="Pilot"))
    ran = edit("--yes")

    assert (ran.code, ran.out) == (1, "")
    assert sandbox.users[BARBARA]["title"] == "Pilot"
    [file] = kept(folder)
    lines = ran.err.splitlines()
    at = lines.index("  title")
    assert lines[at + 1 : at + 4] == ["    it was  Tour Guide", "    you     Data Engineer", "    others  Pilot"]
    assert f"Your text is in {file}" in ran.err
    assert "somebody else changed title" in lines[-1]
    assert ".conflicts" not in ran.err  # which a command has not
    assert json.loads(file.read_text("utf-8"))["title"] == "Data Engineer"


def test_without_versions_a_second_look_finds_the_conflict(folder, editor, monkeypatch):
    editor(SET_TITLE + MEANWHILE.format(id=BARBARA, path="title", value="Pilot"))
    with Sandbox(personality="scimple") as sandbox:
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        assert edit("--yes").code == 1
        assert sandbox.users[BARBARA]["title"] == "Pilot"


def test_a_write_of_which_nobody_knows_keeps_the_text(sandbox, folder, editor):
    editor(SET_TITLE)
    sandbox.inject(Body.empty(), on="users.replace", times=None)
    ran = edit("--yes")

    assert (ran.code, ran.out) == (4, "")
    assert "read it again" in ran.err
    assert len(kept(folder)) == 1


def test_what_is_taken_out_is_cleared(sandbox, folder, editor):
    editor(
        "import json\nuser = json.loads(path.read_text('utf-8'))\ndel user['nickName'], user['name']['middleName']\n"
        "path.write_text(json.dumps(user))"
    )
    ran = edit("--yes")

    assert ran.code == 0, ran.err
    assert "nickName" not in sandbox.users[BARBARA]
    assert "middleName" not in sandbox.users[BARBARA]["name"]
    assert writes(sandbox)[0].json["nickName"] is None


def test_active_is_not_left_out_by_mistake(sandbox, folder, editor):
    editor(
        "import json\nuser = json.loads(path.read_text('utf-8'))\ndel user['active']\npath.write_text(json.dumps(user))"
    )
    for option in ("--yes", "--dry-run"):
        ran = edit(option)
        assert ran.code == 3, ran.err
        assert "active would be cleared" in ran.err
        assert not writes(sandbox)


def test_what_the_service_sets_is_left_as_it_is(sandbox, folder, editor):
    editor(
        "import json\nuser = json.loads(path.read_text('utf-8'))\n"
        "user.update(id='7', title='Pilot')\ndel user['groups']\npath.write_text(json.dumps(user))"
    )
    before = sandbox.users[BARBARA]
    ran = edit("--yes")

    assert ran.code == 0, ran.err
    assert "id is set by the service" in ran.err
    assert "groups is set by the service" in ran.err
    assert ran.data["title"] == "Pilot"
    assert sandbox.users[BARBARA]["groups"] == before["groups"]


@pytest.mark.keeps_secrets("password", "file temporary/*", reason="it is the text of whoever typed it")
def test_a_dry_run_opens_the_editor_and_writes_nothing(sandbox, folder, editor, monkeypatch):
    monkeypatch.setenv("TYPED", PASSWORD)
    editor(
        "import json, os\nuser = json.loads(path.read_text('utf-8'))\n"
        "user.update(title='Pilot', password=os.environ['TYPED'])\npath.write_text(json.dumps(user))"
    )
    ran = spawn("users", "edit", BARBARA, "--dry-run")

    assert ran.code == 0, ran.err
    assert ran.data["request"]["method"] == "PUT"
    assert ran.data["request"]["headers"] == {"If-Match": 'W/"1"'}
    assert ran.data["request"]["body"]["password"] == "***"
    assert ran.data["changes"] == [
        {"path": "title", "before": "Tour Guide", "after": "Pilot"},
        {"path": "password", "before": None, "after": "***"},
    ]
    assert not writes(sandbox)
    [file] = kept(folder)
    assert f"Your text is in {file}" in ran.err
    file.unlink()
    editor("path.write_text(path.read_text('utf-8') + '\\n', 'utf-8')")
    assert spawn("users", "edit", BARBARA, "--dry-run").data["request"] is None
    assert kept(folder) == [], "there is nothing to keep"


def test_it_is_refused_before_the_editor_where_nobody_can_be_asked(sandbox, folder, editor, tmp_path):
    editor(f"pathlib.Path({str(tmp_path / 'opened')!r}).touch()")
    ran = spawn("users", "edit", BARBARA, input="")

    assert (ran.code, ran.out) == (2, "")
    assert "--yes is needed" in ran.err
    assert not Path(tmp_path / "opened").exists()
    assert not sandbox.requests


def test_a_user_that_is_not_there_opens_no_editor(sandbox, folder, editor, tmp_path):
    editor(f"pathlib.Path({str(tmp_path / 'opened')!r}).touch()")
    ran = invoke("users", "edit", NOBODY, "--yes")

    assert (ran.code, ran.out) == (1, "")
    assert "404" in ran.err
    assert not Path(tmp_path / "opened").exists()
