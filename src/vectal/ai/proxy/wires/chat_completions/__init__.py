"""OpenAI's chat completions, as a client speaks them.

The shape has no place for signed thinking, for citations of documents, or for marks of errors
in tool results; `reasoning_content` is taken and given as DeepSeek does.
"""
