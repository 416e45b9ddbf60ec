"""Nothing turns to the network by being built or imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

IMPORT_ALL = """
import importlib, pkgutil

def fail(name):
    raise

for name in ("maia_scim", "maia_public_api"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, name + ".", fail):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
            print(module.name)
"""
NETWORK = [
    "import socket; socket.create_connection(('127.0.0.1', 9))",
    "import socket; socket.getaddrinfo('localhost', 443)",
    "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))",
    "import httpx; httpx.get('http://127.0.0.1:9')",
]


def test_no_import_does(guarded):
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], env=guarded, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    names = set(done.stdout.split())
    assert {"maia_scim.cli.main", "maia_scim.sandbox.strict", "maia_scim.limits_redis", "maia_scim.models"} <= names
    assert "maia_public_api.models.scim_user" in names


@pytest.mark.parametrize("code", NETWORK)
@pytest.mark.parametrize("nested", [False, True], ids=["here", "in a process of its own"])
def test_what_does_would_be_found(guarded, code, nested):
    code = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {code!r}]))" if nested else code

    done = subprocess.run([sys.executable, "-c", code], env=guarded, capture_output=True, text=True, check=False)

    assert done.returncode == 86
    assert done.stderr.startswith("the network was asked for: socket.")
