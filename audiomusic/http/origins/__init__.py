"""Under which address the server is asked, and from which other sites."""
