"""Data that comes with the package; origins and licences stand in ATTRIBUTION.md beside it."""
