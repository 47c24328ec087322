"""The wire endpoints under `/v1`: what OpenAI's and Anthropic's own clients speak.

Owns reading such requests and writing answers and errors in the shape of the vendor whose path
was called. It refuses to choose a model or to count money; `ai.service.gateway` does.
"""
