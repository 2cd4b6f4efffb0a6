"""Where events come from when nobody uploads them."""
