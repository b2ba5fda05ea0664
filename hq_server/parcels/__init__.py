"""Parcels at HQ: couriers' manifests in, findings on disputes, what is owed to senders, which case belongs to whom."""
