"""Confront camjax with data: observed weights, scores, fits and forecasts.

Sizes used throughout: N deposits (parts of a composition), T observed rows, M ensemble members.
Importing this package loads nothing beyond what camjax itself needs.
"""
