"""Text as sequences of tokens: the vocabulary, and what turns a text into the numbers of its tokens."""
