"""The staff's pages of users, keys, player passwords, groups and the ledger. No secret
is shown: none is known."""
