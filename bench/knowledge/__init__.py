"""What reading, OCR and embedding cost, and how well OCR reads."""
