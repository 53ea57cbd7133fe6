"""Many songs at once: liked, put into a playlist, downloaded, deleted with some seconds to think again."""
