"""The Model Context Protocol: what programs around language models use to make music here, at `/mcp` and by
`manage.py mcp`.

django-mcpz 1.2.0 (MIT, well kept, both eras of the protocol) was tried first: it has tools alone, no
resources and no prompts, and its server is a view, so that stdio would need a second one beside it. `mcp`
itself brings an ASGI server. What is left to do by hand is small: one message in, one message out.
"""
