"""One module for each screen. Screens do not know each other: a message to the app opens the next one."""
