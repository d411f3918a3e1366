"""The verbs: each translates a network into engine arrays and the answer into a user's words."""
