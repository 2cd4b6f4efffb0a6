"""Tables, as far as one module cannot hold them all; store.schema knows every one."""
