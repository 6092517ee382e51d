"""Working on orders: packing them by scanner, and what is printed by itself on the way. No window, no printer and no network is
touched from here; who prints is handed in."""
