"""Exports of directories that are given, without a server."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from maia_scim import BearerToken, MaiaScim, apply
from maia_scim.apply.export import Exported, export
from maia_scim.apply.whom import Whom

FORMATS = ("csv", "jsonl", "json")
Json = dict[str, Any]


class Directory:
    """A directory of users and groups as they are given, without a server."""

    def __init__(self, users: Iterable[Json], groups: Iterable[Json] = ()) -> None:
        self.held = {each["id"]: each for each in (*users, *groups)}
        self.asked: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        id = request.url.path.rpartition("/")[2]
        self.asked.append(id)
        if id not in self.held:
            return httpx.Response(404, json={"status": "404"})
        if "status" in self.held[id]:
            return httpx.Response(self.held[id]["status"], json={})
        # In ASCII, so that half a character gets through, too.
        return httpx.Response(200, content=json.dumps(self.held[id]), headers={"Content-Type": "application/json"})

    def client(self) -> MaiaScim:
        http = httpx.Client(transport=httpx.MockTransport(self.answer))
        where = "https://directory.example/scim"
        return MaiaScim(base_url=where, auth=BearerToken("x"), http_client=http, rate_limit=None)


def exported(client: MaiaScim, whom: Whom | Iterable[str], format: Any = "csv") -> tuple[bytes, Exported]:
    out = io.BytesIO()
    made = export(client, whom if isinstance(whom, Whom) else Whom(ids=whom), out, format)
    return out.getvalue(), made


def check(client: MaiaScim, ids: list[str], folder: Path) -> dict[str, Exported]:
    """Export, and see that nothing comes of applying it."""
    made: dict[str, Exported] = {}
    for format in FORMATS:
        content, told = exported(client, ids, format)
        made[format] = told
        assert told.count + told.left_out.users == len(ids)
        file = folder / f"people.{format}"
        file.write_bytes(content)
        for clear_empty in (False, True) if told.count else ():
            with apply.plan(client, file, clear_empty=clear_empty, exact_case=True) as plan:
                found = [(entry.id, entry.state, entry.changes) for entry in plan.entries()]
                assert [each for each in found if each[1] != "unchanged"] == [], (format, clear_empty)
                assert len(found) == told.count
    return made


def rows_of(users: Iterable[Json], /, **wanted: Any) -> list[dict[str, str]]:
    """The CSV of users that are put into a directory."""
    users = numbered(users)
    with Directory(users).client() as client:
        content, made = exported(client, [user["id"] for user in users])
    assert {name: getattr(made.left_out, name) for name in wanted} == wanted
    return [*csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))]


def record(user: Json) -> Any:
    """The JSON Lines of a user that is put into a directory."""
    with Directory([user if "id" in user else {"id": "1", **user}]).client() as client:
        return json.loads(exported(client, ["1"], "jsonl")[0])


def numbered(users: Iterable[Json]) -> list[Json]:
    return [{"id": f"id-{number}", **user} for number, user in enumerate(users)]
