"""What the log tells about data exports, from columns of numbers: no object for each export."""
