"""Documents of the layouts that come with the program; each becomes a stored version when it is first needed."""
