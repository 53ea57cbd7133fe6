"""What all pages share: the theme and the reader's time zone, which are in cookies and not in the account,
and the wording of times, errors and right-to-left texts.
"""
