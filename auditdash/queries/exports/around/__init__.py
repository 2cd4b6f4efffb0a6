"""What stood around exports: the networks that they came from, the access gained before them."""
