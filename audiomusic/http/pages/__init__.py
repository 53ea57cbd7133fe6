"""What every page shares: its theme and its reader's time zone, which are cookies and no account's, and how
it says times, errors and right-to-left texts."""
