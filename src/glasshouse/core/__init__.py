"""The ground floor: what every other floor may lean on, and which itself knows none of them."""
