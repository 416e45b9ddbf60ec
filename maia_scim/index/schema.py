"""The tables of an index, and the statements that change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .model import By, Kind

APPLICATION: Final = 0x4D414958  # "MAIX", in the header of each file
FORMAT: Final = 1

SCHEMA: Final = """
CREATE TABLE about (
    base_url TEXT NOT NULL,
    account TEXT NOT NULL,
    made TEXT NOT NULL
);
CREATE TABLE seen (
    key INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,         -- user, or group
    id TEXT NOT NULL,
    at TEXT NOT NULL,           -- when
    whole INTEGER NOT NULL,     -- 0 of one that only another's answer spoke of
    name TEXT,                  -- userName; of a group displayName
    emails TEXT,                -- JSON
    external_id TEXT,
    display_name TEXT,
    role TEXT,
    active INTEGER,
    members INTEGER NOT NULL DEFAULT 0  -- of a group: whether it is known who is in it
);
CREATE INDEX seen_by_id ON seen (kind, id COLLATE NOCASE);
CREATE TABLE name (
    folded TEXT NOT NULL,
    attribute INTEGER NOT NULL, -- its place in ATTRIBUTES
    key INTEGER NOT NULL,
    PRIMARY KEY (folded, attribute, key)
) WITHOUT ROWID;
CREATE TABLE member (
    grp TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    direct INTEGER NOT NULL,
    by_user INTEGER NOT NULL,   -- 1 where only the member's own answer says so
    PRIMARY KEY (grp, id)
) WITHOUT ROWID;
CREATE INDEX member_by_id ON member (id);
"""

# What has names: kind, attribute, and the column that holds it. A name is looked for in this order.
ATTRIBUTES: Final[tuple[tuple[Kind, By, str], ...]] = (
    ("user", "userName", "name"),
    ("user", "emails", "emails"),
    ("user", "externalId", "external_id"),
    ("user", "displayName", "display_name"),
    ("group", "displayName", "name"),
    ("group", "externalId", "external_id"),
)
FIRST: Final[dict[Kind, int]] = {"user": 0, "group": 4}
LAST: Final[dict[Kind, int]] = {"user": 3, "group": 5}

KNOWN: Final = "SELECT * FROM seen WHERE kind = ? AND id = ? COLLATE NOCASE AND id = ?"
ADD: Final = """
INSERT INTO seen (kind, id, at, whole, name, emails, external_id, display_name, role, active)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
CHANGE: Final = """
UPDATE seen SET at = ?, whole = ?, name = ?, emails = ?, external_id = ?, display_name = ?, role = ?, active = ?
WHERE key = ?
"""
ADD_NAME: Final = "INSERT OR IGNORE INTO name VALUES (?, ?, ?)"
FORGET_NAME: Final = "DELETE FROM name WHERE folded = ? AND attribute = ? AND key = ?"
FORGET: Final = "DELETE FROM seen WHERE key = ?"
FORGET_MEMBER: Final = "DELETE FROM member WHERE id = ?"
FORGET_GROUP: Final = "DELETE FROM member WHERE grp = ?"
# Those of a group within it are told by its members alone.
CLEAR_MEMBERS: Final = "DELETE FROM member WHERE grp = ? AND (direct = 1 OR by_user = 0)"
CLEAR_GROUPS: Final = "DELETE FROM member WHERE id = ? AND by_user = 1"
ADD_MEMBER: Final = "INSERT OR REPLACE INTO member VALUES (?, ?, ?, 1, 0)"
ADD_GROUP: Final = "INSERT OR IGNORE INTO member VALUES (?, ?, 'user', ?, 1)"
MEMBERS_KNOWN: Final = "UPDATE seen SET members = 1 WHERE kind = 'group' AND id = ? COLLATE NOCASE AND id = ?"

BY_ID: Final = "SELECT * FROM seen WHERE kind = ? AND id = ? COLLATE NOCASE ORDER BY id LIMIT 100"
IS_ID: Final = "SELECT 1 FROM seen WHERE kind IN ('user', 'group') AND id = ? COLLATE NOCASE"
BY_NAME: Final = """
SELECT seen.*, name.attribute FROM name JOIN seen USING (key)
WHERE name.folded = ? AND name.attribute BETWEEN ? AND ? ORDER BY name.attribute, seen.id
"""
PAGE: Final = "SELECT * FROM seen WHERE key > ? AND +kind = ? ORDER BY key LIMIT 500"
OLD: Final = "SELECT kind, id FROM seen WHERE at < ?"
COUNT: Final = """
SELECT coalesce(sum(kind = 'user'), 0), coalesce(sum(kind = 'user' AND name IS NOT NULL), 0),
    coalesce(sum(kind = 'group'), 0), (SELECT count(*) FROM member), min(at), max(at)
FROM seen
"""
