"""The generator, run as a library into a fresh folder, strictly: what it warns of is a failure."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from scripts.regen import document
from scripts.regen.errors import RegenError
from scripts.regen.layout import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from openapi_python_client.parser.errors import GeneratorError

_STEP = "generate"


def run(spec: Mapping[str, Any], *, config: Path, templates: Path, runtime: Path, target: Path) -> Path:
    """Generate the package.

    Args:
        spec: The overlaid specification.
        config: The generator's settings.
        templates: The template overrides.
        runtime: The modules that the templates' code stands on; each is copied into the package.
        target: A folder, made if need be. It gets `openapi.json` (what was generated from) and the package.

    Returns:
        The package's folder.

    Raises:
        RegenError: If the generator fails, skips anything, or a template does.
    """
    target.mkdir(parents=True, exist_ok=True)
    source = target / "openapi.json"
    source.write_text(document.to_json(spec), encoding="utf-8")
    package = target / PACKAGE
    settings = Config.from_sources(
        ConfigFile.load_from_path(config),
        MetaType.NONE,
        document_source=source,
        file_encoding="utf-8",
        overwrite=False,
        output_path=package,
    )
    with contextlib.redirect_stdout(io.StringIO()), _tools_on_path():
        try:
            problems = generate(config=settings, custom_template_path=templates)
        except TemplateError as error:
            name, line = getattr(error, "name", None), getattr(error, "lineno", None)
            where = f"openapi/templates/{name}, line {line}" if name and line else _raised_at(error)
            raise RegenError(_STEP, f"a template fails: {error}", where=where, remedy="mend the template") from error
        except OSError:
            raise
        except Exception as error:  # the generator raises whatever it stumbles over
            why = f"the generator broke off: {type(error).__name__}: {_clean(str(error))}"
            remedy = "change the construct that it stumbles over by an overlay, or mend the template"
            raise RegenError(_STEP, why, where=_raised_at(error), remedy=remedy) from error
    if problems:
        remedy = "mend the specification by an overlay action that says why, or the template; nothing may be skipped"
        raise RegenError(
            _STEP,
            f"the generator gave {len(problems)} warning{'s' if len(problems) > 1 else ''}",
            details=[_line(problem) for problem in sorted(problems, key=_consequence)],
            remedy=remedy,
        )
    for module in sorted(runtime.glob("*.py")):
        if (package / module.name).exists():
            why = f"{module.name} is a module of the generator's own"
            raise RegenError(_STEP, why, where=f"openapi/runtime/{module.name}", remedy="rename the module")
        shutil.copyfile(module, package / module.name)
    (package / "py.typed").touch()
    return package


@contextlib.contextmanager
def _tools_on_path() -> Generator[None]:
    """Let the generator's hooks find the formatter of this environment, whoever called us."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _consequence(problem: GeneratorError) -> bool:
    """Operations fail over schemas: what failed first is told first."""
    return " parsing " in problem.header


def _line(problem: GeneratorError) -> str:
    header = _clean(problem.header).rstrip(": ")
    detail = _clean(problem.detail or "")
    reference = getattr(getattr(problem, "data", None), "ref", None)
    return f"- {header}: {detail}" + (f" ({reference.get_untrusted_value()})" if reference else "")


def _clean(text: str) -> str:
    """One line, without the generator's memory addresses."""
    return re.sub(r"<[\w.]+ object at 0x[0-9a-f]+>", "…", " ".join(text.split()))


def _raised_at(error: BaseException) -> str:
    """The innermost template or module that an exception came from."""
    trace, place = error.__traceback__, ""
    while trace:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.suffix == ".jinja" or "openapi_python_client" in file.parts:
            place = f"{file.name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
