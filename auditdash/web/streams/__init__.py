"""Settings → Streams: what goes on to other programs as it comes."""
