"""Where things are: towns and ports, ways over the sea and round its passages, coastlines.

Nothing here knows of firms, and a country is no more than the code beside a place.
"""
