"""What there is before anything is sent: versions, proxies, certificates."""

from __future__ import annotations

import os
import platform
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from maia_scim.cli.checkup.proxies import named, shown
from maia_scim.cli.checkup.results import Findings, ok, warn, wrong
from maia_scim.cli.exits import Ending

if TYPE_CHECKING:
    from maia_scim.cli.checkup.bench import Bench
    from maia_scim.cli.checkup.results import Result

OTHER_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def versions(_bench: Bench) -> Result:
    """What takes part, and in which version; nothing can be wrong with it here."""
    import httpx
    from maia_public_api.spec import SPEC

    from maia_scim import __version__

    facts = {
        "maia-scim": __version__,
        "spec": SPEC.date,
        "python": platform.python_version(),
        "httpx": httpx.__version__,
        "openssl": ssl.OPENSSL_VERSION,
        "system": platform.platform(terse=True),
    }
    of_spec = f"spec of {SPEC.date}, sha256 {SPEC.sha256[:8]}"
    return ok(
        f"maia-scim {__version__} ({of_spec}), Python {facts['python']}, httpx {httpx.__version__}, "
        f"{ssl.OPENSSL_VERSION}, {facts['system']}",
        **facts,
    )


def environment(bench: Bench) -> Result:
    """Proxies and certificates that the environment names, and whether an HTTP client can be made of them."""
    from maia_scim.errors import ConfigurationError

    told = Findings()
    _proxies(told)
    _certificates(told)
    if not told.failed:
        try:
            _ = bench.recorder
        except ConfigurationError as error:
            told.add(wrong(str(error), "mend the variable that it is about, or unset it"))
        except Ending:
            pass  # a profile that cannot be used: the checks of the configuration tell it
    return told.result()


def _proxies(told: Findings) -> None:
    set_by = named()
    told.facts["proxies"] = {name: shown(value) for name, value in set_by.items()}
    if not set_by:
        told.note("no proxy variables")
    for name, value in set_by.items():
        told.note(f"{name} is {shown(value)}")


def _certificates(told: Findings) -> None:
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file:
        told.facts["SSL_CERT_FILE"] = file
        told.add(_file(file))
    elif folder:
        told.facts["SSL_CERT_DIR"] = folder
        told.add(_folder(folder))
    elif others := [name for name in OTHER_BUNDLES if os.environ.get(name)]:
        told.note(f"{' and '.join(others)} set, which is not read here: SSL_CERT_FILE is")
    if keys := os.environ.get("SSLKEYLOGFILE"):
        told.add(
            warn(
                f"SSLKEYLOGFILE is set: whoever reads {keys} can decrypt what is sent, secret and token included",
                "unset SSLKEYLOGFILE, but for debugging of TLS",
            )
        )


def _file(file: str) -> Result:
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        problem = "holds no certificate in PEM form"
    except FileNotFoundError:
        problem = "is not there"
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
    else:
        return ok(f"certificates are those of SSL_CERT_FILE, {file}, and no others")
    return wrong(
        f"SSL_CERT_FILE is {file}, which {problem}",
        "let SSL_CERT_FILE name a PEM file of all authorities to trust, or unset it",
    )


def _folder(folder: str) -> Result:
    problems = [*map(_of_folder, folder.split(os.pathsep))]  # OpenSSL takes several
    if None in problems:
        return ok(f"certificates are those of SSL_CERT_DIR, {folder}, and no others")
    return wrong(
        f"SSL_CERT_DIR is {folder}, which {problems[0]}: no certificate can be trusted",
        "let SSL_CERT_DIR name a folder made by `openssl rehash`, or unset it",
    )


def _of_folder(folder: str) -> str | None:
    try:
        return None if any(Path(folder).iterdir()) else "holds nothing"
    except (FileNotFoundError, NotADirectoryError):
        return "is no folder"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


__all__ = ["OTHER_BUNDLES", "environment", "versions"]
