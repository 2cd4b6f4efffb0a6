"""The made-up firm of the demo: its people, what they do, the stories planted in it."""
