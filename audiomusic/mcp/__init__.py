"""The Model Context Protocol, with which programs that use language models make music here, at `/mcp` and
with `manage.py mcp`.

django-mcpz 1.2.0 (MIT, well maintained, both eras of the protocol) was tried first: it supports only tools,
no resources and no prompts, and its server is a view, so stdio would need a second one. `mcp` itself needs an
ASGI server. The code that remains to be written is small: one message in, one message out.
"""
