"""What programs can have done here: a table of tools, each a few lines over the API."""
