"""What an operator or the machine may ask of the register, and the pure rules that decide it."""
