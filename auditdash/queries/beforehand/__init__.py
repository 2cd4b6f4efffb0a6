"""What is made of the events before anybody asks."""
