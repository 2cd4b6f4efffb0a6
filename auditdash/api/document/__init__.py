"""The OpenAPI document, made of what the code says, and its page."""
