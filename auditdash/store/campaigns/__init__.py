"""Rows of access reviews: campaigns, their lines, who is asked, what was decided."""
