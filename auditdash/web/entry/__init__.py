"""What every request passes: the door, the headers, the errors; and where one arrives."""
