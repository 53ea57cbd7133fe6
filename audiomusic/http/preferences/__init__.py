"""What a browser tells of its reader in cookies of its own: light or dark, and the time zone. Neither is an
account's: both hold before anybody has signed in."""
