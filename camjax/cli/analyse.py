"""`camjax analyse`: what people read off results."""

import dataclasses

import typer

from camjax.cli import analyse_options as options
from camjax.cli.options import JsonOption, ResultsArgument


def analyse(
    results: ResultsArgument,
    what: options.WhatOption = None,
    of: options.OfOption = None,
    event: options.EventOption = None,
    step: options.StepOption = None,
    first: options.FirstOption = None,
    second: options.SecondOption = None,
    window: options.WindowOption = None,
    horizon: options.HorizonOption = None,
    probability: options.ProbabilityOption = None,
    rate: options.RateOption = None,
    revenue: options.RevenueOption = None,
    deposit: options.PayerOption = None,
    level: options.LevelOption = None,
    out: options.FolderOption = None,
    list_them: options.ListOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what the paths of a run or a sweep come to, with intervals."""
    from camjax.cli.analyses import DEFAULT, analyse_all
    from camjax.cli.analysis_table import as_csv, as_records, format_analysis
    from camjax.cli.outputs import check_folder, write_texts
    from camjax.cli.told import told_undone
    from camjax.results import load_results, undone
    from camjax.runs.plain import as_document

    del list_them
    loaded = load_results(results)
    names = tuple(what or DEFAULT)
    given = options.read_options(
        loaded,
        of=of,
        event=event,
        step=step,
        first=first,
        second=second,
        window_steps=window,
        horizon_steps=horizon,
        probability=probability,
        rate=rate,
        revenue=revenue,
        deposit=deposit,
        level=level,
    )
    check_folder(out, (f"{name}.csv" for name in names))
    found = analyse_all(loaded, names, given)
    files = []
    if out is not None:
        files = write_texts(out, {f"{name}.csv": as_csv(one) for name, one in found.items()})
    if as_json:
        flags = [[dataclasses.asdict(each) for each in own] for own in undone(loaded)]
        answer = {name: as_records(one) for name, one in found.items()}
        typer.echo(as_document(answer | {"flags": flags}))
        return
    tables = (format_analysis(name, one) for name, one in found.items())
    typer.echo("\n\n".join(filter(None, ["\n".join(told_undone(loaded)), *tables])))
    if files:
        typer.echo(f"\nWrote {', '.join(files)}.")
