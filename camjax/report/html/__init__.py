"""The page, from the report as data."""
