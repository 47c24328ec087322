"""SQL of notifications: what people are told, the outbox of mails, and links of approvals."""
