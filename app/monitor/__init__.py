"""How well each connection is: state, figures and blame from samples. Reads the store; changes nothing at a vendor."""
