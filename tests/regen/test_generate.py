"""What the generator leaves to others, and what becomes of its failures."""

from __future__ import annotations

import json

import pytest

from scripts.regen import generate
from scripts.regen.errors import Exit
from tests.regen.checkout import Checkout


def test_what_was_generated_from_lies_beside_the_package(checkout: Checkout) -> None:
    spec = json.loads(checkout.read("generated/openapi.json"))
    assert [operation["operationId"] for item in spec["paths"].values() for operation in item.values()] == [
        "updateUser",
        "getUser",
        "patchUser",
        "createUser",
        "getGroup",
        "updateGroup",
        "patchGroup",
    ]
    for item in spec["paths"].values():
        for operation in item.values():
            assert operation["security"] == [{"bearerAuth": []}]
            assert {"401", "429"} <= operation["responses"].keys()
    assert spec["components"]["schemas"]["ScimUser"]["properties"]["password"]["format"] == "password"
    retry = spec["components"]["responses"]["TooManyRequests"]["headers"]["Retry-After"]
    assert retry["schema"] == {"type": "string"}


def test_the_package_is_typed_and_holds_its_run_time(checkout: Checkout) -> None:
    package = checkout.root / "generated/maia_public_api"
    assert (package / "py.typed").read_bytes() == b""
    for module in (checkout.root / "openapi/runtime").glob("*.py"):
        assert (package / module.name).read_bytes() == module.read_bytes()
    assert not [path for path in package.rglob("*") if path.name.startswith(".") or path.suffix == ".pyc"]


def test_a_run_time_module_must_not_stand_in_for_a_generated_one(checkout: Checkout) -> None:
    checkout.write("openapi/runtime/client.py", "")
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert "openapi/runtime/client.py" in done.err


def test_a_template_that_fails_is_named(checkout: Checkout) -> None:
    checkout.write("openapi/templates/model.py.jinja", "ok\n\n{{ nothing.at.all }}\n")
    before = checkout.tree()
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert "a template fails: 'nothing' is undefined" in done.err
    assert "model.py.jinja, line 3" in done.err
    assert checkout.tree() == before


def test_a_template_that_does_not_parse_is_named(checkout: Checkout) -> None:
    checkout.write("openapi/templates/model.py.jinja", "ok\n{% if %}\n")
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert "openapi/templates/model.py.jinja, line 2" in done.err


def test_code_that_is_no_python_is_refused(checkout: Checkout) -> None:
    text = checkout.read("openapi/templates/str_enum.py.jinja")
    checkout.write("openapi/templates/str_enum.py.jinja", text + "\ndef (\n")
    before = checkout.tree()
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert "ruff" in done.err
    assert checkout.tree() == before


def test_code_that_does_not_import_is_refused(checkout: Checkout) -> None:
    text = checkout.read("openapi/templates/int_enum.py.jinja")
    checkout.write("openapi/templates/int_enum.py.jinja", text)
    checkout.write("openapi/runtime/extra.py", "import no_such_module_at_all\n")
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert done.err.startswith("regen stopped at step 'smoke'")
    assert "maia_public_api.extra does not import: ModuleNotFoundError" in done.err


def test_models_that_fail_on_an_empty_object_are_refused(checkout: Checkout) -> None:
    text = checkout.read("openapi/templates/model.py.jinja")
    assert text.count("        return self\n") == 1
    checkout.write(
        "openapi/templates/model.py.jinja", text.replace("        return self\n", '        src_dict["x"]\n' * 2)
    )
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert (
        "maia_public_api.models.scim_user.ScimUser: an empty object breaks it: KeyError: 'x' (scim_user.py" in done.err
    )


def test_models_that_lose_what_a_server_sent_are_refused(checkout: Checkout) -> None:
    text = checkout.read("openapi/templates/model.py.jinja")
    line = "            return finish(self, out)\n"
    assert text.count(line) == 1
    checkout.write("openapi/templates/model.py.jinja", text.replace(line, "            pass\n"))
    before = checkout.tree()
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert "maia_public_api.models.scim_user.ScimUser: rfc7643-enterprise-user comes back as {" in done.err
    assert checkout.tree() == before


def test_the_generator_breaking_off_is_told(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does with a bare ValueError on enum values that it gives one name."""

    def broken(**settings: object) -> None:
        raise ValueError("Duplicate key A in enum <openapi_python_client.x.Y object at 0x7f00>")

    monkeypatch.setattr(generate, "generate", broken)
    before = checkout.tree()
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert "the generator broke off: ValueError: Duplicate key A in enum …" in done.err
    assert checkout.tree() == before


def test_without_the_formatter_nothing_is_taken(checkout: Checkout) -> None:
    config = checkout.read("openapi/generator.yaml")
    checkout.write("openapi/generator.yaml", config.replace("ruff format", "no-such-formatter format"))
    done = checkout.regen()
    assert done.code == Exit.REFUSED
    assert "no-such-formatter is not in PATH" in done.err
