"""How a command ends: the codes, which error gets which, and which message."""

import errno

import click
import pytest

from maia_scim import errors
from maia_scim.cli import exits
from maia_scim.cli.exits import Ending, Failed, Interrupted, Stopped, Unknown, Writes, Wrong, answered, worst
from maia_scim.events import Attempt, CallEnd


def test_the_codes_are_those_that_are_documented():
    codes = (exits.DONE, exits.FAILED, exits.WRONG, exits.STOPPED, exits.UNKNOWN, exits.INTERRUPTED)
    assert codes == (0, 1, 2, 3, 4, 130)
    assert [each.exit_code for each in (Failed, Wrong, Stopped, Unknown, Interrupted)] == [1, 2, 3, 4, 130]


def ended(error, writes=None) -> Ending:
    with pytest.raises(Ending) as caught, answered(writes):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigurationError("no region"), 2),
        (errors.TokenError("no token"), 1),
        (errors.LossyReplace("lossy", paths=("title",)), 3),
        (errors.TransportError("no connection", outcome="not_sent"), 1),
        (errors.TransportError("timeout", outcome="unknown"), 4),
        (errors.NotFound("404", outcome="refused", status=404), 1),
        (errors.ServerError("500", outcome="unknown", status=500), 4),
        (errors.EditConflict("conflict", outcome="not_sent", status=412), 1),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 3),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_has_its_code(error, code):
    assert ended(error).exit_code == code


def test_an_unknown_outcome_says_what_to_do():
    assert "read it again before you do it again" in ended(errors.TransportError("no", outcome="unknown")).message


def test_what_is_unknown_of_a_read_is_no_unknown_write():
    assert ended(errors.TransportError("timeout", outcome="unknown"), Writes()).exit_code == 1


def test_a_lossy_replace_names_ten_paths_at_most():
    message = ended(errors.LossyReplace("", paths=tuple(f"a{number}" for number in range(12)))).message
    assert "a9 and 2 more would be cleared" in message
    assert "a10" not in message


def test_once_something_was_written_an_error_of_the_sdk_is_a_bug_and_stays_one():
    from maia_scim.resources import resource_id

    writes = Writes()
    assert type(ended_by(lambda: resource_id("", "user"), writes)) is Wrong
    writes.last = "PUT …/Users/{id}"
    with pytest.raises(ValueError, match="empty"), answered(writes):
        resource_id("", "user")


def ended_by(action, writes) -> Ending:
    with pytest.raises(Ending) as caught, answered(writes):
        action()
    return caught.value


def test_arguments_that_the_sdk_refuses_are_wrong_and_bugs_are_bugs():
    from maia_scim.resources import resource_id

    with pytest.raises(Wrong, match="is no id of a user"), answered():
        resource_id("../x", "user")
    with pytest.raises(ValueError, match="a bug"), answered():
        raise ValueError("a bug")
    with pytest.raises(FileNotFoundError), answered():
        raise FileNotFoundError


def event(method, outcome="done"):
    return CallEnd(method, "/Users/{id}", 1, 0.1, None, None, outcome, None)


def test_an_interrupted_write_is_told():
    writes = Writes()
    assert ended(KeyboardInterrupt(), writes).message == "interrupted"
    writes.note(event("GET", "unknown"))
    assert (writes.last, writes.uncertain) == (None, None)
    writes.note(event("PATCH"))
    assert (writes.last, writes.uncertain) == ("PATCH /Users/{id}", None)
    assert ended(KeyboardInterrupt(), writes).message == "interrupted"
    writes.note(event("PATCH", "unknown"))
    assert "interrupted during PATCH /Users/{id}. It is not known" in ended(KeyboardInterrupt(), writes).message
    fresh = Writes()
    fresh.note(Attempt("PUT", "/Users/{id}", 1, 0.1, 500, None, None))
    assert fresh.last == "PUT /Users/{id}"


def test_the_worst_code_counts():
    assert worst([]) == 0
    assert worst([1, 4, 0]) == 4
    assert worst([3, 2, 1]) == 1
    assert worst([0, 3]) == 3
    assert worst([4, 130]) == 130


def test_a_message_cannot_control_the_terminal(capsys):
    Failed("the service says \x1b[2J\x9b31m\u202e hello\nand goes on").show()

    assert capsys.readouterr().err == "Error: the service says \\x1b[2J\\x9b31m\\u202e hello\nand goes on\n"
