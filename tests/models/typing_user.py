"""A user's own file: natural lines, which type checkers must have nothing against. Checked, never run."""

from __future__ import annotations

import datetime

import attrs

from maia_scim import MaiaScim
from maia_scim.models import Email, GroupMember, Meta, Name, PhoneNumber, ScimGroup, ScimUser, UserGroupType


def promote(user: ScimUser, today: datetime.date) -> ScimUser:
    user.title = "Principal Engineer"
    user.nick_name = None
    user.active = True
    if user.name is None:
        user.name = Name()
    user.name.given_name = "Ada"
    print(user.name.family_name or "(no family name)")
    user.emails.append(Email(value="ada@example.com", type_="work", primary=True))
    user.emails = [email for email in user.emails if email.value and email.value.endswith("@example.com")]
    user.phone_numbers.sort(key=lambda number: number.value or "")
    addresses = {email.value: email.primary for email in user.emails}
    print(sorted(address for address in addresses if address), len(user.roles))
    if user.meta and user.meta.created:
        age: datetime.timedelta = today - user.meta.created.date()
        print(age.days, user.meta.created.isoformat(), (user.meta.version or "").strip('W/"'))
    for group in user.groups:
        if group.type_ in (UserGroupType.DIRECT, UserGroupType("direct")):
            print(group.display, group.ref)
        elif group.type_ and not group.type_.is_known:
            print("a kind of membership that is new:", group.type_.value)
    user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] = {"costCenter": "4130"}
    if "urn:example:badge" in user:
        del user["urn:example:badge"]
    again = ScimUser.from_dict(user.to_dict())
    assert again == user
    return attrs.evolve(user, user_name=(user.user_name or "").lower(), phone_numbers=[PhoneNumber(value="7")])


def newcomer(group: ScimGroup) -> ScimUser:
    group.members.append(GroupMember(value="u-1", type_="USER"))
    with MaiaScim(region="eu1") as maia:
        changed = maia.users.replace(ScimUser(id="u-1", user_name="ada", active=True, meta=Meta()))
        print(changed.id, changed.meta.last_modified if changed.meta else None)
        return changed
