"""One file per process, the command line, and the only place that wires things together.

Owns how processes start, stop and fail in front of an operator; refuses any rule of the product.
"""
