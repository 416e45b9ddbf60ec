"""Write `docs/payloads.md`: what the stock generator's code and ours make of each wire case.

python -m scripts.payload_table
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import maia_public_api.models
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.models.cases import at, json_text, wire_files

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from tests.models.cases import Case

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "generated" / "openapi.json"
PAGE = ROOT / "docs" / "payloads.md"

HEAD = """\
# What servers send, and what comes of it

The specification promises one thing, servers send another. Each line below is one body, read into a model and written
back as a PUT would: by the code that {generator} makes with its own templates, and by the code of
this package, both from the same document.

| | cases | read | values as promised | written back unchanged | all three |
|---|---|---|---|---|---|
| stock code | {stock} |
| this package | {ours} |

A name like `KeyError` is that of the exception that reading raises. *Misread* means that an attribute has another type
than it promises, or another value than the body has: `active` as the text `"False"`, which Python takes for true.
*Changed* means that what is written back is not equal as JSON text: something was lost, added, or put in another form;
`1`, `1.0` and `true` are three values, and the order of keys is none.

The bodies are in `tests/wire`, with the value that each attribute must have. This page is written by
`python -m scripts.payload_table`.
"""
COLUMNS = ("case", "what it is about", "comes from", "stock code", "this package")


@dataclass(frozen=True)
class Outcome:
    """What became of one case."""

    raised: str = ""
    values: bool = False
    unchanged: bool = False

    def __str__(self) -> str:
        if self.raised:
            return f"`{self.raised}`"
        faults = [fault for fault, right in (("misread", self.values), ("changed", self.unchanged)) if not right]
        return ", ".join(faults) or "as it should"


def page() -> str:
    """The page as it should be.

    Returns:
        Markdown.

    Raises:
        RuntimeError: If the generator refuses the specification.
    """
    sections: list[str] = []
    stock_outcomes: list[Outcome] = []
    our_outcomes: list[Outcome] = []
    with stock_models() as models:
        for name, cases in wire_files().items():
            stock = [_outcome(models, case) for case in cases]
            ours = [_outcome(maia_public_api.models, case) for case in cases]
            rows = [
                (f"`{case.name}`", case.why, case.source, str(one), str(other))
                for case, one, other in zip(cases, stock, ours, strict=True)
            ]
            sections.append(
                "\n".join([f"## {name.capitalize()}", "", *map(_row, [COLUMNS, ["---"] * len(COLUMNS), *rows])])
            )
            stock_outcomes += stock
            our_outcomes += ours
    generator = f"openapi-python-client {version('openapi-python-client')}"
    head = HEAD.format(generator=generator, stock=_sums(stock_outcomes), ours=_sums(our_outcomes))
    return "\n\n".join([head.rstrip(), *sections]) + "\n"


@contextlib.contextmanager
def stock_models() -> Generator[Any]:
    """The models that the generator's own templates make of the same document; usable inside the context."""
    with tempfile.TemporaryDirectory(prefix="stock-") as folder:
        package = Path(folder) / "stock_public_api"
        settings = Config.from_sources(
            ConfigFile(package_name_override=package.name, post_hooks=[]),
            MetaType.NONE,
            document_source=SPEC,
            file_encoding="utf-8",
            overwrite=False,
            output_path=package,
        )
        with contextlib.redirect_stdout(io.StringIO()):
            problems = generate(config=settings)
        if problems:
            raise RuntimeError(f"the stock generator refuses {SPEC.name}: {problems[0].header} {problems[0].detail}")
        sys.path.insert(0, folder)
        try:
            yield importlib.import_module(f"{package.name}.models")
        finally:
            sys.path.remove(folder)
            for name in [name for name in sys.modules if name.partition(".")[0] == package.name]:
                del sys.modules[name]


def _outcome(models: Any, case: Case) -> Outcome:
    body = case.fresh()
    try:
        model = getattr(models, case.schema).from_dict(body)
    except Exception as error:  # noqa: BLE001 - whatever it raises is the outcome
        return Outcome(raised=type(error).__name__)
    values = all(_reads(model, path, promised) for path, promised in case.reads.items())
    try:
        return Outcome(values=values, unchanged=json_text(model.to_dict()) == json_text(body) == json_text(case.body))
    except Exception:  # noqa: BLE001 - what cannot be written back is not unchanged
        return Outcome(values=values)


def _reads(model: Any, path: str, promised: Any) -> bool:
    if path.endswith(".is_known"):  # not asked of the stock code, which has no such thing
        return True
    try:
        value = at(model, path)
        unset = type(value).__name__ == "Unset"  # the stock code's word for null and []
        return promised in (None, []) if unset else json_text(value) == json_text(promised)
    except Exception:  # noqa: BLE001 - what cannot be reached does not read as promised
        return False


def _sums(outcomes: list[Outcome]) -> str:
    read = [outcome for outcome in outcomes if not outcome.raised]
    sums = (
        len(outcomes),
        len(read),
        sum(outcome.values for outcome in read),
        sum(outcome.unchanged for outcome in read),
        sum(outcome.values and outcome.unchanged for outcome in read),
    )
    return " | ".join(map(str, sums))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
