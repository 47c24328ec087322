"""SQL of documents, their pages, chunks and vectors."""
