"""`/rest`: the Subsonic protocol with OpenSubsonic's additions, for music players."""
