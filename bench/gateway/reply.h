/* An HTTP answer, read as its bytes come, cut anywhere. */
#ifndef BENCH_REPLY_H
#define BENCH_REPLY_H

#include "net.h"

#include <stdbool.h>

#define MAX_HEAD 16384
#define MAX_TAIL 64

enum phase { HEAD, PLAIN, UNTIL_CLOSE, SIZE, CHUNK, AFTER_CHUNK, TRAILER, WHOLE, MALFORMED };

struct reply {
    enum phase phase;
    char head[MAX_HEAD], tail[MAX_TAIL]; /* the tail of the body tells whether a stream is whole */
    size_t head_size, tail_size;
    int status;
    long left;
    bool closes, is_stream, line_ended;
    long events, bytes;
};

static inline void reply_reset(struct reply *r) {
    r->phase = HEAD;
    r->head_size = r->tail_size = 0;
    r->status = 0;
    r->left = r->events = r->bytes = 0;
    r->closes = r->is_stream = r->line_ended = false;
}

static inline void reply_keep_tail(struct reply *r, const char *at, size_t size) {
    if (size >= MAX_TAIL) {
        memcpy(r->tail, at + size - MAX_TAIL, MAX_TAIL);
        r->tail_size = MAX_TAIL;
        return;
    }
    size_t kept = r->tail_size + size > MAX_TAIL ? MAX_TAIL - size : r->tail_size;
    memmove(r->tail, r->tail + r->tail_size - kept, kept);
    memcpy(r->tail + kept, at, size);
    r->tail_size = kept + size;
}

/* Counts events by the empty lines that end them. */
static inline void reply_take_body(struct reply *r, const char *at, size_t size) {
    r->bytes += (long)size;
    reply_keep_tail(r, at, size);
    if (!r->is_stream) return;
    for (size_t i = 0; i < size; i++) {
        if (at[i] == '\r') continue;
        if (at[i] == '\n' && r->line_ended) r->events++;
        r->line_ended = at[i] == '\n' && !r->line_ended;
    }
}

static inline void reply_read_head(struct reply *r) {
    const char *length = header(r->head, r->head_size, "content-length");
    const char *coding = header(r->head, r->head_size, "transfer-encoding");
    const char *type = header(r->head, r->head_size, "content-type");
    const char *connection = header(r->head, r->head_size, "connection");
    r->status = r->head_size > 12 ? atoi(r->head + 9) : 0;
    r->is_stream = type != NULL && strncasecmp(type, "text/event-stream", 17) == 0;
    r->closes = connection != NULL && strncasecmp(connection, "close", 5) == 0;
    r->left = length == NULL ? 0 : atol(length);
    if (coding != NULL && strncasecmp(coding, "chunked", 7) == 0) r->phase = SIZE;
    else if (length == NULL) r->phase = UNTIL_CLOSE;
    else r->phase = r->left > 0 ? PLAIN : WHOLE;
}

static inline void reply_take_head(struct reply *r, char byte) {
    if (r->head_size == MAX_HEAD) {
        r->phase = MALFORMED;
        return;
    }
    r->head[r->head_size++] = byte;
    if (byte == '\n' && r->head_size >= 4 &&
        memcmp(r->head + r->head_size - 4, "\r\n\r\n", 4) == 0)
        reply_read_head(r);
}

static inline int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* A byte of the framing of chunks. `line_size` of a trailer is kept in `left`. */
static inline void reply_take_framing(struct reply *r, char byte) {
    if (r->phase == AFTER_CHUNK) {
        if (byte == '\n') r->phase = SIZE, r->left = 0;
    } else if (r->phase == SIZE) {
        if (byte == '\n') r->phase = r->left > 0 ? CHUNK : TRAILER;
        else if (byte != '\r' && hex_digit(byte) < 0) r->phase = MALFORMED;
        else if (byte != '\r') r->left = r->left * 16 + hex_digit(byte);
    } else if (byte == '\n') {
        if (r->left == 0) r->phase = WHOLE;
        r->left = 0;
    } else if (byte != '\r') {
        r->left++;
    }
}

/* Takes some bytes; the phase afterwards says whether the answer is whole. */
static inline void reply_feed(struct reply *r, const char *at, size_t size) {
    const char *end = at + size;
    while (at < end) {
        if (r->phase == HEAD) {
            reply_take_head(r, *at++);
        } else if (r->phase == PLAIN || r->phase == CHUNK || r->phase == UNTIL_CLOSE) {
            size_t here = (size_t)(end - at);
            if (r->phase != UNTIL_CLOSE && here > (size_t)r->left) here = (size_t)r->left;
            reply_take_body(r, at, here);
            at += here;
            if (r->phase == UNTIL_CLOSE) continue;
            r->left -= (long)here;
            if (r->left == 0) r->phase = r->phase == PLAIN ? WHOLE : AFTER_CHUNK;
        } else if (r->phase == WHOLE || r->phase == MALFORMED) {
            r->phase = MALFORMED; /* nothing was asked for that could follow */
            return;
        } else {
            reply_take_framing(r, *at++);
        }
    }
}

/* A 200, and for a stream: one that came to its formal end. */
static inline bool reply_is_good(const struct reply *r) {
    if (r->phase != WHOLE || r->status != 200) return false;
    if (!r->is_stream) return r->bytes > 0;
    return memmem(r->tail, r->tail_size, "[DONE]", 6) != NULL ||
           memmem(r->tail, r->tail_size, "message_stop", 12) != NULL;
}

#endif
