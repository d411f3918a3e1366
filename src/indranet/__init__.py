"""Indranet: what networks and critical services depend on, and what a loss takes away."""

__version__ = "0.1.0"
