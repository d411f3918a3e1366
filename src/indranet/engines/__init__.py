"""Engines: arrays in, arrays out, with no word of countries or firms.

Each is callable alone and says which equations it follows, so that a reader can hold it to any
paper. Compiled kernels have a plain NumPy twin beside them that tests hold them to.
"""

from indranet.engines.cache import keep_kernels

keep_kernels()
