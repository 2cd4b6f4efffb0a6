"""Single sign-on (OpenID Connect): the provider, what it says of people, and their accounts."""
