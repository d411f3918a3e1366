"""Speed, measured beside peers in one run; the table goes into the documentation."""
