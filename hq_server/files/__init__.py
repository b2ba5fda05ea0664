"""Files of other parties: layouts as data, one streaming reader for all of them, the raw bytes kept by their hash.

`profile` says how a party writes, `reading` and `camt` read by it in constant memory, `intake` takes a file in whole.
What a row means for a biller or a bank is not known here.
"""
