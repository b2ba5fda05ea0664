"""What every screen is made of: rows of text, the input line, and the fixed frame around them."""
