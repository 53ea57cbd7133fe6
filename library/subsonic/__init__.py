"""`/rest`: the Subsonic protocol with OpenSubsonic's extensions, for music players."""
