/* The load: one thread, kept connections, one request over and over.

   load port=8080 path=/v1/chat/completions body=FILE bearer=KEY mode=closed connections=16
        seconds=2 rate=100

   closed  each connection asks again as soon as it was answered
   open    `rate` requests a second, whatever the answers do: what waits for a free connection has
           begun when it was due
   burst   all connections ask at once; when all are answered, again
   hold    all connections ask, and what they get is left open: says {"open":…} when no more come,
           then counts the events of `seconds`

   Prints one JSON object; requests that began before the end are waited for and counted. */
#define _GNU_SOURCE
#include "reply.h"

#define PATIENCE (20 * SECOND) /* for what is still under way at the end */
#define STALL (8 * SECOND)     /* a held stream that has not begun by then after the last one */
#define BURST_GAP (SECOND / 10)
#define OPENING 64 /* streams that may be about to begin */
#define MAX_ERRORS 1000

enum state { DOWN, DIALING, IDLE, BUSY };
enum mode { CLOSED, OPEN, BURST, HOLD };

struct call {
    int fd;
    enum state state;
    bool wanted, reused; /* `wanted`: a request waits for the connection */
    size_t sent;
    nanos began, first;
    struct reply reply;
};

struct series {
    nanos *values;
    size_t count, room;
};

static struct {
    int port, connections;
    enum mode mode;
    const char *path, *body, *bearer;
    double seconds, rate;
} wish = {.connections = 16, .path = "/v1/chat/completions", .bearer = "", .seconds = 2};

static struct call *calls;
static char *request;
static size_t request_size;
static struct series whole, first;
static nanos started, ends, progress, armed;
static long issued, requests, errors, chunks, chunks_before;
static int epoll, timer, busy, opened;
static bool late, holds, done;
static char complaint[256];

static void note(struct series *s, nanos value) {
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 4096;
        s->values = grown(s->values, s->room * sizeof value);
    }
    s->values[s->count++] = value;
}

static void drop(struct call *c) {
    if (c->state != DOWN) close(c->fd);
    c->state = DOWN;
    c->reused = false;
}

static void settle(struct call *c) {
    if (c->wanted || c->state == BUSY) busy--;
    if (c->first != 0) opened--;
    c->wanted = false;
    c->first = 0;
}

static void fail(struct call *c, const char *why) {
    if (errors == 0)
        snprintf(complaint, sizeof complaint, "%s, status %d, ends with: %.*s", why,
                 c->reply.status, (int)c->reply.tail_size, c->reply.tail);
    settle(c);
    drop(c);
    if (++errors == MAX_ERRORS) done = true;
}

static void push(struct call *c) {
    while (c->sent < request_size) {
        ssize_t sent = send(c->fd, request + c->sent, request_size - c->sent, MSG_NOSIGNAL);
        if (sent < 0) return; /* no room yet, or broken: then reading says so */
        c->sent += (size_t)sent;
    }
}

static void connect_call(struct call *c) {
    c->fd = dial(wish.port);
    if (c->fd < 0) die("connect");
    c->state = DIALING;
    watch(epoll, EPOLL_CTL_ADD, c->fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, c);
}

/* Send the request over this connection; a `wanted` one counts as busy already. */
static void begin(struct call *c, nanos began) {
    if (!c->wanted) busy++;
    c->began = began;
    c->first = 0;
    c->wanted = c->state != IDLE;
    if (c->state == DOWN) connect_call(c);
    if (c->state != IDLE) return;
    c->state = BUSY;
    c->sent = 0;
    reply_reset(&c->reply);
    push(c);
}

static void finish(struct call *c) {
    if (!reply_is_good(&c->reply)) return fail(c, "a bad answer");
    nanos at = clock_now();
    requests++;
    note(&whole, at - c->began);
    note(&first, c->first - c->began);
    settle(c);
    c->state = IDLE;
    c->reused = true;
    if (c->reply.closes) drop(c);
}

static void lose(struct call *c) {
    if (c->state != BUSY) {
        if (c->wanted) fail(c, "no connection");
        drop(c);
    } else if (c->reply.phase == UNTIL_CLOSE) {
        c->reply.phase = WHOLE;
        c->reply.closes = true;
        finish(c);
    } else if (c->reused && c->reply.head_size == 0) {
        /* The other side closed what it took for idle: not its fault, nor the request's. */
        drop(c);
        c->wanted = true;
        begin(c, c->began);
    } else {
        fail(c, "the connection ended");
    }
}

static void hear(struct call *c, const char *bytes, size_t size) {
    long before = c->reply.events;
    reply_feed(&c->reply, bytes, size);
    chunks += c->reply.events - before;
    if (c->first == 0 && c->reply.bytes > 0 && c->reply.status == 200) {
        c->first = progress = clock_now();
        opened++;
    }
    if (c->reply.phase == WHOLE) finish(c);
    else if (c->reply.phase == MALFORMED) fail(c, "no HTTP");
}

static void take(struct call *c) {
    static char buffer[1 << 18];
    while (c->state == BUSY || c->state == IDLE) {
        ssize_t got = recv(c->fd, buffer, sizeof buffer, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return lose(c);
        if (c->state == IDLE) return drop(c); /* an answer that nobody asked for */
        hear(c, buffer, (size_t)got);
    }
}

static void wake(struct call *c, uint32_t events) {
    if (c->state == DIALING) {
        if (events & (EPOLLERR | EPOLLHUP)) return lose(c);
        if (!(events & EPOLLOUT)) return;
        c->state = IDLE;
        if (c->wanted) begin(c, c->began);
    } else if (c->state == BUSY && c->sent < request_size) {
        push(c);
    }
    take(c);
}

static bool is_free(const struct call *c) {
    return !c->wanted && c->state != BUSY;
}

static void ask_all(nanos at) {
    for (int i = 0; i < wish.connections; i++)
        if (is_free(&calls[i])) begin(&calls[i], at);
}

/* The requests that are due by now; returns when the next one is. */
static nanos ask_on_time(nanos at) {
    nanos gap = (nanos)(SECOND / wish.rate);
    for (int i = 0; started + issued * gap <= at; i++) {
        if (i == wish.connections) {
            late = true; /* what is due waits, and its time runs */
            return ends;
        }
        if (!is_free(&calls[i])) continue;
        begin(&calls[i], late ? started + issued * gap : at);
        issued++;
        i = -1;
    }
    late = false;
    return started + issued * gap;
}

static nanos ask_in_bursts(nanos at) {
    static nanos rests_until;
    if (busy > 0) {
        rests_until = 0;
        return ends;
    }
    if (rests_until == 0) rests_until = at + BURST_GAP;
    if (at < rests_until) return rests_until;
    ask_all(at);
    return ends;
}

/* Streams begin a few at a time; when no more come, their events are counted for a while. */
static nanos hold(nanos at) {
    while (issued < wish.connections && busy - opened < OPENING) begin(&calls[issued++], at);
    if (holds) return ends;
    if (progress == 0) progress = at;
    if (opened < wish.connections && at < progress + STALL) return progress + STALL;
    printf("{\"open\":%d}\n", opened);
    fflush(stdout);
    holds = true;
    chunks_before = chunks;
    started = clock_now();
    return ends = started + (nanos)(wish.seconds * SECOND);
}

static void tick(void) {
    nanos at = clock_now(), next = ends;
    if (wish.mode == HOLD) {
        next = hold(at);
        done = done || (holds && at >= ends);
    } else if (at >= ends) {
        next = ends + PATIENCE;
        if (at >= next) errors += busy;
        done = done || busy == 0 || at >= next;
    } else if (wish.mode == CLOSED) {
        ask_all(at);
    } else {
        next = wish.mode == OPEN ? ask_on_time(at) : ask_in_bursts(at);
    }
    if (next != armed) arm(timer, armed = next);
}

static void pump(int wait_ms) {
    struct epoll_event found[256];
    int count = epoll_wait(epoll, found, 256, wait_ms);
    for (int i = 0; i < count; i++) {
        if (found[i].data.ptr == &timer) armed = 0, arm(timer, 0);
        else wake(found[i].data.ptr, found[i].events);
    }
}

static int by_size(const void *a, const void *b) {
    nanos one = *(const nanos *)a, other = *(const nanos *)b;
    return (one > other) - (one < other);
}

static double quantile_ms(struct series *s, double share) {
    if (s->count == 0) return -1;
    qsort(s->values, s->count, sizeof(nanos), by_size);
    return (double)s->values[(size_t)(share * (double)(s->count - 1))] / 1e6;
}

static void report(nanos stopped) {
    printf("{\"requests\":%ld,\"errors\":%ld,\"seconds\":%.6f,\"chunks\":%ld,\"open\":%d,"
           "\"p50_ms\":%.4f,\"p99_ms\":%.4f,\"first_p50_ms\":%.4f,\"first_p99_ms\":%.4f}\n",
           requests, errors, (double)(stopped - started) / SECOND, chunks - chunks_before, opened,
           quantile_ms(&whole, .5), quantile_ms(&whole, .99), quantile_ms(&first, .5),
           quantile_ms(&first, .99));
    if (errors > 0) fprintf(stderr, "%ld errors; the first: %s\n", errors, complaint);
}

static void write_request(void) {
    FILE *file = fopen(wish.body, "rb");
    char head[4096], credential[2048] = "";
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) die(wish.body);
    size_t size = (size_t)ftell(file);
    rewind(file);
    if (*wish.bearer)
        snprintf(credential, sizeof credential, "authorization: Bearer %s\r\n", wish.bearer);
    int taken = snprintf(head, sizeof head,
                         "POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n%saccept: */*\r\n"
                         "content-type: application/json\r\ncontent-length: %zu\r\n\r\n",
                         wish.path, wish.port, credential, size);
    request_size = (size_t)taken + size;
    request = grown(NULL, request_size);
    memcpy(request, head, (size_t)taken);
    if (fread(request + taken, 1, size, file) != size) die(wish.body);
    fclose(file);
}

static void read_wishes(int count, char **words) {
    static const char *modes[] = {"closed", "open", "burst", "hold"};
    for (int i = 1; i < count; i++) {
        char *value = strchr(words[i], '=');
        if (value == NULL) die(words[i]);
        *value++ = 0;
        if (strcmp(words[i], "port") == 0) wish.port = atoi(value);
        else if (strcmp(words[i], "connections") == 0) wish.connections = atoi(value);
        else if (strcmp(words[i], "path") == 0) wish.path = value;
        else if (strcmp(words[i], "body") == 0) wish.body = value;
        else if (strcmp(words[i], "bearer") == 0) wish.bearer = value;
        else if (strcmp(words[i], "seconds") == 0) wish.seconds = atof(value);
        else if (strcmp(words[i], "rate") == 0) wish.rate = atof(value);
        else if (strcmp(words[i], "mode") == 0)
            for (int m = 0; m < 4; m++)
                if (strcmp(value, modes[m]) == 0) wish.mode = (enum mode)m;
    }
    if (wish.body == NULL || wish.port == 0 || wish.connections < 1) die("port=, body=");
    if (wish.mode == OPEN && wish.rate <= 0) die("rate=");
}

int main(int count, char **words) {
    read_wishes(count, words);
    write_request();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    timer = make_timer(epoll, &timer);
    calls = calloc((size_t)wish.connections, sizeof *calls);
    if (calls == NULL) die("memory");
    if (wish.mode != HOLD) { /* making connections is no part of a request */
        for (int i = 0; i < wish.connections; i++) connect_call(&calls[i]);
        for (int i = 0; i < wish.connections; i++)
            while (calls[i].state == DIALING) pump(1000);
    }
    started = clock_now();
    ends = started + (nanos)(wish.seconds * SECOND);
    for (tick(); !done; tick()) pump(-1);
    report(clock_now());
    return errors >= MAX_ERRORS;
}
