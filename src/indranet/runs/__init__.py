"""What came out: run folders and the reports made from them."""
