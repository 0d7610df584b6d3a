/* Load on a Unix socket, newline-delimited: CONNS connections, DEPTH requests in flight on each, for SECONDS.
 *
 *   load SOCKET keep|fresh CONNS DEPTH SECONDS TEMPLATE
 *
 * Each '@' in TEMPLATE becomes a unique number. `fresh` connects again for every request. Prints one JSON line: replies per second, the
 * time of a burst of DEPTH requests (p50, p99, max, in microseconds), and the number of error replies. Written in C so that, on two
 * cores, the server is the bottleneck. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct conn { int fd; int waiting; double since; char last[16]; };

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void die(const char *what) { perror(what); exit(1); }
static int compare(const void *a, const void *b) { float x = *(const float *)a, y = *(const float *)b; return (x > y) - (x < y); }

static const char *path, *template;
static unsigned long counter, answers, errors;
static float *times; static size_t bursts, room;

static int dial(void) {
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    strncpy(to.sun_path, path, sizeof to.sun_path - 1);
    for (;;) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (fd < 0) die("socket");
        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
        close(fd);
        if (errno != EAGAIN && errno != EINTR) die("connect");
    }
}

static void ask(struct conn *c, int depth) {
    static char *out; static size_t size;
    size_t need = depth * (strlen(template) + 24), used = 0;
    if (need > size) { out = realloc(out, need); size = need; }
    for (int i = 0; i < depth; i++) {
        for (const char *p = template; *p; p++) {
            if (*p == '@') used += sprintf(out + used, "%lu", counter);
            else out[used++] = *p;
        }
        counter++;
        out[used++] = '\n';
    }
    c->since = now(); c->waiting = depth;
    for (size_t sent = 0; sent < used;) {
        ssize_t n = write(c->fd, out + sent, used - sent);
        if (n < 0) die("write");
        sent += n;
    }
}

static void took(double seconds) {
    if (bursts == room) { room = room ? room * 2 : 1 << 16; times = realloc(times, room * sizeof *times); }
    times[bursts++] = seconds * 1e6;
}

static int read_answers(struct conn *c) {
    static char in[1 << 20];
    ssize_t n = read(c->fd, in, sizeof in - 1);
    if (n <= 0) { fprintf(stderr, "the server closed the connection\n"); exit(1); }
    in[n] = 0;
    for (char *p = in; (p = memmem(p, in + n - p, "\"error\":", 8)); p += 8) errors++;
    for (char *p = in; (p = memchr(p, '\n', in + n - p)); p++) { c->waiting--; answers++; }
    return c->waiting <= 0;
}

int main(int argc, char **argv) {
    if (argc != 7) { fprintf(stderr, "usage: load SOCKET keep|fresh CONNS DEPTH SECONDS TEMPLATE\n"); return 2; }
    path = argv[1]; template = argv[6];
    int fresh = !strcmp(argv[2], "fresh"), count = atoi(argv[3]), depth = atoi(argv[4]);
    double end = now() + atof(argv[5]), start = now();
    struct conn *conns = calloc(count, sizeof *conns);
    struct pollfd *polled = calloc(count, sizeof *polled);
    counter = (unsigned long)getpid() * 1000000000UL;
    for (int i = 0; i < count; i++) {
        conns[i].fd = dial(); ask(&conns[i], depth);
        polled[i] = (struct pollfd){ .fd = conns[i].fd, .events = POLLIN };
    }
    while (now() < end) {
        if (poll(polled, count, 1000) < 0) die("poll");
        for (int i = 0; i < count; i++) {
            if (!polled[i].revents || !read_answers(&conns[i])) continue;
            took(now() - conns[i].since);
            if (fresh) { close(conns[i].fd); polled[i].fd = conns[i].fd = dial(); }
            ask(&conns[i], depth);
        }
    }
    double passed = now() - start;
    qsort(times, bursts, sizeof *times, compare);
    printf("{\"rate\": %.1f, \"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f, \"errors\": %lu}\n", answers / passed,
           bursts ? times[bursts / 2] : 0, bursts ? times[bursts * 99 / 100] : 0, bursts ? times[bursts - 1] : 0, errors);
    return 0;
}
