"""Results of every method as long tables: a row for each output and parameter."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from calibration.sensitivity.dgsm import DgsmResult
from calibration.sensitivity.local import LocalResult
from calibration.sensitivity.morris import MorrisResult
from calibration.sensitivity.resampling import Sampled
from calibration.sensitivity.sobol import SobolResult
from calibration.sensitivity.time_resolved import TimeResolved

Row = dict[str, Any]


def local_rows(result: LocalResult) -> list[Row]:
    """Derivatives and elasticities, the largest elasticity of each output first."""
    rows = []
    for q, question in enumerate(result.questions):
        sizes = np.abs(np.nan_to_num(result.elasticity[q]))
        for k in np.argsort(-sizes, kind="stable"):
            row: Row = {"output": question, "parameter": result.names[k], "at": result.at[k]}
            row["output_value"] = result.value[q]
            for name in ("elasticity", "derivative"):
                reach = getattr(result, f"{name}_reach")[q, k]
                row |= _ends(name, getattr(result, name)[q, k], reach)
            rows.append(row)
    return rows


def sobol_rows(result: SobolResult, questions: Sequence[str]) -> list[Row]:
    """First and total indices, the largest total of each output first."""
    rows = []
    for question, indices in zip(questions, result.outputs, strict=True):
        for k in _ranked(indices.total):
            row = {"output": question, **_box(result, k)}
            rows.append(
                row | _sampled("first", indices.first, k) | _sampled("total", indices.total, k)
            )
    return rows


def second_rows(result: SobolResult, questions: Sequence[str]) -> list[Row]:
    """Second-order indices, the largest of each output first."""
    rows = []
    for question, indices in zip(questions, result.outputs, strict=True):
        for place in _ranked(indices.second):
            first, other = (result.box.names[k] for k in result.pairs[place])
            row = {"output": question, "parameter": first, "other": other}
            rows.append(row | _sampled("second", indices.second, place))
    return rows


def morris_rows(result: MorrisResult, questions: Sequence[str]) -> list[Row]:
    """Elementary effects, the largest of each output first."""
    rows = []
    for q, question in enumerate(questions):
        for k in np.argsort(-result.mean_absolute[q], kind="stable"):
            row = {"output": question, **_box(result, k)}
            row |= _ends("mean_absolute", result.mean_absolute[q, k], result.reach[q, k])
            rows.append(row | {"mean": result.mean[q, k], "std": result.std[q, k]})
    return rows


def dgsm_rows(result: DgsmResult, indices: SobolResult, questions: Sequence[str]) -> list[Row]:
    """Measures, the bounds they are of total indices, and these, the largest bound first."""
    rows = []
    for q, question in enumerate(questions):
        for k in _ranked(result.bound[q]):
            row = {"output": question, **_box(result, k)} | _sampled("bound", result.bound[q], k)
            row |= _sampled("total", indices.outputs[q].total, k)
            rows.append(row | _sampled("measure", result.measure[q], k))
    return rows


def time_rows(result: TimeResolved) -> Iterator[Row]:
    """Responses of every share at every step."""
    for t, days in enumerate(result.time_days):
        for i, deposit in enumerate(result.deposits):
            for k, name in enumerate(result.names):
                row = {"time_days": days, "deposit": deposit, "parameter": name}
                yield row | _ends("response", result.response[t, i, k], result.reach[t, i, k])


def as_csv(rows: Sequence[Row]) -> str:
    """Rows as a table with a header; blank where a number is not defined."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else repr(float(value))


def _box(result: SobolResult | MorrisResult | DgsmResult, k: int) -> Row:
    box = result.box
    return {"parameter": box.names[k], "from": box.low[k], "to": box.high[k]}


def _ranked(sampled: Sampled) -> Any:
    return np.argsort(-np.nan_to_num(sampled.value), kind="stable")


def _sampled(name: str, sampled: Sampled, k: int) -> Row:
    return _ends(name, sampled.value[k], sampled.reach[k])


def _ends(name: str, value: float, reach: float) -> Row:
    return {name: value, f"{name}_low": value - reach, f"{name}_high": value + reach}
