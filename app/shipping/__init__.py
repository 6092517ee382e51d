"""The shipping trade: which carrier, whether the address will do, and the parcel as a wish in the store. It never speaks to a
carrier (the jobs do), and never changes an address that the merchant did not correct."""

#: The change report's table of parcels.
PARCELS = "parcels"
