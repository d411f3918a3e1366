"""Other people's files become cases, one module a format; made-up cases of any size."""
