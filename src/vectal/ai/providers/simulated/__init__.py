"""The Simulator: a provider of our own, without a model.

It is labelled as such wherever it shows. It lets every screen and flow work before there is an
API key: it streams, counts real tokens, calls tools for plain requests, and fails on demand. It
refuses to pretend: what it can't do it says, and how to add a real provider.
"""
