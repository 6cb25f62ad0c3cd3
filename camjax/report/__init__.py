"""Reports that people read: one HTML file, and figures for papers."""

from camjax.report.build import build_report
from camjax.report.content import Report
from camjax.report.html.page import page

__all__ = ["Report", "build_report", "page"]
