"""The page: everything a reader sees, in one file that fetches nothing."""

from importlib.resources import files

from camjax.report.content import (
    Bars,
    Figure,
    Flows,
    Lines,
    Matrix,
    Panel,
    Report,
    Section,
    Spreads,
    Stack,
    Table,
)
from camjax.report.html import amount_panels, frame, time_panels
from camjax.report.html.markup import Html, element, join
from camjax.report.html.table import table
from camjax.report.palette import stylesheet

MOST_ROWS = 24
"""Of a table that stands open."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""What a browser may load for the page: nothing."""


def page(report: Report) -> str:
    """A report as one HTML document."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{report.title}: camjax report"),
        element("style", Html(stylesheet() + _asset("report.css"))),
    )
    body = element(
        "body",
        _header(report),
        element("main", *(_section(section) for section in report.sections), _method(report)),
        element("script", Html(_asset("report.js"))),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _header(report: Report) -> Html:
    facts = [
        element("div", element("dt", name), element("dd", value)) for name, value in report.facts
    ]
    answers = [element("li", sentence) for sentence in report.sentences]
    links = [element("a", section.title, href=f"#{section.key}") for section in report.sections]
    return element(
        "header",
        element("p", "camjax report", class_="kicker"),
        element("h1", report.title),
        element("p", report.subtitle, class_="subtitle"),
        element("dl", *facts, class_="facts"),
        element("h2", "What came out", id="answers"),
        element("ol", *answers, class_="answers"),
        element(
            "nav", *links, element("a", "How to read it", href="#method"), aria_label="Sections"
        ),
    )


def _section(section: Section) -> Html:
    items = [_figure(item) if isinstance(item, Figure) else _table(item) for item in section.items]
    text = element("p", section.text) if section.text else Html("")
    return element("section", element("h2", section.title), text, *items, id=section.key)


def _table(content: Table) -> Html:
    """A table; a long one opens on demand."""
    if len(content.rows) <= MOST_ROWS:
        return table(content)
    summary = element("summary", f"{content.title}, {len(content.rows)} rows")
    return element("details", summary, table(content))


def _figure(figure: Figure) -> Html:
    kind = "panels wide" if figure.wide else "panels"
    return element(
        "figure",
        element("h3", figure.title, id=f"{figure.key}-title"),
        frame.legend(figure.legend),
        element("div", *(_panel(panel) for panel in figure.panels), class_=kind),
        element("figcaption", figure.caption),
        element("details", element("summary", "Numbers behind this figure"), table(figure.table)),
        id=figure.key,
        aria_labelledby=f"{figure.key}-title",
    )


def _panel(panel: Panel) -> Html:
    if isinstance(panel, Lines):
        return time_panels.lines(panel)
    if isinstance(panel, Stack):
        return time_panels.stack(panel)
    if isinstance(panel, Flows):
        return amount_panels.flows(panel)
    if isinstance(panel, Spreads):
        return amount_panels.spreads(panel)
    if isinstance(panel, Matrix):
        return amount_panels.matrix(panel)
    assert isinstance(panel, Bars)
    return amount_panels.bars(panel)


def _method(report: Report) -> Html:
    paragraphs = [element("p", text) for text in report.method]
    scenario = element(
        "details", element("summary", "The scenario"), element("pre", report.scenario)
    )
    return element(
        "section",
        element("h2", "How to read it"),
        *paragraphs,
        scenario if report.scenario else join(),
        id="method",
    )


def _asset(name: str) -> str:
    return files("camjax.report.html").joinpath(name).read_text("utf-8")
