"""Notifications: a person is told that a run needs her, in the app and by mail.

Owns what she is told, what of it she wants by mail, the outbox of mails, and the links in them
with which an approval is decided. Refuses to put into a mail what a model or a stranger has
written, and to let a link decide anything but the one call that it was made for.
"""
