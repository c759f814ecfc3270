"""The live form of a demo: ipywidgets over the function itself.

Only what ipywidgets 7 and 8 both have.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from nnbook.demos import frames, page
from nnbook.demos.parameters import Parameter, Value

if TYPE_CHECKING:
    from nnbook.demos.demo import Demo

STYLE = """<style>
.nn-live img { width: 100%; max-width: 36rem; height: auto; }
[data-jp-theme-light="false"] .nn-live img, html[theme="dark"] .nn-live img, .vscode-dark .nn-live img
{ filter: invert(1) hue-rotate(180deg); }
</style>"""


def widget(demo: Demo) -> Any:
    """Lay out a demo: picture and sentence, then a control for each parameter."""
    import ipywidgets

    setting = demo.start
    shown = ipywidgets.HTML()
    rows: list[Any] = []
    controls: dict[str, Any] = {}

    def draw(_: object = None) -> None:
        for name, control in controls.items():
            setting[name] = control.value
        shown.value = _picture(demo, setting)

    for parameter in demo.parameters:
        row, control = _control(ipywidgets, parameter)
        control.observe(draw, "value")
        controls[parameter.name] = control
        rows.append(row)
    title = ipywidgets.HTML(f"<b>{html.escape(demo.title)}</b>")
    hint = [ipywidgets.HTML(f"<i>{html.escape(demo.hint)}</i>")] if demo.hint else []
    draw()
    return ipywidgets.VBox([title, shown, *rows, *hint])


def _picture(demo: Demo, setting: dict[str, Value]) -> str:
    try:
        picture, sentence, _ = demo.frame(setting)
    except Exception as error:  # shown in place of the picture, so that the controls live on
        return f"<pre>{html.escape(f'{type(error).__name__}: {error}')}</pre>"
    source = page.uri("image/png", frames.png(picture.pixels, optimize=False))
    said = html.escape(sentence, quote=True)
    return (
        f'{STYLE}<div class="nn-live"><img alt="{said}" src="{source}">'
        f'<p style="line-height: 1.4" aria-live="polite">{said}</p></div>'
    )


def _control(ipywidgets: Any, p: Parameter) -> tuple[Any, Any]:
    """Return what to show, and the widget that holds the value."""
    style = {"description_width": "7em"}
    value = p.values[p.start]
    options = list(zip(p.texts, p.values, strict=True))
    if p.kind == "switch":
        control = ipywidgets.Checkbox(value=value, description=p.label, style=style)
        return control, control
    if p.kind == "choice":
        control = ipywidgets.ToggleButtons(options=options, value=value, description=p.label, style=style)
        return control, control
    control = ipywidgets.SelectionSlider(options=options, value=value, description=p.label, style=style)
    if p.kind == "number":
        return control, control
    last = len(p.values) - 1
    play = ipywidgets.Play(value=p.start, min=0, max=last, interval=500)
    ipywidgets.link((play, "value"), (control, "index"))
    steps = []
    for icon, by, tip in (("step-backward", -1, "one step back"), ("step-forward", 1, "one step on")):
        button = ipywidgets.Button(icon=icon, tooltip=tip, layout={"width": "3em"})
        button.on_click(lambda _, by=by: setattr(play, "value", min(max(play.value + by, 0), last)))
        steps.append(button)
    return ipywidgets.HBox([control, play, *steps]), control
