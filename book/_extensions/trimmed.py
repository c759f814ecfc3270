"""What the theme and its extensions get wrong, put right where no template can reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

WRONG = {
    ' aria-label="Toggle hidden content"': "",  # hides from screen readers what the summary says
    '<div role="list" class="citation-list">': '<div class="citation-list">',  # it holds no list items
}


def _markup(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Put the markup right; leave out Sphinx's translations, which need eval and are English anyway."""
    for wrong, right in WRONG.items():
        context["body"] = context.get("body", "").replace(wrong, right)
    scripts = context.get("script_files", [])
    context["script_files"] = [s for s in scripts if "translations.js" not in str(getattr(s, "filename", s))]


def _icon_script(app: Sphinx, exception: Exception | None) -> None:
    """Leave out the theme's icon script, which no page loads (see _templates/static)."""
    for file in Path(app.outdir, "_static", "scripts").glob("fontawesome.js*"):
        file.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", _markup)
    app.connect("build-finished", _icon_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
