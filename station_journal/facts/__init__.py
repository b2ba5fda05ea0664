"""Facts of single services, a module for each; ``station_journal.records`` holds their closed union with all others."""
