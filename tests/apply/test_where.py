"""Which users a filter means, over what a directory answers, however oddly."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import ScimFilter, User

from maia_scim.apply.domains import domain_of, in_ascii, in_unicode
from maia_scim.apply.where import Where
from tests.apply.ada import ADA, BADGE, ada
from tests.apply.conftest import CORE, ENTERPRISE


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("active eq true", True),
        ("ACTIVE EQ TRUE", True),
        ("active ne true", False),
        ('active eq "True"', True),
        ('active == "false"', False),
        ('userName eq "ada@OLD.example"', True),
        ('username ew "@old.example"', True),
        ('userName sw "@old"', False),
        ('userName co "@OLD"', True),
        ('userName gt "ad"', True),
        ('userName le "ada"', False),
        (f'{CORE}:userName sw "ada"', True),
        (f'{CORE.upper()}:USERNAME sw "ada"', True),
        ('id eq "ab1"', False),
        ('id eq "Ab1"', True),
        ('externalId eq "x-7"', False),
        ('emails.value co "HOME"', True),
        ('emails co "home"', True),
        ('emails[type eq "work" and value ew "@a.example"]', True),
        ('emails[type eq "home" and value ew "@a.example"]', False),
        ('emails[type eq "HOME"].value sw "ada"', True),
        ('emails[type eq "work" and primary eq "true"]', True),
        ("emails[not (type pr)]", False),
        ('emails.type eq "home" and emails.type eq "work"', True),
        ('emails.type ne "work"', False),
        ('emails.type ne "fax"', True),
        ('name.familyName sw "ä" and not (title pr)', True),
        ('NAME.FAMILYNAME eq "A\u0308PFEL"', True),
        ("title pr or nickName pr", False),
        ("title eq null and phoneNumbers eq null and userType eq null and nickName eq null", True),
        ("title ne null", False),
        ("userName ne null", True),
        ('title ne "x"', True),
        ('title eq "x" or title co "x" or title gt "x"', False),
        ("name pr", True),
        ("emails pr", True),
        ("phoneNumbers pr", False),
        ('groups.value eq "G1"', True),
        ('groups.value eq "g1"', False),
        ('groups.display eq "ADMINS"', True),
        (f'schemas eq "{ENTERPRISE}"', True),
        (f'schemas[value eq "{ENTERPRISE}"]', True),
        (f'schemas.value eq "{BADGE}"', False),
        # Extensions.
        (f'{ENTERPRISE}:department eq "OPS"', True),
        (f'{ENTERPRISE.lower()}:DEPARTMENT eq "ops"', True),
        (f'{ENTERPRISE}:employeeNumber eq "7"', False),
        (f"{ENTERPRISE}:employeeNumber ge 7", True),
        (f'{ENTERPRISE}:manager.value eq "m1"', False),
        (f'{ENTERPRISE}:manager eq "M1"', True),
        (f'{ENTERPRISE}:manager eq "m1"', False),
        (f'{ENTERPRISE}:manager.displayName eq "bob"', True),
        (f"{ENTERPRISE} pr", True),
        ("urn:example:other:1.0:User pr", False),
        ("urn:example:other:1.0:User:a eq null", True),
        (f"{BADGE}:level eq 7", True),
        (f"{BADGE}:level gt 6.5 and {BADGE}:level lt 8", True),
        (f'{BADGE}:level eq "7"', True),
        (f"{BADGE}:level eq true", False),
        (f'{BADGE}:codes eq "a"', False),
        (f'{BADGE}:codes.value eq "A"', True),
        (f'{BADGE}:codes[value eq "b"]', True),
        (f'{BADGE}:keys[id eq "k" and open eq false]', True),
        (f'{BADGE}:keys[id eq "K"]', False),
        (f'{BADGE}:keys.open eq "False"', True),
        (f'{BADGE}:since eq "2024-03-01T10:00:00Z"', True),
        (f'{BADGE}:since lt "2024-03-01T11:00:00Z"', True),
        (f'{BADGE}:since sw "2024-03-01t12"', False),
        (f'{BADGE}:since sw "2024-03-01T12"', True),
        (f'{BADGE}:since sw "2024-03-01T12:00"', True),
        # Moments.
        ('meta.lastModified gt "2024-01-01T00:00:00Z"', True),
        ('meta.lastModified lt "2024-01-01T00:00:00-01:00"', True),
        ('meta.lastModified ge "2024-01-01T00:00:00.500"', True),
        ('meta.created eq "2023-06-01T08:00:00Z"', True),
        ('meta.created eq "2023-06-01T10:00:00Z"', False),
        ('meta.created lt "2023-06-02"', True),
        ('meta.created ge "2023-06-01"', True),
        ('meta.created sw "2023-06"', True),
        ('meta.version eq "w/\\"a\\""', False),
        # Domains.
        ('userName.domain == "old.example"', True),
        ('userName.DOMAIN == "OLD.example."', True),
        ('emails.domain == "A.example"', True),
        ('emails.domain != "a.example"', False),
        ('emails.domain=="home.example"', True),
        ('emails.domain ew ".example"', True),
        ('emails.domain eq "example"', False),
        ('emails.domain sw "hom."', False),
        ("emails.domain pr", True),
        ('emails[domain == "home.example" and type == "home"]', True),
        ('emails[domain == "home.example" and type == "work"]', False),
        # Words and blanks.
        ('userName\u00a0eq\n"ada@old.example"\tand\r\nactive==true', True),
        ('title == "==" or userName != "a == b"', True),
        ("((((active eq true))))", True),
        ('active eq true and title pr or userName sw "ada"', True),
        ('active eq true and (title pr or userName sw "x")', False),
    ],
)
def test_a_filter_means(text, meant):
    assert Where(text)(ADA) is meant
    assert Where(f"not ({text})")(ADA) is not meant


@pytest.mark.parametrize(
    ("text", "changes", "meant"),
    [
        ("active eq true", {"active": "True"}, True),
        ("active eq false", {"active": "false"}, True),
        ("active eq false", {"active": None}, False),
        ("active ne true", {"active": []}, True),
        ("active eq true", {"active": "maybe"}, False),
        ('emails.value eq "a@b.example"', {"emails": ["A@b.example", 7, None]}, True),
        ('emails[value eq "a@b.example"]', {"emails": ["A@b.example"]}, True),
        ('emails.type eq "work"', {"emails": ["a@b.example"]}, False),
        ('emails.domain == "b.example"', {"emails": ["a@B.example"]}, True),
        ('emails.domain == "b.example"', {"emails": {"Value": "a@b.example"}}, True),
        ('emails[type eq "x"]', {"emails": {"value": "a@b.example", "type": "x"}}, True),
        ('emails.domain == "b.example"', {"emails": ["a@c@b.example"]}, True),
        ('emails.domain == "c"', {"emails": ["a@c@b.example"]}, False),
        ("emails.domain pr", {"emails": ["nobody", "nobody@", 7, {"value": None}, {}]}, False),
        ('emails.domain != "b.example"', {"emails": None}, True),
        ('userName.domain == "old.example"', {"userName": "CORP\\ada"}, False),
        ('userName eq "CORP\\\\ada"', {"userName": "corp\\ada"}, True),
        ('name.familyName eq "x"', {"name": "x"}, False),
        ('name.familyName eq "x"', {"name": None}, False),
        ('externalId eq "7"', {"externalId": 7}, True),
        ("externalId eq null", {"externalId": 0}, False),
        ('externalId eq "\u00f6"', {"externalId": "o\u0308"}, True),
        ('title eq "true"', {"title": True}, True),
        (f'{ENTERPRISE}:manager.value eq "M2"', {ENTERPRISE: {"manager": "M2"}}, True),
        (f'{ENTERPRISE}:department eq "x"', {ENTERPRISE: "x"}, False),
        (f"{BADGE}:level eq 9007199254740993", {BADGE: {"level": 9007199254740992}}, False),
        (f"{BADGE}:level eq 9007199254740993", {BADGE: {"level": 9007199254740993}}, True),
        (f"{BADGE}:level gt 5", {BADGE: {"level": "10"}}, True),
        (f"{BADGE}:level gt 5", {BADGE: {"level": True}}, False),
        (f'{BADGE}:level gt "5"', {BADGE: {"level": True}}, True),
        (f"{BADGE}:level eq true", {BADGE: {"level": "TRUE"}}, True),
        (f"{BADGE}:level eq true", {BADGE: {"level": 1}}, False),
        (f'{BADGE}:level eq "True"', {BADGE: {"level": True}}, True),
        (f'{BADGE}:since gt "2024-01-01T00:00:00Z"', {BADGE: {"since": "never"}}, True),
        (f'{BADGE}:since gt "2024-01-01T00:00:00Z"', {BADGE: {"since": [2025]}}, True),
        *[
            ('meta.created gt "2024-01-01T00:00:00Z"', {"meta": {"created": moment}}, meant)
            for moment, meant in [
                ([2024, 1, 1, 0, 1], True),
                ([2023, 12, 31, 23, 59, 59, 999999999], False),
                ([10**30, 1, 1], False),
                ([], False),
                (1704067201, True),
                (1704067199999, False),
                ("1704067200001", True),
                ("2024-01-01T00:30:00", True),
                ("2023-12-31T23:30:00", False),
                ("2024-01-01T00:30:00+01:00", False),
                ("2023-12-31T23:59:60Z", False),
                ("0001-01-01T00:00:00+14:00", False),
                ("9999-12-31T23:59:59-14:00", True),
                ("never", False),
                (True, False),
                ({"a": 1}, False),
                (None, False),
            ]
        ],
        ('meta.created ne "2024-01-01T00:00:00Z"', {"meta": {"created": "never"}}, True),
        ('meta.created sw "2024"', {"meta": {"created": [2024, 1, 1]}}, False),
        ('meta.created gt "2024-01-01"', {"meta": "x"}, False),
    ],
)
def test_odd_answers_are_taken_for_what_they_mean(text, changes, meant):
    assert Where(text)(ada(**changes)) is meant


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.Example", "XN--MNCHEN-3YA.EXAMPLE"),
        ("mu\u0308nchen.example", "münchen.example."),
        ("straße.example", "xn--strae-oqa.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("\uff4fld\u3002example", "old.example"),
        ("xn--.example", "XN--.example"),
        ("xn--99999999999.example", "xn--99999999999.example"),
    ],
)
def test_a_domain_has_two_forms(one, other):
    for left, right in ((one, other), (other, one)):
        assert Where(f'userName.domain == "{left}"')({"userName": f"a@{right}"})
        assert not Where(f'userName.domain != "{left}"')({"userName": f"a@{right}"})


@pytest.mark.parametrize(
    ("text", "domain", "meant"),
    [
        ('userName.domain == "strasse.example"', "straße.example", False),
        ('userName.domain == "strasse.example"', "xn--strae-oqa.example", False),
        ('userName.domain == "ascii.example"', "xn--ascii-.example", False),
        ('userName.domain sw "mün"', "xn--mnchen-3ya.example", True),
        ('userName.domain co "XN--MN"', "münchen.example", True),
        ('userName.domain ew "münchen.example"', "mail.xn--mnchen-3ya.example", True),
        ('userName.domain sw "old."', "older.example", False),
    ],
)
def test_domains_are_not_taken_for_others(text, domain, meant):
    assert Where(text)({"userName": f"a@{domain}"}) is meant


def test_a_label_that_is_too_long_to_be_one_stays_as_it_is():
    label = "xn--" + "".join(chr(0x4E00 + 37 * n) for n in range(40)).encode("punycode").decode()
    assert in_unicode(label) == label
    assert in_ascii("ü" * 100) == "ü" * 100


# Against others.


TERMS = st.sampled_from(
    [
        "active eq true",
        "active ne false",
        'userName sw "a"',
        'userName co "OLD"',
        'title eq "X"',
        "title pr",
        'emails.type eq "work"',
        'emails[type eq "work" and value co "a"]',
        'name.familyName ge "m"',
        'externalId eq "e"',
    ]
)
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) and ({two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"{two[0]} or {two[1]}"),
    ),
    max_leaves=5,
)
TEXTS = st.sampled_from(["a", "A", "old", "X", "x", "e", "E", "zoo"])
USERS = st.fixed_dictionaries(
    {"userName": TEXTS},
    optional={
        "active": st.booleans(),
        "title": TEXTS,
        "externalId": TEXTS,
        "name": st.fixed_dictionaries({"familyName": TEXTS}),
        "emails": st.lists(
            st.fixed_dictionaries(
                {"value": TEXTS.map(lambda text: f"{text}@a.example"), "type": st.sampled_from(["work", "home"])}
            ),
            min_size=1,
            max_size=2,
        ),
    },
)


@settings(max_examples=100, deadline=None)
@given(FILTERS, USERS)
def test_it_agrees_with_scim2_models(text, user):
    assert Where(text)(user) is ScimFilter[User[Any]](text).match(User.model_validate(user))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "type", "created", "department", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
ALL = [
    Where(text)
    for text in (
        'meta.created gt "2024-01-01T00:00:00Z"',
        'meta.created sw "2024"',
        'emails[domain == "b" and type ne "work"]',
        'userName.domain co "x"',
        "active eq true",
        'name.familyName lt "m"',
        f'{ENTERPRISE}:department eq "2024-01-01T00:00:00Z"',
        f"{ENTERPRISE}:department gt 5",
        f"{ENTERPRISE}:department.value eq true",
        'schemas[value ew "x"]',
    )
]


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["meta", "Emails", "userName", "active", "name", "schemas", ENTERPRISE]), JSON))
def test_no_answer_makes_it_fail(user):
    for where in ALL:
        assert isinstance(where(user), bool)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=12) | st.sampled_from(["active", "title", "eq", "==", "(", "pr"]), st.text(max_size=12))
def test_each_text_is_a_filter_or_told_of(start, end):
    for text in (start + end, f"{start} pr {end}", f"userName eq {json.dumps(start)}{end}"):
        with suppress(ValueError):
            Where(text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=10))
def test_both_forms_of_a_domain_are_one(label):
    domain = in_unicode(f"{label}.example")
    assert in_unicode(in_ascii(domain)) == domain == in_unicode(domain)
    assert domain_of(f"a@{in_ascii(domain)}") == domain
