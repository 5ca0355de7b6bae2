"""Videos: folders of numbered pictures, and what a network sees of them."""
