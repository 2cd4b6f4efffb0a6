"""What can be downloaded, as data: whoever asks and whoever writes the file mean the same."""
