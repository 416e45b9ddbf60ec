"""The methods of ``client.groups``, blocking and awaited. What they do stands in ``lives``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import lives, operations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .core import Core, Guard
    from .drive import Run, RunAsync
    from .models import GroupMember, PatchOperation, ScimGroup, ScimUser

    Member = str | ScimUser | GroupMember


class Groups:
    """The groups of an account (RFC 7643 section 4.2). ``client.groups`` is one.

    A group carries a role in an account, a project or an environment: its members are its permissions. Errors are those
    of ``client.users``.
    """

    def __init__(self, core: Core, run: Run) -> None:
        self._core, self._run = core, run

    def get(self, id: str) -> ScimGroup:
        """Read a group (GET; RFC 7644 section 3.4.1).

        Args:
            id: The group's id.

        Raises:
            NotFound: If there is no such group in this account and region.
        """
        return self._run(lives.get(self._core, operations.groups(), id))

    def replace(
        self, group: ScimGroup, *, id: str | None = None, if_match: str | None = None, guard: Guard | None = None
    ) -> ScimGroup:
        """Replace a group by what ``group`` says (PUT; RFC 7644 section 3.5.1). Whoever is left out is out.

        Args:
            group: The whole group, members included. What was read goes back as it came.
            id: The id to write to; that of ``group`` if not given.
            if_match: Write only if the group is still at this version (``meta.version``).
            guard: As of ``users.replace``; a body without ``members`` is told of.

        Returns:
            The group as the service holds it now.

        Raises:
            LossyReplace: By the guards ``raise`` and ``check``. Nothing was written.
            PreconditionFailed: If the group is at another version.
        """
        return self._run(
            lives.replace(self._core, operations.groups(), resource=group, id=id, if_match=if_match, guard=guard)
        )

    def patch(
        self, id: str, *changes: PatchOperation | Iterable[PatchOperation], if_match: str | None = None
    ) -> ScimGroup:
        """Change some attributes of a group (PATCH; RFC 7644 section 3.5.2).

        Args:
            id: The group's id.
            changes: Operations, as ``maia_scim.patch`` makes them. They are checked before anything is sent.
            if_match: Write only if the group is still at this version.

        Returns:
            The group as the service holds it now.

        Raises:
            ValueError: If an operation is not valid. Nothing was sent.
        """
        return self._run(lives.patch(self._core, operations.groups(), id, changes, if_match))

    def add_members(self, id: str, *members: Member, if_match: str | None = None) -> ScimGroup:
        """Add members to a group. Nothing is written for those who are in it.

        Args:
            id: The group's id.
            members: Ids, users or members of groups.
            if_match: Write only if the group is still at this version.

        Returns:
            The group as the service holds it now.

        Raises:
            UnexpectedResponse: If the service says it did so, and the members are not those there were and these.
        """
        return self._run(lives.change_members(self._core, id, members, add=True, if_match=if_match))

    def remove_members(self, id: str, *members: Member, if_match: str | None = None) -> ScimGroup:
        """Remove members from a group. Nothing is written for those who are not in it.

        Args:
            id: The group's id.
            members: Ids, users or members of groups.
            if_match: Write only if the group is still at this version.

        Returns:
            The group as the service holds it now.

        Raises:
            UnexpectedResponse: If the service says it did so, and the members are not those there were without these.
        """
        return self._run(lives.change_members(self._core, id, members, add=False, if_match=if_match))


class AsyncGroups:
    """The groups of an account (RFC 7643 section 4.2). ``client.groups`` of an async client is one; see ``Groups``."""

    def __init__(self, core: Core, run: RunAsync) -> None:
        self._core, self._run = core, run

    async def get(self, id: str) -> ScimGroup:
        """Read a group; as ``Groups.get``."""
        return await self._run(lives.get(self._core, operations.groups(), id))

    async def replace(
        self, group: ScimGroup, *, id: str | None = None, if_match: str | None = None, guard: Guard | None = None
    ) -> ScimGroup:
        """Replace a group by what ``group`` says; as ``Groups.replace``."""
        return await self._run(
            lives.replace(self._core, operations.groups(), resource=group, id=id, if_match=if_match, guard=guard)
        )

    async def patch(
        self, id: str, *changes: PatchOperation | Iterable[PatchOperation], if_match: str | None = None
    ) -> ScimGroup:
        """Change some attributes of a group; as ``Groups.patch``."""
        return await self._run(lives.patch(self._core, operations.groups(), id, changes, if_match))

    async def add_members(self, id: str, *members: Member, if_match: str | None = None) -> ScimGroup:
        """Add members to a group; as ``Groups.add_members``."""
        return await self._run(lives.change_members(self._core, id, members, add=True, if_match=if_match))

    async def remove_members(self, id: str, *members: Member, if_match: str | None = None) -> ScimGroup:
        """Remove members from a group; as ``Groups.remove_members``."""
        return await self._run(lives.change_members(self._core, id, members, add=False, if_match=if_match))
