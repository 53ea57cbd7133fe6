"""The tools that programs can call: a table, with a few lines per tool on top of the API."""
