"""OpenAI's embeddings as a wire of clients: a list of texts in, a list of vectors out.

Owns reading the request and writing an answer that no vendor wrote. Errors have the shape of chat
completions.
"""
