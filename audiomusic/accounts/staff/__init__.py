"""Admin pages of users, keys, player passwords, groups and the ledger. They show no secrets: none are stored
in readable form."""
