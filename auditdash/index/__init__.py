"""What questions are answered from: columns derived from the records, beside the database.

The database keeps the evidence; everything here is a pure function of the events 1 … n of a
workspace, may be thrown away at any time, and is made again from them in the order of their seq.
"""
