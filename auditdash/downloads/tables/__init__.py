"""What a file has in it: rows with named, typed columns, whatever form it takes."""
