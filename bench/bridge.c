/* Load and floors for the bridge, over TCP on 127.0.0.1.
 *
 *   bridge load PORT CONNS SECONDS HELLO ASK     Sends HELLO (a file, may be empty) and reads the reply; then sends ASK (a file)
 *                                                repeatedly, one at a time on each connection. Prints replies per second.
 *   bridge clients PORT CONNS HELLO SUBSCRIBE    Runs CONNS WebSocket clients; prints "ready", then for each number M read from stdin the
 *                                                CLOCK_MONOTONIC time at which the last of them had M more frames. Empty files: no handshake.
 *   bridge server CONNS SIZE                     Prints its port, accepts CONNS connections, then for each M read from stdin writes M frames
 *                                                of SIZE bytes to each, one write per frame and client, and prints when it began.
 * All replies must have the length of the first one. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct client { int fd; unsigned long frames; size_t left; unsigned char head[10]; int have; };

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void die(const char *what) { perror(what); exit(1); }

static char *slurp(const char *name, size_t *size) {
    char *text = malloc(1 << 16);
    FILE *file = fopen(name, "rb");
    if (!file) die(name);
    *size = fread(text, 1, 1 << 16, file);
    fclose(file);
    return text;
}

static int dial(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to)) die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void put(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t n = write(fd, data, size);
        if (n < 0) die("write");
        data += n; size -= n;
    }
}

/* Reads the reply to a handshake byte by byte, so that nothing after it is lost. */
static void read_head(int fd) {
    char last[4] = "";
    while (memcmp(last, "\r\n\r\n", 4)) {
        memmove(last, last + 1, 3);
        if (read(fd, last + 3, 1) != 1) { fprintf(stderr, "the handshake was refused\n"); exit(1); }
    }
}

/* Counts the frames in the data. */
static void count(struct client *c, const unsigned char *data, size_t size) {
    while (size) {
        if (c->left) {
            size_t n = c->left < size ? c->left : size;
            c->left -= n; data += n; size -= n;
            if (!c->left) c->frames++;
            continue;
        }
        c->head[c->have++] = *data++; size--;
        if (c->have < 2) continue;
        int kind = c->head[1] & 127, need = kind == 126 ? 4 : kind == 127 ? 10 : 2;
        if (c->have < need) continue;
        if (kind < 126) c->left = kind;
        else for (int i = 2; i < need; i++) c->left = c->left << 8 | c->head[i];
        c->have = 0;
        if (!c->left) c->frames++;
    }
}

static void wait_frames(struct client *clients, int conns, int poller, unsigned long wanted) {
    static unsigned char in[1 << 18];
    struct epoll_event events[512];
    int done = 0;
    for (int i = 0; i < conns; i++) done += clients[i].frames >= wanted;
    while (done < conns) {
        int ready = epoll_wait(poller, events, 512, 20000);
        if (ready <= 0) { fprintf(stderr, "nothing comes any more\n"); exit(1); }
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            ssize_t n = read(c->fd, in, sizeof in);
            if (n <= 0) { fprintf(stderr, "the server closed a connection\n"); exit(1); }
            int before = c->frames >= wanted;
            count(c, in, n);
            done += !before && c->frames >= wanted;
        }
    }
}

static int run_clients(int port, int conns, const char *hello_name, const char *subscribe_name) {
    size_t hello_size, subscribe_size;
    char *hello = slurp(hello_name, &hello_size), *subscribe = slurp(subscribe_name, &subscribe_size);
    struct client *clients = calloc(conns, sizeof *clients);
    int poller = epoll_create1(0);
    for (int i = 0; i < conns; i++) {
        clients[i].fd = dial(port);
        if (hello_size) { put(clients[i].fd, hello, hello_size); read_head(clients[i].fd); }
        put(clients[i].fd, subscribe, subscribe_size);
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &clients[i] };
        epoll_ctl(poller, EPOLL_CTL_ADD, clients[i].fd, &event);
    }
    unsigned long wanted = subscribe_size ? 1 : 0, more;
    wait_frames(clients, conns, poller, wanted);
    puts("ready"); fflush(stdout);
    while (scanf("%lu", &more) == 1) {
        wanted += more;
        wait_frames(clients, conns, poller, wanted);
        printf("%.9f\n", now()); fflush(stdout);
    }
    return 0;
}

static int run_server(int conns, size_t size) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof at;
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 1024)) die("listen");
    getsockname(listener, (struct sockaddr *)&at, &length);
    printf("%d\n", ntohs(at.sin_port)); fflush(stdout);
    int *fds = calloc(conns, sizeof *fds);
    for (int i = 0; i < conns; i++) {
        fds[i] = accept(listener, NULL, NULL);
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    char *frame = malloc(size + 4);
    memset(frame, 'x', size + 4);
    frame[0] = (char)0x81; frame[1] = 126; frame[2] = (char)(size >> 8); frame[3] = (char)size;
    unsigned long more;
    while (scanf("%lu", &more) == 1) {
        printf("%.9f\n", now()); fflush(stdout);
        for (unsigned long m = 0; m < more; m++)
            for (int i = 0; i < conns; i++) put(fds[i], frame, size + 4);
    }
    return 0;
}

static int run_load(int port, int conns, double seconds, const char *hello_name, const char *ask_name) {
    static char in[1 << 18];
    size_t hello_size, ask_size, length = 0;
    char *hello = slurp(hello_name, &hello_size), *ask = slurp(ask_name, &ask_size);
    struct pollfd *polled = calloc(conns, sizeof *polled);
    size_t *got = calloc(conns, sizeof *got);
    unsigned long answers = 0;
    for (int i = 0; i < conns; i++) {
        polled[i] = (struct pollfd){ .fd = dial(port), .events = POLLIN };
        if (hello_size) { put(polled[i].fd, hello, hello_size); read_head(polled[i].fd); }
    }
    put(polled[0].fd, ask, ask_size);
    while (poll(polled, 1, length ? 50 : 5000) > 0) { /* the length of a reply: everything that arrives */
        ssize_t n = read(polled[0].fd, in, sizeof in);
        if (n <= 0) { fprintf(stderr, "the server closed the connection\n"); exit(1); }
        length += n;
    }
    double start = now(), end = start + seconds;
    for (int i = 0; i < conns; i++) put(polled[i].fd, ask, ask_size);
    while (now() < end) {
        if (poll(polled, conns, 1000) < 0) die("poll");
        for (int i = 0; i < conns; i++) {
            if (!polled[i].revents) continue;
            ssize_t n = read(polled[i].fd, in, sizeof in);
            if (n <= 0) { fprintf(stderr, "the server closed the connection\n"); exit(1); }
            got[i] += n;
            if (got[i] > length) { fprintf(stderr, "an answer of another length\n"); exit(1); }
            if (got[i] == length) { answers++; got[i] = 0; put(polled[i].fd, ask, ask_size); }
        }
    }
    printf("%.1f\n", answers / (now() - start));
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 7 && !strcmp(argv[1], "load")) return run_load(atoi(argv[2]), atoi(argv[3]), atof(argv[4]), argv[5], argv[6]);
    if (argc == 6 && !strcmp(argv[1], "clients")) return run_clients(atoi(argv[2]), atoi(argv[3]), argv[4], argv[5]);
    if (argc == 4 && !strcmp(argv[1], "server")) return run_server(atoi(argv[2]), atoi(argv[3]));
    fprintf(stderr, "usage: see the head of bridge.c\n");
    return 2;
}
