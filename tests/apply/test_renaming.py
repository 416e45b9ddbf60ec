"""New names for users: by a pattern, by pairs of a file, and whether anybody has them already."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maia_scim.apply.collisions import Renamed, collisions
from maia_scim.apply.columns import target
from maia_scim.apply.errors import InvalidFile
from maia_scim.apply.model import Setting
from maia_scim.apply.renaming import Pair, Pairs, Renaming, names_of
from maia_scim.apply.wanted import changed, changes_of
from maia_scim.text import fold

BABS: dict[str, Any] = {
    "id": "1",
    "userName": "Babs@OLD.example",
    "displayName": "babs@old.example",
    "emails": [
        {"value": "babs@old.example", "type": "work", "primary": True, "x-seen": [1]},
        {"value": "babs@home.example", "type": "home"},
    ],
}
TOMBSTONE = "0123456789abcdef0123456789ABCDEF"


def babs(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(BABS), **changes}


def renamed(user: dict[str, Any], by: Renaming | Pairs) -> dict[str, Any]:
    return changed(user, changes_of(user, by.settings(user)))


# By a pattern.


def test_a_pattern_renames_the_user_name_and_the_addresses_together():
    before = copy.deepcopy(BABS)
    found = Renaming(r"@old\.example$", "@new.example").settings(BABS)
    assert found == (
        Setting(target("userName"), "Babs@new.example"),
        Setting(target("emails"), [{**BABS["emails"][0], "value": "babs@new.example"}, BABS["emails"][1]]),
    )
    assert before == BABS
    assert renamed(BABS, Renaming(r"@old\.example$", "@new.example")) == babs(
        userName="Babs@new.example", emails=found[1].value
    )


@pytest.mark.parametrize(
    ("pattern", "to", "name", "new"),
    [
        (r"@old\.example$", "@new.example", "ada@old.example", "ada@new.example"),
        (r"@OLD\.example$", "@new.example", "Ada@Old.Example", "Ada@new.example"),
        (r"^(\w)\w*\.(\w+)@.*$", r"\1\2@new.example", "ada.byron@old.example", "abyron@new.example"),
        (r"(?P<who>.+)@old", r"\g<who>@new", "ada@old.example", "ada@new.example"),
        ("a", "o", "anna@a.example", "onna@a.example"),
        (r"(?=@)", ".ext", "ada@a.example", "ada.ext@a.example"),
        (r"^CORP\\(.+)$", r"\1@corp.example", "CORP\\ada", "ada@corp.example"),
        ("ö", "oe", "bjo\u0308rn", "bjoern"),
        ("bjo\u0308rn", "bjorn", "björn", "bjorn"),
        ("o", "o\u0308", "bjorn", "björn"),
        ("@old", "", "ada@old@a.example", "ada@a.example"),
        ("babs", "BABS", "babs", "BABS"),
        ("^(?-i:B)", "b", "Babs", "babs"),
    ],
)
def test_a_name_by_a_pattern(pattern, to, name, new):
    by = Renaming(pattern, to)
    assert by.settings({"userName": name}) == (Setting(target("userName"), new),)
    assert by.settings({"USERNAME": None, "Emails": [name, {"VALUE": name, "type": "x"}]}) == (
        Setting(target("emails"), [new, {"VALUE": new, "type": "x"}]),
    )


@pytest.mark.parametrize(
    "user",
    [
        {},
        {"userName": None, "emails": None},
        {"userName": 7, "emails": [7, None, [], {}, {"value": None}, {"type": "work"}]},
        {"userName": "ada@other.example", "emails": [{"value": "ada@other.example"}]},
        {"userName": "jo\u0308@other.example"},
        {"userName": f"{TOMBSTONE}ada@old.example", "emails": [{"value": "ada@old.example"}]},
    ],
)
def test_what_is_not_renamed(user):
    assert Renaming("@old", "@new").settings(user) == ()
    assert Pairs([Pair(2, "ada@old.example", "ada@new.example")]).settings(user) == ()


def test_what_stays_the_same_is_no_setting():
    assert Renaming("example$", "example").settings(BABS) == ()
    assert [each.target.path for each in Renaming("^Babs@OLD", "x@y").settings(babs(emails=[]))] == ["userName"]


def test_an_address_that_stands_alone_is_taken_for_an_array():
    user = babs(userName="x", emails={"value": "a@old.example", "type": "work"})
    assert Renaming("old", "new").settings(user) == (
        Setting(target("emails"), [{"value": "a@new.example", "type": "work"}]),
    )
    assert names_of(user) == ("x", "a@old.example")


@pytest.mark.parametrize(
    ("pattern", "to", "name", "said"),
    [
        (".+", "", "ada", "ada would become '': that is empty"),
        (".+", "  ", "ada", "ada would become ' ': that is empty"),
        ("a$", " ", "ada", "has blanks around it: leave them out"),
        ("^a", "\u00a0", "ada", "has blanks around it"),
        ("d", " ", "ada@a.example", "holds U+0020 (space), which is not seen"),
        ("d", r"\t", "ada", "holds a tab (U+0009)"),
        ("d", "\u200b", "ada", "holds U+200B (zero width space)"),
        ("d", "\ud800", "ada", "half a character"),
        ("^", TOMBSTONE, "ada@a.example", "is the name of a deleted account"),
        ("@.*", "", "ada@a.example", "that is no e-mail address, and the old one is"),
        ("^.*@", "@", "ada@a.example", "that is no e-mail address, and the old one is"),
        ("@.*", "@", "ada@a.example", "that is no e-mail address"),
        ("d", "@", "ada@a.example", "that is no e-mail address"),
        ("d", "x", "d" * 501, "has 501 characters: a pattern is tried on at most 500"),
    ],
)
def test_a_new_name_that_cannot_be_one(pattern, to, name, said):
    by = Renaming("(?!^$)" + pattern, to)  # which is found in no empty text
    for user in ({"userName": name}, {"emails": [{"value": name}]}):
        with pytest.raises(ValueError, match=re.escape(said)):
            by.settings(user)
    assert Renaming("zzz", "x").settings({"userName": "d" * 500}) == ()


def test_two_addresses_of_a_user_do_not_become_one():
    both = babs(emails=[{"value": "babs@old.example"}, "Babs@New.example"])
    with pytest.raises(ValueError, match=r"babs@new.example|would be an e-mail address twice"):
        Renaming("@old", "@new").settings(both)
    same = babs(emails=[{"value": "babs@old.example", "type": "work"}, {"value": "BABS@old.example", "type": "home"}])
    assert len(Renaming("@old", "@new").settings(same)) == 2


@pytest.mark.parametrize(
    ("pattern", "to", "said"),
    [
        ("(", "x", "'(' is no regular expression: missing ), unterminated subpattern"),
        ("*", "x", "nothing to repeat"),
        ("a{99999999999}", "x", "is no regular expression"),
        ("", "x", "'' is found in an empty text, and so in each name: say what is to be replaced"),
        ("x*", "x", "is found in an empty text"),
        ("^", "x", "is found in an empty text"),
        ("$", "@a.example", "is found in an empty text"),
        ("(a)", r"\2", r"'\\2' cannot take the place of what is found: invalid group reference 2"),
        ("(a)", r"\g<who>", "unknown group name"),
        ("a", r"\d", "bad escape"),
        ("(a)", "$1", "'$1' has $1: what a group found is written \\1, or \\g<name>"),
        ("(a)", "x${who}", "has ${who}: what a group found"),
        ("(a)", "$&", "has $&: what a group found"),
    ],
)
def test_a_pattern_or_replacement_that_is_none(pattern, to, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        Renaming(pattern, to)


def test_a_dollar_may_be_in_a_name():
    assert Renaming("a", "$x").settings({"userName": "a"}) == (Setting(target("userName"), "$x"),)
    assert repr(Renaming("a", "$x")) == "Renaming('a', '$x')"


# By pairs.


@pytest.fixture
def read(tmp_path):
    """Read pairs of a text or bytes."""

    def of(content, **options):
        file = tmp_path / "pairs.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Pairs.read(file, **options)

    return of


@pytest.mark.parametrize(
    "content",
    [
        "old,new\na@x.example,b@x.example\nc,d\n",
        "OLD;New\r\na@x.example;b@x.example\r\n\r\nc;d",
        "old\tnew\na@x.example\tb@x.example\n\t\nc\td\n",
        "old|new\ra@x.example|b@x.example\r\rc|d\r",
        "sep=;\n\nold;new\na@x.example;b@x.example\n;\nc;d",
        '"sep=,"\nold,new\na@x.example,b@x.example\n,\nc,d',
        "\ufeffold,new\na@x.example,b@x.example\n\nc,d\n",
        '"a, note","New", "old"\n"x\ny", b@x.example ,a@x.example\n,"d", c\n',
        "new,why,old,\nb@x.example,,a@x.example,,\n\nd,,c\n",
    ],
)
def test_pairs_are_read(read, content):
    found = read(content)
    assert [pair[1:] for pair in found.pairs] == [("a@x.example", "b@x.example"), ("c", "d")]
    lines = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert all(old in "".join(lines[line - 1 : line + 1]) for old, line in found.olds.items())
    assert [*found.olds] == ["a@x.example", "c"]


def test_pairs_in_other_encodings(read):
    text = "old,new\nbjörn,bjoern\n"
    assert read(text.encode("utf-16")).pairs == (Pair(2, "björn", "bjoern"),)
    assert read(text.encode("cp1252"), encoding="cp1252").pairs == (Pair(2, "björn", "bjoern"),)
    with pytest.raises(InvalidFile, match=r"line 2: byte 10 of the file, 0xF6, is not UTF-8"):
        read(text.encode("cp1252"))
    with pytest.raises(ValueError, match="there is no encoding 'nope'"):
        read(text, encoding="nope")


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        (",b", ["line 2, column old: it is empty: a pair has both names"]),
        ("a", ["line 2, column new: it is empty: a pair has both names"]),
        ("a,b\n\nc, ", ["line 4, column new: it is empty: a pair has both names"]),
        ("a,b\nA,c", ["line 3, column old: A is in line 2, too: a name has one new name"]),
        (
            "bj\u00f6rn,b\nx,y\nBJO\u0308RN,c",
            ["line 4, column old: BJO\u0308RN is in line 2, too: a name has one new name"],
        ),
        ("a,X\nb,x", ["line 3, column new: x is what line 2 makes of another name, too"]),
        ("a,a", ["line 2, column new: it is the old name"]),
        ("\u00f6,o\u0308", ["line 2, column new: it is the old name"]),
        ("a,b\tc", ["line 2, column new: holds a tab (U+0009), which no text has: write it anew"]),
        ('a,"b\nc"\nd,\x07e', [
            "line 2, column new: holds a line break (U+000A), which no text has: write it anew",
            "line 4, column new: holds U+0007 (a control character), which no text has: write it anew"]),
        ("a\u200b,b", ["line 2, column old: holds U+200B (zero width space), which is not seen: write it anew"]),
        (f"a,{TOMBSTONE}b@x.example", [
            f"line 2, column new: {TOMBSTONE}b@x.example is the name of a deleted account, 32 hex digits before its "
            "address: leave the row out, or write the name that it had"]),
        (f"{TOMBSTONE}b@x.example,b@x.example", [
            f"line 2, column old: {TOMBSTONE}b@x.example is the name of a deleted account, 32 hex digits before its "
            "address: leave the row out, or write the name that it had"]),
        ("a@x.example,b", ["line 2, column new: b is no e-mail address, and a@x.example is"]),
        ("a,b,c", ["line 2: 3 cells, but the header has 2: a cell with a comma in it stands in quotes"]),
        ('a,"b', ["line 2: a quote is not closed: the file ends in a cell that begins in this row"]),
        ("", ["it has a header and no pairs"]),
    ],
)  # fmt: skip
def test_pairs_that_are_wrong(read, rows, faults):
    with pytest.raises(InvalidFile) as told:
        read(f"old,new\n{rows}")
    assert list(map(str, told.value.faults)) == faults


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty: its first row needs to be a header, with the columns old and new"),
        ("from,to\na,b", "line 1: there is no column old and no column new: the header needs the columns old and new"),
        ("old\na", "the header needs the columns old and new"),
        ("old,new,Old\na,b,c", "line 1, column old: the header has it twice"),
        ("old,new,NEW\na,b,c", "line 1, column new: the header has it twice"),
        ('"old,new\na,b', "line 1: the header does not end: is a quote not closed?"),
        ("PK\x03\x04", "an Excel workbook"),
    ],
)
def test_a_file_that_has_no_pairs(read, content, said):
    with pytest.raises(InvalidFile, match=re.escape(said)):
        read(content)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(InvalidFile, match=r"cannot be read: No such file"):
        Pairs.read(tmp_path / "nope.csv")


def test_many_faults_are_counted_and_some_kept(read):
    with pytest.raises(InvalidFile, match="1200 faults") as told:
        read("old,new\n" + "a,\n" + "".join(f"a{n},\n" for n in range(1199)))
    assert told.value.total == 1200
    assert len(told.value.faults) == 1000


def test_pairs_rename_what_equals_an_old_name():
    by = Pairs([Pair(2, "BABS@old.example", "barbara@new.example"), Pair(3, "babs@HOME.example", "b@home.example")])
    assert renamed(BABS, by) == babs(
        userName="barbara@new.example",
        emails=[
            {**BABS["emails"][0], "value": "barbara@new.example"},
            {**BABS["emails"][1], "value": "b@home.example"},
        ],
    )
    (one,) = by.settings(BABS, "babs@home.EXAMPLE")
    assert one == Setting(target("emails"), [BABS["emails"][0], {**BABS["emails"][1], "value": "b@home.example"}])
    assert by.settings(babs(userName="xbabs@old.example", emails=[])) == ()
    with pytest.raises(KeyError):
        by.settings(BABS, "nobody")


def test_pairs_are_not_followed_on():
    by = Pairs([Pair(2, "a", "b"), Pair(3, "b", "c")])
    assert by.settings({"userName": "a"}) == (Setting(target("userName"), "b"),)
    assert by.settings({"userName": "b"}) == (Setting(target("userName"), "c"),)


def test_a_pair_may_change_the_letter_case(read):
    by = read("old,new\nbabs,Babs\n")
    assert by.settings({"userName": "BABS"}) == (Setting(target("userName"), "Babs"),)
    assert by.settings({"userName": "Babs"}) == ()


# Collisions.


def told(*users, known=None):
    names = {fold(name): id for name, id in (known or {}).items()}
    return [(each.number, each.id, each.other, each.message) for each in collisions(iter(users), at(names))]


def at(names):
    return lambda name: names.get(fold(name))


def test_names_that_are_free_collide_with_none():
    one = Renamed(1, "1", ("a@old", "a@mail"), ("a@new", "a@mail"))
    two = Renamed(2, "2", ("b@old",), ("b@new",))
    assert told(one, two, known={"a@old": "1", "a@mail": "1", "b@old": "2", "c@new": "3"}) == []


def test_two_users_would_get_one_name():
    users = [Renamed(n, str(n), (f"{n}@old",), ("X@new" if n % 2 else "x@NEW",)) for n in (1, 2, 3)]
    assert told(*users) == [
        (2, "2", "1", "1 (1@old) and 2 (2@old) would both be called x@NEW"),
        (3, "3", "1", "1 (1@old) and 3 (3@old) would both be called X@new"),
    ]


def test_a_name_that_somebody_has():
    one = Renamed(1, "1", ("a@old",), ("Bj\u00f6rn@new", "a2@new"))
    said = "1 (a@old) would be called Björn@new, as 9 is"
    assert told(one, known={"BJO\u0308RN@NEW": "9"}) == [(1, "1", "9", said)]
    assert told(Renamed(1, "1", (), ("b",)), known={"b": "9"}) == [(1, "1", "9", "1 would be called b, as 9 is")]


def test_a_name_of_ones_own_is_free():
    one = Renamed(1, "1", ("A", "b@old"), ("a", "b@new"))
    assert told(one, known={"a": "1", "b@new": "1"}) == []
    assert told(Renamed(1, "1", ("A",), ("a",)), known={"a": "9"}) == []  # it has had it all along


def test_a_name_that_is_given_up_in_the_same_run_is_not_free():
    chain = [Renamed(1, "1", ("A",), ("B",)), Renamed(2, "2", ("b",), ("C",))]
    said = (
        "1 (A) would be called B, as 2 is until it is renamed in this run, too, in no certain order: "
        "rename that one in a run before"
    )
    assert told(*chain, known={"A": "1", "b": "2"}) == [(1, "1", "2", said)]
    assert told(*chain) == told(*reversed(chain)) == [(1, "1", "2", said)]
    swap = [Renamed(1, "1", ("A",), ("B",)), Renamed(2, "2", ("B",), ("A",))]
    assert [each[:3] for each in told(*swap)] == [(1, "1", "2"), (2, "2", "1")]


def test_a_name_that_is_kept_in_the_same_run():
    users = [Renamed(1, "1", ("a",), ("b",)), Renamed(2, "2", ("b", "x"), ("b", "y"))]
    assert told(*users) == [(1, "1", "2", "1 (a) would be called b, as 2 is")]


def test_what_was_read_counts_and_not_what_is_known():
    users = [Renamed(1, "1", ("a",), ("b",)), Renamed(2, "2", ("x",), ("y",))]
    assert told(*users, known={"b": "2"}) == []  # user 2 was read, and has it no more
    assert told(*users, known={"b": "3"}) == [(1, "1", "3", "1 (a) would be called b, as 3 is")]


def test_collisions_are_in_the_order_of_the_run():
    users = [Renamed(n, str(n), (f"o{n}",), (f"n{n}", "same")) for n in (3, 1, 2)]
    found = collisions(users, lambda name: "9" if name == "n1" else None)
    assert [(each.number, each.name) for each in found] == [(1, "n1"), (1, "same"), (2, "same")]


NAMES = st.sampled_from("abcdeABCDE")
RUNS = st.lists(st.tuples(st.sets(NAMES, min_size=1, max_size=2), st.sets(NAMES, min_size=1, max_size=2)), max_size=5)


@settings(max_examples=100, deadline=None)
@given(RUNS, st.dictionaries(st.sampled_from("abcde"), st.sampled_from(["1", "2", "3", "x", "y"])))
def test_a_run_without_collisions_can_be_written_in_any_order(run, known):
    users = [Renamed(n, str(n), tuple(sorted(old)), tuple(sorted(new))) for n, (old, new) in enumerate(run, 1)]
    gained = {each.id: set(map(fold, each.new)) - set(map(fold, each.old)) for each in users}
    had = {each.id: set(map(fold, each.old)) for each in users}
    had |= {id: {name for name, other in known.items() if other == id} for id in ("1", "2", "3", "x", "y")} | had
    clash = any(
        gained[one] & (had[other] | gained.get(other, set())) for one in gained for other in had if one != other
    )
    assert bool(collisions(users, lambda name: known.get(fold(name)))) is clash
