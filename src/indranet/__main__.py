"""`python -m indranet` is the command line."""

from indranet.cli import main

main()
