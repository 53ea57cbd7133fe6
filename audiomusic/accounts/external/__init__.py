"""Sign-in through OpenID Connect or an authenticating proxy."""
