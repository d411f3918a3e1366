"""What the world is: the tables of a case, their checks, and the network they make."""
