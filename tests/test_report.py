"""The report: one file, well formed, that says what the analyses say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
import xarray
from report_worlds import PATHS, STEPS, Outline, kinds, of_two_lengths, run, swept

from camjax.analysis import (
    compare,
    correlation_matrix,
    deficit,
    final_split,
    probability_over_time,
    protocol_revenue,
    rolling_correlation,
    time_to_event,
    total_transfers,
    user_balance,
)
from camjax.cli import main
from camjax.errors import CamjaxError
from camjax.report import build_report, page
from camjax.report.content import Estimate, Figure, Flows, Lines, Matrix, Table
from camjax.report.estimates import ENDS
from camjax.report.html.markup import element
from camjax.report.paper import paper_figure
from camjax.report.units import POINTS, SHARE, amount
from camjax.results import load_results, save_results

MOST_BYTES = 8e6
KINDS = list(kinds())


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: page(build_report(results)) for name, results in kinds().items()}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    jax.config.update("jax_enable_x64", True)


@pytest.mark.parametrize("kind", KINDS)
def test_every_element_is_closed(pages: dict[str, str], kind: str) -> None:
    assert Outline(pages[kind]).open == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_fetched(pages: dict[str, str], kind: str) -> None:
    text, outline = pages[kind], Outline(pages[kind])
    assert not re.search(r"https?:|url\(|@import|src=", text)
    links = [attributes["href"] for attributes in outline.named("a")]
    places = {attributes.get("id") for _, attributes in outline.elements}
    assert links and all(link[0] == "#" and link[1:] in places for link in links)
    (policy,) = (m for m in outline.named("meta") if m.get("http-equiv"))
    assert policy["content"].startswith("default-src 'none'")
    assert len(text.encode()) < MOST_BYTES


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_elements_are_unique(pages: dict[str, str], kind: str) -> None:
    names = [a["id"] for _, a in Outline(pages[kind]).elements if "id" in a]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", KINDS)
def test_every_drawing_is_told_in_words_and_every_figure_in_numbers(
    pages: dict[str, str], kind: str
) -> None:
    outline = Outline(pages[kind])
    drawings = outline.named("svg")
    described = [text for tag, text in outline.texts if tag == "desc"]
    assert drawings and len(described) == len(drawings)
    assert all(len(text) > 20 and "nan" not in text for text in described)
    assert all(attributes["role"] == "img" for attributes in drawings)
    figures = re.findall(r"<figure.*?</figure>", pages[kind], re.DOTALL)
    assert figures and all("<table>" in f and "<figcaption>" in f for f in figures)


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_is_missing_from_a_path_or_a_sentence(pages: dict[str, str], kind: str) -> None:
    assert not re.search(r'd="[^"]*(nan|inf)', pages[kind])
    assert not any("nan" in s or "–" in s for s in build_report(kinds()[kind]).sentences)


@pytest.mark.parametrize("kind", ["sweep", "run", "one path"])
def test_every_probability_bears_its_interval(kind: str) -> None:
    sentences = build_report(kinds()[kind]).sentences
    chances = [s for s in sentences if "probability" in s]
    assert chances
    for sentence in chances:
        tail = sentence[sentence.index("probability") :]
        assert re.search(r"[\d.]+\xa0% \(95 % interval [\d.]+ to [\d.]+\xa0%\)", tail)


def test_the_page_says_what_was_run(pages: dict[str, str]) -> None:
    text = pages["sweep"]
    for expected in ("savings-rate", "Paths a setting", f">{PATHS}<", f">{STEPS} of 1 day<"):
        assert expected in text
    assert all(str(label) in text for label in swept().setting.values)
    assert "[[deposits]]" in text, "the scenario itself"


def test_sentences_say_what_the_analyses_say() -> None:
    results = run()
    first, *others = build_report(results).sentences
    split = final_split(results)
    n = int(split["mean"].values.argmax())
    value, low, high = (float(split[name][n]) for name in ("mean", "low", "high"))
    assert f"{SHARE.text(value)} (95 % interval {SHARE.interval(low, high)})" in first
    net = total_transfers(results).net_mean.max()
    assert any(amount("FEI").text(float(net)) in sentence for sentence in others)
    chance = deficit(results, protocol_revenue(results))
    text = SHARE.interval(float(chance.low), float(chance.high))
    assert any(text in sentence for sentence in others)


def figure_of(results: xarray.Dataset, key: str) -> Figure:
    return next(figure for figure in build_report(results).figures if figure.key == key)


def test_correlations_drawn_are_those_of_the_analyses() -> None:
    results = swept()
    found = rolling_correlation(results, "money_market", "savings")
    panel = figure_of(results, "correlations").panels[0]
    assert isinstance(panel, Lines) and panel.title == "money market and savings"
    for line in panel.lines:
        one = found.sel(setting=line.name)
        np.testing.assert_allclose(line.values, one["mean"], rtol=1e-12)
        np.testing.assert_allclose(line.bands[0], (one.q05, one.q95), rtol=1e-12)
    for setting, matrix in zip(
        results.setting.values, figure_of(results, "correlation-matrix").panels, strict=True
    ):
        assert isinstance(matrix, Matrix)
        states = correlation_matrix(results.sel(setting=setting)).correlation
        names = [str(name) for name in states.state.values]
        moving = [i for i in range(len(names)) if np.isfinite(states[i, i])]
        # The pool is not allocated here, so its yield is not among what is drawn.
        shown = [i for i in moving if "liquidity_pool" not in names[i]]
        assert len(matrix.names) == len(shown) >= len(moving) - 2
        np.testing.assert_allclose(matrix.values, states.values[np.ix_(shown, shown)])


def test_chances_drawn_and_times_told_are_those_of_the_analyses() -> None:
    results = run()
    found = probability_over_time(results, "share[savings] > 0.5")
    figure = figure_of(results, "chances")
    (panel,) = (panel for panel in figure.panels if panel.title == "savings")
    assert isinstance(panel, Lines)
    (line,) = panel.lines
    for drawn, name in zip((line.values, *line.bands[0]), ("probability", *ENDS), strict=True):
        np.testing.assert_allclose(drawn, found[name], rtol=1e-12)
    first = time_to_event(results, "share[savings] > 0.5")
    (section,) = (part for part in build_report(results).sections if part.key == "chances-section")
    (table,) = (item for item in section.items if isinstance(item, Table))
    (row,) = (row for row in table.rows if row[0] == "savings")
    names = ("probability", "never", "q05_step", "median_step", "q95_step")
    values = [cell.value if isinstance(cell, Estimate) else cell for cell in row[1:]]
    np.testing.assert_allclose(values, [float(first[name]) for name in names])


def test_what_is_minted_is_drawn_as_the_analysis_says() -> None:
    results = run()
    found = user_balance(results)
    panels = figure_of(results, "supply").panels
    for panel, name in zip(panels, ("user_balance", "minted", "redeemed"), strict=True):
        assert isinstance(panel, Lines)
        np.testing.assert_allclose(panel.lines[0].values, found[f"{name}_mean"], rtol=1e-12)


def test_settings_are_compared_path_by_path() -> None:
    results = swept()
    base, other, *_ = (str(name) for name in results.setting.values)
    found = compare(results, other, base, of="share[savings]", step=STEPS)
    (sentence,) = (s for s in build_report(results).sentences if s.startswith(f"Under {other} the"))
    assert POINTS.text(abs(float(found.difference))) in sentence
    assert SHARE.text(float(found.exceeds)) in sentence


def test_bands_are_quantiles_over_paths_at_the_steps_drawn() -> None:
    results = run()
    (weights,) = (f for f in build_report(results).figures if f.key == "weights")
    panel = next(panel for panel in weights.panels if panel.title == "savings")
    assert isinstance(panel, Lines)
    held = results.balance.values
    shares = held[..., 2] / held.sum(axis=-1)
    low, high = panel.lines[0].bands[0]
    np.testing.assert_allclose(panel.lines[0].values, shares.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(low, np.quantile(shares, 0.05, axis=0), rtol=1e-12)
    np.testing.assert_allclose(high, np.quantile(shares, 0.95, axis=0), rtol=1e-12)


def test_long_runs_are_drawn_at_fewer_steps_up_to_the_last() -> None:
    results = run()
    longer = xarray.concat(
        [results.assign_coords(step=results.step + k * STEPS) for k in range(12)],
        dim="step",
        data_vars="minimal",
    )
    longer = longer.assign_coords(time=("step", longer.step.values.astype(float)))
    (weights,) = (f for f in build_report(longer).figures if f.key == "weights")
    days = weights.panels[0].axis.days
    assert len(days) <= 200 and days[-1] == 12 * STEPS
    assert len({*np.diff(days)}) == 1


def test_flows_are_totals_over_the_run() -> None:
    results = run()
    made = build_report(results)
    assert any("largest net transfer planned is from" in text for text in made.sentences)
    (flows,) = (f for f in made.figures if f.key == "flows")
    (panel,) = flows.panels
    assert isinstance(panel, Flows)
    expected = results.transfer.sum("step").mean("path").values
    np.testing.assert_allclose(panel.amounts, expected, rtol=1e-9)


def test_statistics_alone_make_a_report_with_the_same_means() -> None:
    whole, statistics = (build_report(kinds()[name]) for name in ("run", "statistics"))
    assert statistics.sentences[0] == whole.sentences[0]
    keys = {figure.key for figure in statistics.figures}
    assert {"allocation-area", "weights", "flows", "market", "money-market"} <= keys


def test_intervals_of_unknown_paths_are_left_out() -> None:
    first, *_ = build_report(kinds()["statistics of unknown paths"]).sentences
    assert "interval" not in first


def test_one_path_has_no_bands() -> None:
    report = build_report(kinds()["one path"])
    lines = [
        line
        for figure in report.figures
        for panel in figure.panels
        if isinstance(panel, Lines)
        for line in panel.lines
    ]
    assert lines and not any(line.bands or line.samples is not None for line in lines)


def test_dates_stand_on_the_axis_where_there_is_a_calendar(pages: dict[str, str]) -> None:
    assert all(f">{day}<" in pages["dates"] for day in ("6 Jul", "20 Jul"))
    assert "on 2022-08-01" in pages["dates"], "the last step, 40 days after 22 June"


def test_text_of_a_scenario_cannot_become_part_of_the_page() -> None:
    results = run().copy()
    text = str(results.attrs["scenario"]).replace('name = "fei"', 'name = "<script>x</script>"', 1)
    made = page(build_report(results.assign_attrs(scenario=text)))
    assert "<script>x" not in made and "&lt;script&gt;x" in made
    assert element("p", "a<b", title='"') == '<p title="&quot;">a&lt;b</p>'


def test_the_same_results_make_the_same_page(pages: dict[str, str]) -> None:
    assert page(build_report(run())) == pages["run"]


def test_a_report_needs_results_of_a_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_results(xarray.Dataset({"other": ("step", [1.0, 2.0])}), "results.nc")
    assert main(["report", "."]) == 2
    assert "expected results of a run" in capsys.readouterr().err
    assert main(["report", "missing"]) == 2
    assert [file.name for file in folder.iterdir()] == ["results.nc"]


@pytest.mark.slow
def test_the_command_writes_page_and_figures(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_results(run(), "results.nc")
    assert main(["report", ".", "--out", "mine.html", "--figures", "figures", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    files = [Path(name) for name in answer["files"]]
    assert files[0] == Path("mine.html") and all(file.stat().st_size > 500 for file in files)
    made = build_report(run())
    assert answer["answers"] == list(made.sentences)
    names = {f"{figure.key}.{kind}" for figure in made.figures for kind in ("svg", "png")}
    assert {file.name for file in files[1:]} == names


@pytest.mark.parametrize("kind", ["sweep", "dates"])
def test_every_figure_is_drawn_for_papers(kind: str) -> None:
    for figure in build_report(kinds()[kind]).figures:
        drawn = paper_figure(figure)
        visible = [axes for axes in drawn.axes if axes.get_visible()]
        assert len(visible) == len(figure.panels)
        assert all(
            axes.lines or axes.patches or axes.collections or axes.images for axes in visible
        )


def test_an_interval_that_rounds_away_is_left_out_of_tables(pages: dict[str, str]) -> None:
    tables = [figure.table for figure in build_report(run()).figures if figure.key == "final-split"]
    idle = next(row for row in tables[0].rows if row[0] == "idle")
    assert isinstance(idle[1], Estimate)
    assert "<small>0.0 to 0.0</small>" not in pages["run"]


SHORT = ("--set", "steps=6", "--paths", "5", "--out", "out")


@pytest.mark.parametrize("keep", ["trajectories", "final", "statistics"])
def test_a_run_writes_its_report_beside_its_results(
    keep: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *SHORT, "--keep", keep, "--report"]) == 0
    assert capsys.readouterr().out.endswith("Wrote out/results.nc, out/report.html.\n")
    text = (folder / "out/report.html").read_text("utf-8")
    assert text == page(build_report(load_results("out")))
    assert "Savings" in text and ">5<" in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "--report"], "--report: expected --out beside it"),
        (["sweep", "--report"], "--report: expected --out beside it"),
        (["run", "--report", "--shard", "1/2", "--out", "out"], "no --report beside it"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_run(
    arguments: list[str], expected: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert expected in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_settings_of_several_lengths_are_compared_each_at_its_own_end() -> None:
    report = build_report(of_two_lengths())
    assert dict(report.facts)["Steps"] == f"{STEPS // 2} to {STEPS} of 1 day"
    assert "at the end of each" in report.sentences[0]
    assert "higher than under" in report.sentences[1]


def test_settings_whose_steps_differ_in_length_are_refused() -> None:
    results = swept()
    days = results.time.expand_dims(setting=results.setting).copy()
    days[1] = days[1] / 2
    with pytest.raises(CamjaxError, match="steps of one length"):
        build_report(results.assign_coords(time=days))


def test_many_deposits_and_settings_stay_within_the_size() -> None:
    settings, paths, steps, deposits = 9, 2, 200, 30
    draw = np.random.default_rng(0)
    dims = ("setting", "path", "step", "deposit")
    balance = draw.uniform(1e6, 2e6, (settings, paths, steps, deposits))
    results = xarray.Dataset(
        {
            "balance": (dims, balance, {"units": "FEI"}),
            "target_weight": (dims, balance / balance.sum(axis=-1, keepdims=True)),
            "yield_rate": (dims, draw.uniform(0, 0.1, balance.shape)),
        },
        {
            "setting": [f"setting {place}" for place in range(settings)],
            "step": np.arange(1, steps + 1),
            "time": ("step", np.arange(1.0, steps + 1)),
            "deposit": [f"venue_{place}" for place in range(deposits)],
        },
    )
    report = build_report(results)
    assert dict(report.facts)["Deposits"] == "30, 12 drawn one by one"
    assert ("others", "ink") in report.figures[0].legend
    stack = report.figures[0].panels[0]
    np.testing.assert_allclose(sum(layer.values for layer in stack.layers), 1, rtol=1e-12)
    assert len(page(report).encode()) < MOST_BYTES
