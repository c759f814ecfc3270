"""List every address outside the book that its pages link to: `python tools/links.py _build/html`.

Whether they answer can only be seen with a network: `python tools/links.py _build/html --check`
asks each once, and the exit code is 1 if one does not answer.
"""

from __future__ import annotations

import argparse
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path


class Links(HTMLParser):
    """Collects what a page links to, and what can be linked to on it."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the href of an <a> and every id."""
        held = dict(attrs)
        if tag == "a" and held.get("href"):
            self.targets.append(str(held["href"]))
        if held.get("id"):
            self.anchors.add(str(held["id"]))


def read(path: Path) -> Links:
    """Read one page."""
    links = Links()
    links.feed(path.read_text(encoding="utf-8"))
    return links


def outside(site: Path) -> dict[str, list[str]]:
    """Every address with a scheme, and the pages that link to it, in alphabetical order."""
    found: dict[str, list[str]] = {}
    for path in sorted(site.rglob("*.html")):
        for target in dict.fromkeys(read(path).targets):
            if ":" in target.partition("/")[0]:
                found.setdefault(target, []).append(path.relative_to(site).as_posix())
    return dict(sorted(found.items()))


def answers(address: str) -> bool:
    """Whether a server answers at the address with something other than an error."""
    request = urllib.request.Request(address, headers={"User-Agent": "Mozilla/5.0"})
    try:
        with urllib.request.urlopen(request, timeout=20):
            return True
    except urllib.error.HTTPError as error:
        return error.code in (403, 405, 429)  # there, but not for a program
    except (OSError, ValueError):
        return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the addresses, or those that do not answer."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args(arguments)
    if not any(chosen.site.rglob("*.html")):
        parser.error(f"there is no page in {chosen.site}; `make book` builds the site into _build/html")
    every = outside(chosen.site)
    if chosen.check:
        every = {a: pages for a, pages in every.items() if a.startswith("http") and not answers(a)}
    for address, pages in every.items():
        print(address, "on", ", ".join(pages[:3]) + (" …" if len(pages) > 3 else ""))
    return int(chosen.check and bool(every))


if __name__ == "__main__":
    sys.exit(main())
