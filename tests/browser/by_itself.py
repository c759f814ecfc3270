"""A demo on a page of its own, opened in a tab that reaches nothing else."""

import re

WIDE = {"viewport": {"width": 1280, "height": 1000}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DARK = (
    "html[data-theme=dark] { color: #ced6dd; background: #121212; --pst-color-text-base: #ced6dd; "
    "--pst-color-text-muted: #9ca4af; --pst-color-border: #48566b; }"
)


def write_page(folder, title, html):
    """Write a page that holds a demo and no more; give its address."""
    path = folder / "page.html"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    path.write_text(
        f'<!doctype html><html lang="en">{head}<title>{title}</title><style>{DARK} body {{ margin: 12px; '
        f"font-family: sans-serif; }}</style><main><h1>{title}</h1>{html}</main></html>",
        encoding="utf-8",
    )
    return path.as_uri()


class Opened:
    """The demo in a tab; whoever closes it hears of every error there was."""

    def __init__(self, browser, address, name, **options):
        self.context = browser.new_context(**(options or WIDE))
        self.tab = self.context.new_page()
        self.problems = []
        self.tab.route(re.compile("^(?!file:|data:)"), lambda route: route.abort())
        self.tab.on("pageerror", lambda e: self.problems.append(str(e)))
        self.tab.on("console", lambda m: self.problems.append(m.text) if m.type == "error" else None)
        self.tab.goto(address)
        self.root = self.tab.locator(f"#demo-{name}")
        self.say = self.root.locator(".nn-say")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()
        assert self.problems == []
