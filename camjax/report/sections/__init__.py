"""The chapters of a report, one file each or a few that are alike."""
