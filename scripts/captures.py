"""Makes the pictures of the documentation: `python -m scripts.captures` (those of pages need Chromium).

What a command shows at a terminal is run at one, against a sandbox, and written as SVG.
"""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from maia_scim.sandbox import Sandbox

FOLDER = Path(__file__).parents[1] / "docs" / "captures"
COLUMNS = 100
WIDE = 110
ADDRESS = "https://eu1.api.matillion.com/dpc"  # in the pictures, in place of the sandbox's
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PEOPLE = (
    f"\ufeffid;name.givenName;title;emails[work];active;{ENTERPRISE}:department\r\n"
    "2819c223-7f76-453a-919d-413861904646;Μπάρμπαρα;;barbara@example.com;;Data\r\n"
    "9067729b-6a2c-4b3d-8a1e-5f0c2d7e4b11;;VP of Data;;;\r\n"
    "5b1f2c3d-0000-4000-8000-000000000000;;Pilot;;;\r\n"
    "7c9e6679-7425-40de-944b-e07fc1f90ae7;;;;no;\r\n"
)


def screen(command: list[str], answers: str, environment: dict[str, str], folder: Path) -> str:
    """What a command shows at a terminal."""
    terminal, side = pty.openpty()
    os.set_blocking(terminal, True)
    process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, env=environment, cwd=folder)
    os.close(side)
    os.write(terminal, answers.encode())
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how the end of a terminal shows
            break
        if not piece:
            break
        shown += piece
    process.wait()
    os.close(terminal)
    return shown.decode().replace("\r\n", "\n")


def settled(text: str) -> str:
    """What stays on the screen: without progress bars, which are wiped, and with the answer where it was typed."""
    text = re.sub(r"^.*?(?=Plan of)", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r"\x1b\[\?25l.*?\x1b\[\?25h(?:\r?\x1b\[1A\x1b\[2K)?", "", text, flags=re.DOTALL)
    text = re.sub(r"\r\x1b\[2K|\x1b\[1A|\x1b\[2K|\r", "", text)
    return text.replace("[y/N] ", "[y/N] y\n", 1)


def as_svg(command: str, text: str, columns: int = COLUMNS) -> str:
    """A picture of a terminal, which loads nothing from elsewhere."""
    console = Console(file=io.StringIO(), record=True, width=columns, force_terminal=True, legacy_windows=False)
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi(text.rstrip("\n")))
    svg = console.export_svg(title="maia-scim", unique_id="terminal")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def demo() -> str:
    """What `make demo` shows, as a picture; the same each time, whatever port the sandbox got."""
    program = str(Path(sys.executable).with_name("maia-scim"))
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(WIDE)}
    with tempfile.TemporaryDirectory() as folder:
        shown = screen([program, "demo"], "", environment, Path(folder))
    return as_svg("make demo", re.sub(r"(127\.0\.0\.1):\d+", r"\1:8080", shown), WIDE)


def picture(page: Path, image: Path) -> None:
    """A picture of a page, by Chromium."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print(f"no Chromium here: {image.name} stays as it is")
        return
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1180,1000"]
    subprocess.run(
        [browser, *options, f"--screenshot={image}", page.as_uri()], check=True, capture_output=True, timeout=60
    )


def main() -> None:
    """Make them all."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "demo.svg").write_text(demo(), "utf-8")
    program = str(Path(sys.executable).with_name("maia-scim"))
    with Sandbox(client_id="3f2a7c1e") as sandbox, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "people.csv").write_bytes(PEOPLE.encode())
        environment = {**os.environ, **sandbox.environment, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
        subprocess.run(
            [program, "apply", "people.csv", "--dry-run", "--html", "plan.html"],
            env=environment,
            cwd=folder,
            check=False,
            capture_output=True,
        )
        page = folder / "plan.html"
        page.write_text(page.read_text("utf-8").replace(sandbox.base_url, ADDRESS), "utf-8")
        picture(page, FOLDER / "plan.png")
        shown = screen([program, "apply", "people.csv"], "y\n", environment, folder)
        text = settled(shown).replace(f"no profile · {sandbox.base_url}", "profile prod · EU1")
        (FOLDER / "apply.svg").write_text(as_svg("maia-scim apply people.csv", text), "utf-8")


if __name__ == "__main__":
    main()
