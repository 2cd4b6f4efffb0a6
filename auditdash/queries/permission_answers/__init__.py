"""What the permission changes answer: acts, numbers, matrices, how long access lasted."""
