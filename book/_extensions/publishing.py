"""Where the site will stand, for search engines and for previews of links.

A repository on GitHub is published at a place that its address tells; `html.baseurl` in `_config.yml`
says another. From it come the canonical address of every page, the site map and the pictures of links.
A page is described by its first sentences, with formulas as plain text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from nnbook.pages import RUN, site
from nnbook.plain import plain


def _description(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let the previews find text instead of formulas; the page itself is written by now."""
    context["css_files"] = [file for file in context["css_files"] if "thebe" not in str(file.filename)]
    if doctree is None:
        return
    context["body"] = context["body"].replace(' role="doc-biblioentry"', "")  # which docutils still writes
    for paragraph in list(doctree.findall(nodes.paragraph)):
        formulas = list(paragraph.findall(nodes.math))
        for formula in formulas:
            formula.parent.replace(formula, nodes.Text(plain(formula.astext())))
        if formulas:
            paragraph.children = [nodes.Text(paragraph.astext())]


def _buttons(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let the buttons for Colab and Binder open a page's run edition."""
    page, edition = f"/{pagename}.ipynb", f"/{RUN}/{Path(pagename).name}.ipynb"
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("text") in ("Binder", "Colab"):
                button["url"] = button["url"].removesuffix(page) + edition


def _downloads(app: Sphinx, error: Exception | None) -> None:
    """Let the button that downloads a page hand out its run edition."""
    for path in (Path(app.outdir) / "_sources" / "book").glob("*.ipynb"):
        edition = Path(app.srcdir) / RUN / path.name
        if edition.exists():
            path.write_bytes(edition.read_bytes())


def _address(app: Sphinx, config: Config) -> None:
    """Tell Sphinx, the site map and the previews; write the title beside the logo."""
    config.ogp_site_name = config.html_title
    config.html_context.setdefault("default_mode", "auto")  # or the theme's script complains
    config.html_theme_options["logo"] = {"text": config.html_title, "alt_text": ""}
    config.html_baseurl = config.ogp_site_url = site(Path(app.srcdir))


def _without_thebe(app: Sphinx, config: Config) -> None:
    """Silence an extension that Jupyter Book loads always: it puts one script twice into every page."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, before the extensions that ask for the address."""
    app.connect("config-inited", _address, priority=100)
    app.connect("config-inited", _without_thebe, priority=100)
    app.connect("html-page-context", _description, priority=100)
    app.connect("html-page-context", _buttons, priority=900)
    app.connect("build-finished", _downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
