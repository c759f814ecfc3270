"""What the theme and its extensions get wrong, put right where no template can reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

LABEL = ' aria-label="Toggle hidden content"'  # hides from screen readers what the summary says


def _labels(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object) -> None:
    if "body" in context:
        context["body"] = context["body"].replace(LABEL, "")


def _icon_script(app: Sphinx, exception: Exception | None) -> None:
    """Leave out the theme's icon script, which no page loads (see _templates/static)."""
    for file in Path(app.outdir, "_static", "scripts").glob("fontawesome.js*"):
        file.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", _labels)
    app.connect("build-finished", _icon_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
