"""What can be wrong with a request about files."""

from vectal.platform.errors import AppError


class StoredFileNotFoundError(AppError):
    code = "files.not_found"
    status = 404
    title = "No such file"


class VersionNotFoundError(AppError):
    code = "files.version_not_found"
    status = 404
    title = "No such version of the file"


class FolderNotFoundError(AppError):
    code = "files.folder_not_found"
    status = 404
    title = "No such folder"


class UploadNotFoundError(AppError):
    code = "files.upload_not_found"
    status = 404
    title = "No such upload"


class TargetNotFoundError(AppError):
    code = "files.target_not_found"
    status = 404
    title = "There is nothing of this kind to attach to"


class UploadGoneError(AppError):
    code = "files.upload_gone"
    status = 410
    title = "This upload has ended"


class OffsetConflictError(AppError):
    code = "files.offset_conflict"
    status = 409
    title = "The upload stands at another place"


class UploadTakenOverError(AppError):
    """A newer request sends to the same upload; the older one has to stop."""

    code = "files.upload_taken_over"
    status = 409
    title = "Another request has taken this upload over"


class LengthError(AppError):
    code = "files.wrong_length"
    status = 400
    title = "The body is not as long as was said"


class ChecksumError(AppError):
    """460 is what the tus protocol says here."""

    code = "files.checksum_mismatch"
    status = 460
    title = "The checksum does not fit the bytes"


class UnknownChecksumError(AppError):
    code = "files.unknown_checksum"
    status = 400
    title = "This kind of checksum is not taken"


class ProtocolError(AppError):
    code = "files.malformed_upload"
    status = 400
    title = "This is not as the upload protocol has it"


class ProtocolVersionError(AppError):
    code = "files.protocol_version"
    status = 412
    title = "This version of the upload protocol is not spoken"


class MediaKindError(AppError):
    code = "unsupported_media_type"
    status = 415
    title = "This kind of body is not taken"


class FileTooLargeError(AppError):
    code = "files.too_large"
    status = 413
    title = "The file is larger than may be stored"


class QuotaExceededError(AppError):
    code = "files.quota_exceeded"
    status = 409
    title = "There is no space left for this"


class TooManyStreamsError(AppError):
    code = "files.too_many_streams"
    status = 429
    title = "You are sending many files at once already"


class SenderSilentError(AppError):
    code = "files.sender_silent"
    status = 408
    title = "The rest of the body did not come in time"


class InvalidNameError(AppError):
    code = "files.invalid_name"
    status = 422
    title = "A file can't be named like this"


class LimitReachedError(AppError):
    code = "files.limit_reached"
    status = 422
    title = "That is more than fits"


class FolderPlaceError(AppError):
    code = "files.folder_place"
    status = 422
    title = "A folder can't be there"


class NotTrashedError(AppError):
    code = "files.not_trashed"
    status = 409
    title = "This is not in the trash"


class RevisionConflictError(AppError):
    code = "files.revision_conflict"
    status = 412
    title = "Someone changed this in the meantime"


class NotYoursError(AppError):
    code = "files.not_yours"
    status = 403
    title = "Only the owner of the file may do this"


class NotReadableError(AppError):
    """A scan has not ended yet, or has found something."""

    code = "files.not_readable"
    status = 409
    title = "This version can't be read"


class InfectedError(AppError):
    code = "files.infected"
    status = 422
    title = "A virus was found in this version"


class NotScannableError(AppError):
    code = "files.too_large_to_scan"
    status = 413
    title = "The file is larger than can be scanned for viruses"


class RangeError(AppError):
    code = "files.range_not_satisfiable"
    status = 416
    title = "The file has no such part"


class LinkError(AppError):
    code = "files.link_invalid"
    status = 403
    title = "This link has expired, or was never one"
