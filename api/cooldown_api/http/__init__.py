"""What is of HTTP and of no route: errors as problems, limits, ranges, headers, the document of the API."""
