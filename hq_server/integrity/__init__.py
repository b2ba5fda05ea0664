"""The checks that HQ runs on itself and on the network every night; each finding goes to the station it is about."""
