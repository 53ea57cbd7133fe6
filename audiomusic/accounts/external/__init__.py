"""Sign-in through others: OpenID Connect, and a proxy that says who is there."""
