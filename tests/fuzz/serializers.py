"""What schemathesis has to be told: parts of an upload, and mails, are plain bytes."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
schemathesis.serializer.alias("message/rfc822", "application/octet-stream")
