"""The list of tools, and which of them a caller can see."""

from __future__ import annotations

from audiomusic.mcp.caller import McpCaller
from audiomusic.mcp.tools.changing import CHANGING
from audiomusic.mcp.tools.generation import ALIASES, MAKING
from audiomusic.mcp.tools.reading import READING
from audiomusic.mcp.tools.tool import Tool

TOOLS: dict[str, Tool] = {tool.name: tool for tool in (*MAKING, *READING, *CHANGING)}
DESCRIPTIONS = {name: tool.describe() for name, tool in TOOLS.items()}


def tools_of(caller: McpCaller) -> list[Tool]:
    return [tool for tool in TOOLS.values() if tool.is_offered and caller.allows(tool.scope)]


def tool_named(name: str) -> Tool | None:
    """Return a tool that the server offers, whether or not the caller may use it."""
    tool = TOOLS.get(name) or ALIASES.get(name)
    return tool if tool and tool.is_offered else None
