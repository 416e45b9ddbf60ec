"""Which account a command is about, and the client for it. Nothing is read, asked or imported before it is needed."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import click

from maia_scim.cli.exits import Writes, Wrong, answered
from maia_scim.cli.lazy import PROFILE
from maia_scim.cli.options import not_blank
from maia_scim.cli.output import say, warn
from maia_scim.cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from maia_scim import MaiaScim
    from maia_scim.auth import TokenSource
    from maia_scim.cli.profile_store import Profile
    from maia_scim.config import Place
    from maia_scim.events import Event
    from maia_scim.index import Index, IndexRefused

P = ParamSpec("P")
R = TypeVar("R")

VARIABLE = "MAIA_PROFILE"
INDEX = "MAIA_INDEX"
# The variables by which the environment says where the service is, and who calls. A secret alone names nobody.
PLACES = ("MAIA_BASE_URL", "MAIA_REGION", "MATILLION_API_URL", "MATILLION_REGION")
ACCOUNTS = ("MAIA_TOKEN", "MAIA_CLIENT_ID", "MATILLION_CLIENT_ID")
_LONG = 2.0  # seconds that somebody at a terminal wonders about


class Connection:
    """An account in a region, as options, profiles and the environment say.

    Args:
        profile: The profile that was named, by an option or ``MAIA_PROFILE``.
        region: The region that was named.
        base_url: The address that was named.
        verbose: Whether requests are told on standard error.

    Attributes:
        writes: What is known of the writes of its clients.
    """

    def __init__(
        self,
        *,
        profile: str | None = None,
        region: str | None = None,
        base_url: str | None = None,
        verbose: bool = False,
    ) -> None:
        if region and base_url:
            raise Wrong("--region and --base-url are both given: one of them says where the service is")
        self._named = profile
        self._region, self._base_url = region, base_url
        self._verbose = verbose
        self.writes = Writes()
        self._index: Index | None = None
        self._no_index: IndexRefused | None = None

    @property
    def profile(self) -> str | None:
        """The name of the profile, or None where the environment says all."""
        return self._profile.name if self._profile else None

    @property
    def title(self) -> str:
        """One line that says which profile, region or address, and account it is."""
        where = f"profile {self.profile}" if self.profile else "no profile"
        return plain(f"{where} · {self.region_name or self.base_url} · {self.account}")

    @property
    def region_name(self) -> str | None:
        """The name of the region, or None at any other address."""
        return self._place.region.value if self._place.region else None

    @property
    def base_url(self) -> str:
        """The address of the service."""
        return self._place.base_url

    @property
    def account(self) -> str:
        """Who calls: ``client id …``, or ``token from MAIA_TOKEN``."""
        if self._profile:
            return f"client id {self._profile.client_id}"
        client_id = getattr(self.auth, "client_id", None)
        return f"client id {client_id}" if client_id else "token from MAIA_TOKEN"

    @property
    def facts(self) -> dict[str, str | None]:
        """The same as JSON, for plans."""
        return {
            "profile": self.profile,
            "region": self.region_name,
            "baseUrl": self.base_url,
            "account": self.account,
        }

    def client(self, **options: Any) -> MaiaScim:
        """Make a client; a context manager. It feeds the index, if there is one.

        Args:
            options: As of ``MaiaScim``; they win over what the profile says.
        """
        from maia_scim import MaiaScim, RateLimit

        place = self._place
        settings: dict[str, Any] = {"base_url": place.base_url, "auth": self.auth, "on_event": self.tell}
        if self._profile and "http_client" not in options:
            settings["ipv4_only"] = self._profile.ipv4_only
        if self._profile and self._profile.per_minute:
            settings["rate_limit"] = RateLimit(self._profile.per_minute)
        maia = MaiaScim(**settings | options)
        index = self._opened(maia)
        return index.feed(maia) if index else maia

    @property
    def index_file(self) -> Path:
        """Where the index of the account is, whether or not there is one."""
        from hashlib import sha256
        from pathlib import Path

        named = os.environ.get(INDEX, "").strip()
        if named:
            return Path(named).expanduser()
        place, account = self.base_url, self.auth.account
        if account.startswith(("token-", "callable-")):  # the next token of the account has another name
            account = "token"
        key = sha256(f"{place}\n{account}".encode()).hexdigest()[:16]
        return Path(click.get_app_dir("maia-scim")) / "index" / f"{key}.sqlite"

    @property
    def index(self) -> Index | None:
        """The index of the account; None if there is none.

        Raises:
            IndexRefused: If it cannot be used.
        """
        if self._index is None and self.index_file.is_file():
            self.client().close()
        if self._no_index is not None:
            raise self._no_index
        return self._index

    def make_index(self) -> Index:
        """The index of the account, which is made if there is none.

        Raises:
            IndexRefused: If it cannot be used.
        """
        found = self.index
        if found is not None:
            return found
        from maia_scim.index import Index

        with suppress(OSError):  # the index says what is wrong with the folder
            self.index_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.client() as maia:
            self._index = Index.open(self.index_file, maia)
        return self._index

    def close(self) -> None:
        """Write what the index was shown, and close it."""
        if self._index is not None:
            self._index.close()
            self._index = None

    def _opened(self, maia: MaiaScim) -> Index | None:
        """The index, for a client. One that cannot be used is warned of, once, and keeps nobody from the rest."""
        if self._index is not None or self._no_index is not None or not self.index_file.is_file():
            return self._index
        from maia_scim.index import Index, IndexRefused

        try:
            self._index = Index.open(self.index_file, maia, create=False)
        except IndexRefused as error:
            self._no_index = error
            warn(f"the index is not used: {error}")
        return self._index

    @property
    def ipv4_only(self) -> bool:
        """Whether to go out over IPv4 only."""
        return bool(self._profile and self._profile.ipv4_only)

    @property
    def token_url(self) -> str | None:
        """The token endpoint, where there is one."""
        return cast("str | None", getattr(self.auth, "token_url", None))

    @cached_property
    def _profile(self) -> Profile | None:
        from maia_scim.cli.profile_store import load

        if self._named:
            return load().named(self._named)
        if any(os.environ.get(name, "").strip() for name in (*PLACES, *ACCOUNTS)):
            return None
        profiles = load()
        return profiles.named(profiles.default) if profiles.default else None

    @cached_property
    def _place(self) -> Place:
        from maia_scim.config import find_place

        if self._region or self._base_url:
            return find_place(self._region, self._base_url)
        if self._profile:
            return find_place(self._profile.region, self._profile.base_url)
        if not any(os.environ.get(name, "").strip() for name in PLACES):
            raise Wrong(
                "it is not said where the service is: name a profile (--profile NAME, see `maia-scim profiles`), or a "
                "region (--region eu1 or us1), or set MAIA_REGION"
            )
        return find_place(None, None)

    @cached_property
    def auth(self) -> TokenSource:
        """Where tokens come from. A secret that is to be asked for is asked for here, once."""
        from maia_scim.auth import ClientCredentials, find_auth
        from maia_scim.config import AUDIENCE, TOKEN_URL

        profile = self._profile
        if profile is None:
            if not any(os.environ.get(name, "").strip() for name in (*ACCOUNTS, "MAIA_CLIENT_SECRET")):
                raise Wrong(
                    "it is not said who calls: name a profile (--profile NAME, see `maia-scim profiles`), or set "
                    "MAIA_CLIENT_ID and MAIA_CLIENT_SECRET, or MAIA_TOKEN"
                )
            return find_auth()
        from maia_scim.cli.secret_places import read

        # What the environment says of token endpoint and audience is of another account, maybe of a sandbox.
        return ClientCredentials(
            client_id=profile.client_id,
            client_secret=read(profile, self.title),
            token_url=profile.token_url or TOKEN_URL,
            audience=profile.audience or AUDIENCE,
            cache=os.environ.get("MAIA_TOKEN_CACHE", "").strip() or None,
        )

    def tell(self, event: Event) -> None:
        """Take note of what a client does, and tell it if it takes long or everything is to be told."""
        from maia_scim.events import Wait

        self.writes.note(event)
        if self._verbose:
            from maia_scim.cli.telling import told

            say(plain(told(event)))
        elif isinstance(event, Wait) and event.seconds >= _LONG:
            why = {"limit": "the rate limit", "gate": "the service asks to wait", "retry": "before the next try"}
            say(f"Waiting {event.seconds:.0f} s: {why[event.reason]}.")


def connected(function: Callable[P, R]) -> Callable[..., R]:
    """Give a command the options that say which account it is about, and the function the argument ``connection``.

    ``--profile`` may stand before the command, too. Errors of the SDK end the command as told in ``exits``.
    """

    @click.option(
        "--profile",
        metavar="NAME",
        callback=not_blank,
        shell_complete=complete_profiles,
        help=f"Profile to use; also before the command, or as {VARIABLE}.",
    )
    @click.option(
        "--region",
        metavar="NAME",
        callback=not_blank,
        help="Region of the account, eu1 or us1, instead of the profile's.",
    )
    @click.option(
        "--base-url",
        metavar="URL",
        callback=not_blank,
        help="Any other address of the service, instead of the profile's.",
    )
    @click.option("-v", "--verbose", is_flag=True, help="Tell each request on standard error, with its request id.")
    @wraps(function)
    def command(
        *args: Any, profile: str | None, region: str | None, base_url: str | None, verbose: bool, **kwargs: Any
    ) -> R:
        connection = Connection(profile=_chosen(profile), region=region, base_url=base_url, verbose=verbose)
        with answered(connection.writes), closing(connection):
            return cast("Callable[..., R]", function)(*args, connection=connection, **kwargs)

    return command


def complete_profiles(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The names of profiles that begin so, for a shell."""
    from maia_scim.cli.profile_store import load

    try:
        return [name for name in load().all if name.startswith(incomplete)]
    except Wrong:
        return []


def _chosen(profile: str | None) -> str | None:
    """The profile that is named nearest to the command."""
    above: str | None = click.get_current_context().meta.get(PROFILE)
    return profile or above or os.environ.get(VARIABLE, "").strip() or None


__all__ = ["Connection", "complete_profiles", "connected"]
