"""From rows and refusals to the words of the screen. Pure: figures in, lines out."""
