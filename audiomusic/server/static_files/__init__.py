"""Static files: collected where they changed, put together for pages, named by what they hold."""
