"""Filters that are wrong or without end, and what they are told."""

from __future__ import annotations

import builtins
import copy
import re
import sys
from typing import Any

import pytest

from maia_scim import errors, filters
from maia_scim.apply.where import Where
from tests.apply.ada import ADA, BADGE
from tests.apply.conftest import CORE, ENTERPRISE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('usrName eq "x"', "a user has no attribute 'usrName': did you mean userName?"),
        ('user_name eq "x"', "did you mean userName?"),
        ('not (title pr and usrName eq "x")', "did you mean userName?"),
        ("email.value pr", "did you mean emails.value?"),
        ("firstName pr", "did you mean name.givenName?"),
        ("lastModified pr", "did you mean meta.lastModified?"),
        ('department eq "Ops"', f"did you mean {ENTERPRISE}:department?"),
        ("xyzzy pr", "one of an extension has its URN before it, as in urn:…:User:xyzzy"),
        ("emails.valeu pr", "it has emails.display, emails.primary, emails.type, emails.value, emails.domain"),
        ("emails[valeu pr]", "emails has no part 'valeu'"),
        ("userName.value pr", "userName has no part 'value': write userName"),
        ("title.domain pr", "title has no part 'domain'"),
        ("emails[value.x pr]", "in the brackets of emails stand its parts, as in x"),
        ("emails[urn:x:value pr]", "without a schema: urn:x:value is none"),
        ("name[familyName pr]", "name is no array, which a filter in brackets needs: write name.familyName"),
        ("userName[value pr]", "userName is no array, which a filter in brackets needs: write userName"),
        ("urn:ietf:params:scim:schemas:core:2.0:Group:members pr", "is in no schema of users"),
        (f"{CORE} pr", "is in no schema of users"),
        ("password pr", "no service tells passwords"),
        ("urn:example:1.0:User:Password pr", "no service tells passwords"),
        # Values that are of another type, or say nothing.
        ('name eq "x"', "name is compared by its parts: name.familyName"),
        ('addresses co "x"', "addresses is compared by its parts: addresses.country"),
        (f'{ENTERPRISE} eq "x"', "is an extension as a whole"),
        ("active gt true", "active is true or false: write active eq true, or active eq false"),
        ('active eq "yes"', "active is true or false"),
        ("active eq 1", "active is true or false"),
        ("userName eq 5", 'userName is text: write userName eq "5"'),
        ("emails.primary eq 0", "emails.primary is true or false"),
        ("title co true", 'title is text: write title co "true"'),
        ("title gt null", "title gt null says nothing: write title pr"),
        ("title co null", "title co null says nothing"),
        ('userName ew ""', 'userName ew "" is true of each text: write userName pr if that is meant'),
        ('userName eq "CORP\\babs"', "the text for userName holds U+0008: a backslash in it is written twice"),
        ('meta.created gt "2024"', 'meta.created is a date and time: write meta.created gt "2024-01-31T08:00:00Z"'),
        ("meta.created gt 1704067200", "meta.created is a date and time"),
        ('meta.created gt "2024-13-01"', "meta.created is a date and time"),
        ('emails.domain eq "@old.example"', "emails.domain is what stands behind the @"),
        ('emails.domain gt "a"', "compared by eq, ne, co, sw and ew"),
        ('emails.domain eq " "', "emails.domain is what stands behind the @"),
        ("userName.domain eq true", "userName.domain is what stands behind the @"),
        (f"{BADGE}:level co 5", f'co compares texts: write {BADGE}:level co "5"'),
        (f"{BADGE}:level gt true", "gt does not compare booleans"),
        # Syntax.
        ("userType eq Employee", "character 13: 'Employee' stands where a text in double quotes"),
        ("userName=='x'", "character 11: \"'x'\" stands where a text in double quotes"),
        ("userName=='x'", "the quotes around a text are plain double ones"),
        ('title == "a" and\n\tuserName==“x”', "character 29: '“x”' stands"),
        ("title == old and", "character 10: 'old and' stands"),
        (
            'userName = "a"',
            "character 10: '= \"a\"' stands where one of eq, ne, co, sw, ew, gt, ge, lt, le and pr belongs",
        ),
        ('userName = "a"', "equal is eq or =="),
        ('userName contains "a"', "character 10: 'contains \"a\"' stands where one of eq"),
        ("title pr && active eq true", "character 10: '&& active eq true' stands where and or or belongs"),
        ("title pr && active eq true", "it is spelled and"),
        ("title pr || active eq true", "it is spelled or"),
        ("!active", "it is spelled not ( … )"),
        ('userName eq "a', "character 13: '\"a' stands where a text in double quotes"),
        ('userName eq "a', "is the quote closed, and each backslash within written twice?"),
        ('userName eq "CORP\\ada"', "each backslash within written twice?"),
        ("not title pr", "character 5: 'title pr' stands where ( belongs, as in not (title pr)"),
        ("usr", "character 4: it ends where one of eq"),
        ("userName eq ", "character 13: it ends where a text in double quotes"),
        ("(title pr", "character 10: it ends where ) belongs"),
        ("title pr)", "character 9: ')' stands where nothing more belongs"),
        ("", "character 1: it ends where an attribute"),
        ("title pr and", "character 13: it ends where an attribute, ( or not ( belongs"),
        ("emails[type pr", "it ends where and or or belongs, or a closing bracket"),
        ("emails.value[a pr]", "cannot apply to the sub-attribute"),
        (f"{BADGE}:level eq 1e999", "number out of range"),
        (f"{BADGE}:level eq {'1' * 5000}", "the filter: "),
        ("x", 'A filter is such as active eq true and emails.domain eq "old.example"'),
    ],
)
def test_what_is_wrong_is_told(text, said):
    with pytest.raises(ValueError, match=re.escape(said)) as told:
        Where(text)
    assert len(str(told.value)) < 1000
    assert "\n" not in str(told.value)


def test_filters_without_end_are_refused():
    assert Where("(" * 4000 + "active eq true" + ")" * 4000)(ADA)
    assert Where(" or ".join(["title pr"] * 700 + ["active eq true"]))(ADA)
    with pytest.raises(ValueError, match="nests more than 32"):
        Where("not (" * 40 + "title pr" + ")" * 40)
    with pytest.raises(ValueError, match="nests more than 32"):
        Where("not (" * 1600 + "title pr" + ")" * 1600)
    with pytest.raises(ValueError, match="it has 10008 characters, and at most 10000 are read"):
        Where("title pr" + " " * 10_000)
    assert Where("title pr" + " " * 9_992).text.startswith("title pr ")
    with pytest.raises(ValueError, match="a user has no attribute") as told:
        Where("a" * 9_000 + " pr")
    assert len(str(told.value)) < 1000


def test_deep_answers_are_looked_through():
    deep: Any = []
    for _ in range(50_000):
        deep = [{"a": deep}]
    assert not Where(f"{BADGE} pr")({BADGE: {"a": deep}})
    assert Where(f"{BADGE} pr")({BADGE: {"a": deep, "b": 0}})


def test_the_example_of_the_messages_is_a_filter():
    with pytest.raises(ValueError, match="A filter is such as") as told:
        Where("")
    assert repr(Where(str(told.value).partition("such as ")[2])).startswith("Where('active eq true")


def test_without_its_package_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == "scim2_models":
            raise ModuleNotFoundError("No module named 'scim2_models'", name="scim2_models")
        return real(name, *args, **kwargs)

    for name in [each for each in sys.modules if each.split(".")[0] == "scim2_models"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(errors.ConfigurationError, match=r"pip install 'maia-scim\[filter\]'"):
        Where("title pr")


def test_a_user_may_be_any_mapping_and_stays_as_it_is():
    from types import MappingProxyType

    before = copy.deepcopy(ADA)
    assert Where('emails.domain == "a.example"')(MappingProxyType(ADA))
    assert before == ADA


def test_what_is_no_part_of_a_filter():
    with pytest.raises(TypeError, match="int is no part of a filter"):
        filters.test_of(5, None)  # type: ignore[arg-type]
