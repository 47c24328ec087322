/* A model provider that costs next to nothing: one thread, epoll, kept and pipelined connections.

   POST /v1/chat/completions and /v1/messages answer a JSON object of about 1 kB, or a stream of
   server-sent events when the body says "stream":true. `?chunks=` and `?pause_us=` shape a
   stream; POST /plan?chunks=&pause_us= sets what holds for all streams after it, so that a
   gateway in between need not pass anything on. GET /v1/models and /health are there, too. */
#define _GNU_SOURCE
#include "net.h"

#include <stdbool.h>

#define MAX_REQUEST (64 << 20)
#define MAX_PACED 65536
#define JSON "application/json"

/* All that a wire says, framed for HTTP once at the start. */
struct script {
    char whole[4096], first[2048], chunk[1024], last[2048];
    size_t whole_size, first_size, chunk_size, last_size;
};

struct plan {
    long chunks;
    nanos pause;
};

struct client {
    int fd;
    char *in;
    size_t held, room, wanted; /* `wanted`: the size of the request that has begun, once known */
    char *out;
    size_t owed; /* bytes that the socket did not take yet */
    const struct script *script;
    long left; /* pieces that a stream still owes; 0: there is no stream */
    nanos pause, due;
    int place; /* among the paced, or -1 */
    bool opened, last, closes, broken, waits;
};

static struct script chat, messages;
static struct plan plan = {50, 0};
static struct client *paced[MAX_PACED];
static int paced_count, epoll, timer;
static bool paces_anew;

static const char WORDS[] =
    "A difference engine adds columns of figures and prints what it finds. It has no opinion, "
    "no memory of yesterday, and never tires; all that it needs is a crank and somebody who "
    "turns it. The tables that it made were free of the slips of tired clerks, which is what "
    "its maker had wanted when he said that he wished such sums could be done by steam. "
    "Ships found their harbours by tables like these, banks their interest, and gunners their "
    "range, so that a wrong digit had a price that somebody else paid much later, at sea. "
    "It was never finished, though a part of it stood in a drawing room, where guests turned "
    "the crank and were told what they saw; most of them admired the brass.";

static size_t frame(char *to, const char *event) {
    return (size_t)sprintf(to, "%zx\r\n%s\r\n", strlen(event), event);
}

static size_t whole_answer(char *to, int status, const char *type, const char *body) {
    return (size_t)sprintf(to, "HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %zu\r\n\r\n%s",
                           status, status == 200 ? "OK" : "No", type, strlen(body), body);
}

static size_t stream_head(char *to) {
    return (size_t)sprintf(to, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                               "cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n");
}

#define CHUNK(choice) \
    "data: {\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"created\":1700000000," \
    "\"model\":\"mock\",\"choices\":[" choice "]"
#define COUNTS "{\"prompt_tokens\":200,\"completion_tokens\":50,\"total_tokens\":250}"

static void write_chat(void) {
    char body[3000], *at = chat.first;
    sprintf(body, "{\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion\",\"created\":1700000000,"
                  "\"model\":\"mock\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                  "\"content\":\"%s\"},\"finish_reason\":\"stop\"}],\"usage\":" COUNTS "}", WORDS);
    chat.whole_size = whole_answer(chat.whole, 200, JSON, body);
    at += stream_head(at);
    at += frame(at, CHUNK("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"A\"},"
                          "\"finish_reason\":null}") "}\n\n");
    chat.first_size = (size_t)(at - chat.first);
    chat.chunk_size = frame(chat.chunk, CHUNK("{\"index\":0,\"delta\":{\"content\":\" word\"},"
                                              "\"finish_reason\":null}") "}\n\n");
    at = chat.last;
    at += frame(at, CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}") "}\n\n");
    at += frame(at, CHUNK("") ",\"usage\":" COUNTS "}\n\n");
    at += frame(at, "data: [DONE]\n\n");
    at += sprintf(at, "0\r\n\r\n");
    chat.last_size = (size_t)(at - chat.last);
}

#define EVENT(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define DELTA(text) EVENT("content_block_delta", \
    ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" text "\"}")
#define MESSAGE "\"id\":\"msg_mock\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"mock\","

static void write_messages(void) {
    char body[3000], *at = messages.first;
    sprintf(body, "{" MESSAGE "\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"stop_reason\":"
                  "\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":200,"
                  "\"output_tokens\":50}}", WORDS);
    messages.whole_size = whole_answer(messages.whole, 200, JSON, body);
    at += stream_head(at);
    at += frame(at, EVENT("message_start", ",\"message\":{" MESSAGE "\"content\":[],\"stop_reason\":"
                          "null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":200,"
                          "\"output_tokens\":1}}")
                    EVENT("content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\","
                          "\"text\":\"\"}") DELTA("A"));
    messages.first_size = (size_t)(at - messages.first);
    messages.chunk_size = frame(messages.chunk, DELTA(" word"));
    at = messages.last;
    at += frame(at, EVENT("content_block_stop", ",\"index\":0")
                    EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\","
                          "\"stop_sequence\":null},\"usage\":{\"output_tokens\":50}")
                    EVENT("message_stop", ""));
    at += sprintf(at, "0\r\n\r\n");
    messages.last_size = (size_t)(at - messages.last);
}

static void listen_for_room(struct client *c, bool waits) {
    if (c->waits == waits) return;
    c->waits = waits;
    watch(epoll, EPOLL_CTL_MOD, c->fd, EPOLLIN | EPOLLRDHUP | (waits ? EPOLLOUT : 0), c);
}

static void put(struct client *c, const char *bytes, size_t size) {
    ssize_t sent = 0;
    if (c->owed == 0) {
        sent = send(c->fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) c->broken = true;
        if (sent < 0) sent = 0;
    }
    size -= (size_t)sent;
    if (size == 0 || c->broken) return;
    c->out = grown(c->out, c->owed + size);
    memcpy(c->out + c->owed, bytes + sent, size);
    c->owed += size;
    listen_for_room(c, true);
}

static void flush(struct client *c) {
    ssize_t sent = send(c->fd, c->out, c->owed, MSG_NOSIGNAL);
    if (sent < 0) {
        c->broken = errno != EAGAIN;
        return;
    }
    c->owed -= (size_t)sent;
    memmove(c->out, c->out + sent, c->owed);
    if (c->owed == 0) listen_for_room(c, false);
}

static void unpace(struct client *c) {
    if (c->place < 0) return;
    paced[c->place] = paced[--paced_count];
    paced[c->place]->place = c->place;
    c->place = -1;
}

/* One piece of the stream, in a write of its own. */
static void step(struct client *c) {
    const struct script *said = c->script;
    if (!c->opened) put(c, said->first, said->first_size);
    else if (c->left > 1) put(c, said->chunk, said->chunk_size);
    else put(c, said->last, said->last_size);
    c->opened = true;
    if (--c->left == 0) unpace(c);
}

static void begin_stream(struct client *c, const struct script *said, struct plan wanted) {
    c->script = said;
    c->left = wanted.chunks + 1;
    c->pause = wanted.pause;
    c->opened = false;
    if (c->pause == 0 || paced_count == MAX_PACED) return;
    c->place = paced_count;
    paced[paced_count++] = c;
    paces_anew = true;
    /* Streams that begin together would else stay in step, and be read in one go. */
    c->due = clock_now() + c->pause * (1 + rand() % 1000) / 1000;
    step(c);
}

static bool asks_for_stream(const char *body, size_t size) {
    const char *end = body + size, *at = memmem(body, size, "\"stream\"", 8);
    if (at == NULL) return false;
    for (at += 8; at < end && (*at == ' ' || *at == ':'); at++) continue;
    return end - at >= 4 && memcmp(at, "true", 4) == 0;
}

static long number_in(const char *query, const char *name, long otherwise) {
    const char *at = strstr(query, name);
    return at == NULL ? otherwise : atol(at + strlen(name));
}

static struct plan read_plan(const char *query) {
    struct plan found = {number_in(query, "chunks=", plan.chunks),
                         1000 * number_in(query, "pause_us=", plan.pause / 1000)};
    if (found.chunks < 1) found.chunks = 1;
    return found;
}

static void tell(struct client *c, int status, const char *body) {
    char text[1024];
    put(c, text, whole_answer(text, status, JSON, body));
}

static void answer(struct client *c, const char *path, const char *body, size_t size) {
    const struct script *said = NULL;
    if (strncmp(path, "POST /v1/chat/completions", 25) == 0) said = &chat;
    else if (strncmp(path, "POST /v1/messages", 17) == 0) said = &messages;
    if (said != NULL && asks_for_stream(body, size)) begin_stream(c, said, read_plan(path));
    else if (said != NULL) put(c, said->whole, said->whole_size);
    else if (strncmp(path, "POST /plan", 10) == 0) plan = read_plan(path), tell(c, 200, "{}");
    else if (strncmp(path, "GET /health", 11) == 0) tell(c, 200, "{\"status\":\"ok\"}");
    else if (strncmp(path, "GET /v1/models", 14) == 0)
        tell(c, 200, "{\"object\":\"list\",\"data\":[{\"id\":\"mock\",\"object\":\"model\","
                     "\"created\":1700000000,\"owned_by\":\"bench\"}]}");
    else tell(c, 404, "{\"error\":{\"message\":\"There is nothing here.\"}}");
}

/* The size of the head that `in` begins with, 0 when it is not whole yet; sets `wanted`. */
static size_t read_head(struct client *c) {
    const char *end = memmem(c->in, c->held, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    size_t head = (size_t)(end - c->in) + 4;
    const char *length = header(c->in, head, "content-length");
    const char *connection = header(c->in, head, "connection");
    long body = length == NULL ? 0 : atol(length);
    bool refused = body < 0 || body > MAX_REQUEST || header(c->in, head, "transfer-encoding");
    c->last = refused || (connection != NULL && strncasecmp(connection, "close", 5) == 0);
    c->wanted = refused ? head : head + (size_t)body;
    if (refused) c->in[0] = '?'; /* no path begins so */
    return head;
}

/* Answers one request; false when none has come in whole. */
static bool answer_next(struct client *c) {
    char path[256];
    if (c->held == 0 || c->held < c->wanted) return false;
    size_t head = read_head(c);
    if (head == 0 || c->held < c->wanted) return false;
    size_t shown = strcspn(c->in, "\r\n");
    if (shown >= sizeof path) shown = sizeof path - 1;
    memcpy(path, c->in, shown);
    path[shown] = 0;
    c->closes = c->last;
    answer(c, path, c->in + head, c->wanted - head);
    c->held -= c->wanted;
    memmove(c->in, c->in + c->wanted, c->held);
    c->wanted = 0;
    return true;
}

static void hang_up(struct client *c) {
    unpace(c);
    close(c->fd);
    free(c->in);
    free(c->out);
    free(c);
}

/* As far as it goes without waiting. */
static void advance(struct client *c) {
    for (;;) {
        while (c->left > 0 && c->place < 0 && c->owed == 0 && !c->broken) step(c);
        if (c->broken) return hang_up(c);
        if (c->left > 0 || c->owed > 0) return;
        if (c->closes) return hang_up(c);
        if (!answer_next(c)) return;
    }
}

static void take(struct client *c) {
    for (;;) {
        if (c->room < c->held + 4096) c->in = grown(c->in, c->room = 2 * c->room + 16384);
        size_t space = c->room - c->held - 1;
        ssize_t got = recv(c->fd, c->in + c->held, space, 0);
        if (got < 0 && errno == EAGAIN) break;
        if (got <= 0 || c->held > 2L * MAX_REQUEST) return hang_up(c);
        c->held += (size_t)got;
        c->in[c->held] = 0;
        if ((size_t)got < space) break;
    }
    advance(c);
}

static void welcome(int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct client *c = calloc(1, sizeof *c);
        if (c == NULL) die("memory");
        c->fd = fd;
        c->place = -1;
        send_at_once(fd);
        watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP, c);
    }
}

/* Sends what is due, and sets the timer to the next piece. */
static void ring(void) {
    nanos at = clock_now(), next = 0;
    /* From the end: a stream that ends here gives its place to one that was looked at. */
    for (int place = paced_count - 1; place >= 0; place--) {
        struct client *c = paced[place];
        if (c->due > at) continue;
        c->due = c->due + c->pause > at ? c->due + c->pause : at + c->pause;
        if (c->owed == 0) step(c); /* else its reader is behind, and this piece is late */
        if (c->place < 0 || c->broken) advance(c);
    }
    for (int place = 0; place < paced_count; place++)
        if (next == 0 || paced[place]->due < next) next = paced[place]->due;
    arm(timer, next);
    paces_anew = false;
}

int main(void) {
    struct epoll_event found[512];
    int port, listener = listen_anywhere(&port);
    write_chat();
    write_messages();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    timer = make_timer(epoll, &timer);
    watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
    printf("%d\n", port);
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(epoll, found, 512, -1);
        bool rings = false;
        for (int i = 0; i < count; i++) {
            struct client *c = found[i].data.ptr;
            if (c == NULL) welcome(listener);
            else if ((void *)c == &timer) rings = true;
            else if (found[i].events & (EPOLLHUP | EPOLLERR)) hang_up(c);
            else if (found[i].events & EPOLLIN) take(c);
            else if (found[i].events & EPOLLRDHUP) hang_up(c);
            else if (found[i].events & EPOLLOUT) flush(c), advance(c);
        }
        if (rings || paces_anew) ring();
    }
}
