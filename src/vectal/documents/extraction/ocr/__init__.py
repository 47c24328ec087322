"""Text out of pictures of pages: tesseract first, and a second engine for photos and noise.

Owns the choice between the two and the way back from a turned picture to the page. It runs in
the locked child only.
"""
