"""The report in a real browser: what is drawn, what sorts, what is fetched."""

import functools
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
import tomli_w
from report_worlds import kinds, written
from worlds_observed import SMALL, simulate_world

from camjax.cli import main

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is missing; pip install 'camjax[dev]' brings it"
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((found for name in BROWSERS if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on the path; Debian's package is `chromium`"
)
PHONE = {"width": 360, "height": 740}
PAPER = {"width": 672, "height": 1000}
"""A4 less its margins, at 96 dots per inch."""
DESKTOP = {"width": 1200, "height": 900}
WORLD = ("--scenario", "small.toml", "--drivers", "drivers.csv", "--mode", "one-step")
COMMANDS = {
    "fit": ("calibrate", "observed.csv", *WORLD, "--free", "rebalancing.duration_days",
            "--objective", "mae", "--starts", "3", "--hold-out", "0.25"),
    "backtest": ("backtest", "observed.csv", *WORLD),
    "forecast": ("forecast", "observed.csv", "--horizon", "2"),
    "sensitivity": ("sensitivity", "small.toml", "--method", "sobol", "--samples", "8",
                    "--paths", "2", "--parameters",
                    "rebalancing.duration_days,weights.factor.outside,deposits.savings.rate"),
}  # fmt: skip
"""Commands whose reports are not made of a run or a sweep."""
FIGURES = {"sweep": 14, "run": 14, "fit": 3, "backtest": 2, "forecast": 2, "sensitivity": 1}
"""How many figures each has at least."""
KINDS = [
    pytest.param(kind, marks=[] if kind in ("run", "forecast") else [pytest.mark.slow])
    for kind in FIGURES
]

DRAWINGS = "svg, dl.split, table.heat"

DRAWN = """figure => [...figure.querySelectorAll('svg, dl.split, table.heat')].map(drawing => {
  const place = drawing.getBoundingClientRect();
  const marks = [...drawing.querySelectorAll('path:not(.grid), span, td[style]')];
  const unpainted = marks.filter(mark => {
    const style = getComputedStyle(mark);
    const paint = mark.tagName === 'path' ? style.fill + style.stroke : style.backgroundColor;
    return ['nonenone', 'rgba(0, 0, 0, 0)'].includes(paint);
  });
  const seen = marks.filter(mark => {
    const size = mark.getBoundingClientRect();
    return size.width + size.height > 1 || getComputedStyle(mark).strokeLinecap === 'round';
  });
  return [place.width, place.height, seen.length, unpainted.length];
})"""

OVERLAPS = """panel => {
  const labels = [...panel.querySelectorAll('.labels span')].map(s => s.getBoundingClientRect());
  return labels.some((a, i) => labels.slice(i + 1).some(b =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as driver:
        # Chromium refuses its sandbox to root, which is who runs tests in containers.
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def file_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """The page of each kind, written when it is first looked at."""

    @functools.cache
    def written_by(kind: str) -> Path:
        folder = tmp_path_factory.mktemp(kind)
        if kind not in COMMANDS:
            return written(kinds()[kind], folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            # Pictures by matplotlib are not what is looked at here, and take longest to draw.
            patch.setattr("camjax.cli.outputs.can_draw", lambda: False)
            simulate_world(folder, {}, source=SMALL)
            Path("small.toml").write_text(tomli_w.dumps(SMALL))
            assert main([*COMMANDS[kind], "--out", kind, "--report"]) == 0
        return folder / kind / "report.html"

    yield written_by
    jax.config.update("jax_enable_x64", True)


class Visit:
    """A page that was opened, and what it complained of and asked for."""

    kind = ""

    def __init__(self, browser: "playwright.Browser", file: Path, **settings: object) -> None:
        self.page = browser.new_page(**{"viewport": DESKTOP, **settings})
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())


@pytest.fixture(params=KINDS)
def visit(
    request: pytest.FixtureRequest, browser: "playwright.Browser", file_of: Callable[[str], Path]
) -> Iterator[Visit]:
    opened = Visit(browser, file_of(request.param))
    opened.kind = request.param
    yield opened
    opened.page.close()


def test_the_page_complains_of_nothing_and_asks_for_nothing_but_itself(visit: Visit) -> None:
    visit.page.mouse.wheel(0, 5000)
    visit.page.wait_for_timeout(100)
    assert visit.complaints == []
    assert visit.requests == [visit.page.url]


def test_every_figure_is_drawn(visit: Visit) -> None:
    figures = visit.page.query_selector_all("figure")
    assert len(figures) >= FIGURES[visit.kind]
    for figure in figures:
        name = figure.get_attribute("id")
        drawings = figure.evaluate(DRAWN)
        assert drawings, name
        for width, height, seen, unpainted in drawings:
            assert width > 100 and height > 40 and seen > 0 and unpainted == 0, name


def test_every_drawing_shows_colours(visit: Visit) -> None:
    from matplotlib.image import imread

    for figure in visit.page.query_selector_all("figure"):
        for drawing in figure.query_selector_all(DRAWINGS):
            picture = imread(io.BytesIO(drawing.screenshot()))[..., :3]
            coloured = np.abs(picture - picture[0, -1]).max(axis=-1) > 0.05
            assert coloured.mean() > 0.002, figure.get_attribute("id")


def test_tables_sort_both_ways_by_number_and_by_word(visit: Visit) -> None:
    table = visit.page.query_selector(".scroll:not(details .scroll) table")
    assert table is not None
    headings = table.query_selector_all("th button")
    for column, heading in enumerate(headings):
        for order in ("ascending", "descending"):
            heading.click()
            cells = table.query_selector_all(f"tbody tr > :nth-child({column + 1})")
            keys = [cell.get_attribute("data-value") for cell in cells]
            values = (
                [cell.inner_text() for cell in cells]
                if keys[0] is None
                else [float(key) if key else -np.inf for key in keys]
            )
            assert values == sorted(values, reverse=order == "descending")
            sorts = [th.get_attribute("aria-sort") for th in table.query_selector_all("thead th")]
            assert sorts == ["none"] * column + [order] + ["none"] * (len(sorts) - column - 1)


def test_pointing_and_arrow_keys_read_out_values(visit: Visit) -> None:
    canvas = visit.page.query_selector("[data-readout]")
    if visit.kind == "sensitivity":
        assert canvas is None, "it has nothing over time"
        return
    assert canvas is not None
    canvas.hover()
    text = visit.page.inner_text(".readout")
    assert text.startswith("day ") and "%" in text
    visit.page.mouse.move(0, 0)
    assert visit.page.query_selector(".readout") is None
    canvas.focus()
    last = visit.page.inner_text(".readout")
    visit.page.keyboard.press("ArrowLeft")
    assert visit.page.inner_text(".readout") != last


@pytest.mark.parametrize("kind", KINDS)
def test_paper_holds_everything_within_its_width(
    browser: "playwright.Browser", file_of: Callable[[str], Path], kind: str
) -> None:
    page = Visit(browser, file_of(kind), viewport=PAPER).page
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    for panel in page.query_selector_all(".panel"):
        assert not panel.evaluate(OVERLAPS), panel.inner_text()
    for canvas in page.query_selector_all(".canvas"):
        assert canvas.bounding_box()["width"] > 60
    page.close()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_overlaps_or_reaches_beyond_the_screen(
    browser: "playwright.Browser",
    file_of: Callable[[str], Path],
    kind: str,
    viewport: dict[str, int],
) -> None:
    page = Visit(browser, file_of(kind), viewport=viewport).page
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    for panel in page.query_selector_all(".panel"):
        assert not panel.evaluate(OVERLAPS), panel.inner_text()
    for matrix in page.query_selector_all(".heated"):
        assert matrix.evaluate("held => held.scrollWidth <= held.clientWidth"), kind
    page.close()


def test_night_and_paper_have_colours_of_their_own(
    browser: "playwright.Browser", file_of: Callable[[str], Path]
) -> None:
    page = Visit(browser, file_of("run"), color_scheme="dark").page
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.emulate_media(media="print")
    assert page.evaluate(background) == "rgb(255, 255, 255)" != dark
    assert not page.is_visible("nav") and not page.is_visible("summary")
    assert page.pdf().startswith(b"%PDF")
    page.close()
