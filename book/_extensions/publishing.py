"""Where the site will stand, for search engines and for previews of links.

A repository on GitHub is published at a place that its address tells; `html.baseurl` in `_config.yml`
says another. From it come the canonical address of every page, the site map and the pictures of links.
A page is described by its first sentences, with formulas as plain text.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from pylatexenc.latex2text import LatexNodes2Text
from sphinx.application import Sphinx
from sphinx.config import Config


def site(repository: str) -> str:
    """Where GitHub Pages puts the site of a repository; nothing for one that is elsewhere.

    >>> site("https://github.com/somebody/a-book")
    'https://somebody.github.io/a-book/'
    """
    found = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?", repository)
    if found is None:
        return ""
    owner, name = found[1].lower(), found[2]
    return f"https://{owner}.github.io/" + ("" if name.lower() == f"{owner}.github.io" else f"{name}/")


def plain(latex: str) -> str:
    r"""Write a short formula without LaTeX.

    >>> plain(r"\tfrac14 x^4 + \eta = 10")
    '1/4 x^4 + η = 10'
    """
    latex = re.sub(r"\\[td]frac", r"\\frac", latex)
    latex = re.sub(r"(\\[A-Za-z]+) ", r"\1{} ", latex)  # a space after a name is swallowed otherwise
    return str(LatexNodes2Text().latex_to_text(latex))


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


def _address(app: Sphinx, config: Config) -> None:
    """Tell Sphinx, the site map and the previews; write the title beside the logo."""
    address = config.html_baseurl or site(config.html_theme_options.get("repository_url", ""))
    config.ogp_site_name = config.html_title
    config.html_context.setdefault("default_mode", "auto")  # or the theme's script complains
    config.html_theme_options["logo"] = {"text": config.html_title, "alt_text": ""}
    config.html_baseurl = config.ogp_site_url = address and address.rstrip("/") + "/"


def _without_thebe(app: Sphinx, config: Config) -> None:
    """Silence an extension that Jupyter Book loads always: it puts one script twice into every page."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)


SHEET = re.compile(
    r'[ \t]*<link\b(?=[^>]*rel="stylesheet")[^>]*href="([./]*)_static/([^"?]+\.css)[^"]*"[^>]*>\n?'
)
SCRIPT = re.compile(r'<script (?=[^>]*src=")(?![^>]*\b(?:defer|async)\b)')


ADDRESS = re.compile(r"(?<!@import )url\((['\"]?)(?!data:|https?:|/|#)([^'\")]+)\1\)")
IMPORT = re.compile(r"@import (?:url\()?['\"]?([^'\");]+)['\"]?\)?;")


def _beside(place: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(place, name))


def bundle(folder: Path, names: Iterable[str]) -> str:
    """One style sheet out of several of a folder, in their order; what they point at is found from there."""
    parts = []
    for name in names:
        place = posixpath.dirname(name)
        text = (folder / name).read_text(encoding="utf-8")
        text = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", text)
        text = ADDRESS.sub(lambda found, place=place: f"url({_beside(place, found[2])})", text)
        parts.append(IMPORT.sub(lambda found, place=place: bundle(folder, [_beside(place, found[1])]), text))
    return "\n".join(parts)


def _fewer_requests(app: Sphinx, exception: Exception | None) -> None:
    """Give every page one style sheet instead of fifteen, and let no script hold it up."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    for path in Path(app.outdir).rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        sheets = SHEET.findall(page)
        if not sheets:
            continue
        text = bundle(static, (name for _, name in sheets))
        version = hashlib.sha256(text.encode()).hexdigest()[:8]
        (static / "site.css").write_text(text, encoding="utf-8")
        link = f'<link rel="stylesheet" href="{sheets[0][0]}_static/site.css?v={version}">\n'
        first = SHEET.search(page)
        assert first is not None
        page = page[: first.start()] + link + SHEET.sub("", page[first.start() :])
        if path.name != "search.html":  # its own scripts want Sphinx's at once
            page = SCRIPT.sub("<script defer ", page)
        path.write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, before the extensions that ask for the address."""
    app.connect("config-inited", _address, priority=100)
    app.connect("config-inited", _without_thebe, priority=100)
    app.connect("html-page-context", _description, priority=100)
    app.connect("build-finished", _fewer_requests, priority=900)  # after the theme has written its colours
    return {"parallel_read_safe": True, "parallel_write_safe": True}
