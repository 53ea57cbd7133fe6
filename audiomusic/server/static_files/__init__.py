"""Static files: collected when they change, bundled for pages, and named after their content."""
