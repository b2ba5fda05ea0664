"""The counter's screens: keys in, sentences out. All they know of the station is ``station_pos.counter``."""
