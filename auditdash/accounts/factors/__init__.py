"""What somebody has beside a password: an authenticator app, passkeys, recovery codes."""
