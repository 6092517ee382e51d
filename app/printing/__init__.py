"""Documents of stored orders: address labels and packing slips as PDF. From stored data only; no network is ever asked."""
