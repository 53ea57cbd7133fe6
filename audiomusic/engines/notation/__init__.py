"""Reads and writes scores in ABC, and writes MusicXML."""
