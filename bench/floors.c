/* Only the physical work, as floors for the daemon's figures. Each mode prints one JSON number.
 *
 *   floors commit FILE BATCH SECONDS   records/s: append BATCH records of 250 bytes with one write and one fdatasync
 *   floors spawn COUNT PROGRAM         seconds per posix_spawn and waitpid
 *   floors pty COUNT PROGRAM           seconds from posix_spawn with a new terminal to the program's first byte
 *   floors read FOLDER                 seconds to open and read every file of a folder
 *   floors select SECONDS              wake-ups per second of an idle loop
 *   floors print RATE                  no number: prints RATE numbered lines per second, a tenth of them ten times a second, until killed */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void die(const char *what) { perror(what); exit(1); }
static int compare(const void *a, const void *b) { double x = *(const double *)a, y = *(const double *)b; return (x > y) - (x < y); }
static double median(double *values, int count) { qsort(values, count, sizeof *values, compare); return values[count / 2]; }

static double commit(const char *file, int batch, double seconds) {
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || posix_fallocate(fd, 0, 16 << 20)) die(file);
    size_t size = 250 * (size_t)batch;
    char *record = malloc(size);
    memset(record, 'x', size);
    off_t at = 0; unsigned long done = 0;
    double start = now(), end = start + seconds;
    while (now() < end) {
        if (at + (off_t)size > 16 << 20) at = 0;
        if (pwrite(fd, record, size, at) != (ssize_t)size || fdatasync(fd)) die("commit");
        at += size; done += batch;
    }
    return done / (now() - start);
}

static double spawn(int count, char *program) {
    double *took = calloc(count, sizeof *took);
    for (int i = 0; i < count; i++) {
        pid_t pid; char *argv[] = { program, NULL }; double start = now();
        if (posix_spawn(&pid, program, NULL, NULL, argv, environ)) die(program);
        waitpid(pid, NULL, 0);
        took[i] = now() - start;
    }
    return median(took, count);
}

static double pty(int count, char *program) {
    double *took = calloc(count, sizeof *took);
    for (int i = 0; i < count; i++) {
        double start = now();
        int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (master < 0 || grantpt(master) || unlockpt(master)) die("openpt");
        posix_spawn_file_actions_t actions; posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, ptsname(master), O_RDWR, 0);
        posix_spawn_file_actions_adddup2(&actions, 0, 1); posix_spawn_file_actions_adddup2(&actions, 0, 2);
        posix_spawnattr_t attributes; posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
        pid_t pid; char *argv[] = { program, "first byte", NULL };
        if (posix_spawn(&pid, program, &actions, &attributes, argv, environ)) die(program);
        char byte; if (read(master, &byte, 1) != 1) die("read");
        took[i] = now() - start;
        waitpid(pid, NULL, 0); close(master);
    }
    return median(took, count);
}

static double read_folder(const char *folder) {
    double start = now();
    DIR *dir = opendir(folder);
    if (!dir) die(folder);
    static char content[1 << 16];
    for (struct dirent *entry; (entry = readdir(dir));) {
        int fd = openat(dirfd(dir), entry->d_name, O_RDONLY);
        if (fd >= 0) { while (read(fd, content, sizeof content) > 0) { } close(fd); }
    }
    closedir(dir);
    return now() - start;
}

static double idle(double seconds) {
    double end = now() + seconds; int woken = 0;
    for (double left; (left = end - now()) > 0; woken++) poll(NULL, 0, (int)(left * 1000) + 1);
    return woken / seconds;
}

static void print_lines(int rate) {
    struct timespec pause = { 0, 100000000 };
    for (unsigned long line = 1;;) {
        for (int i = 0; i < rate / 10; i++) printf("line %lu of many\n", line++);
        if (fflush(stdout)) exit(0);
        nanosleep(&pause, NULL);
    }
}

int main(int argc, char **argv) {
    double result;
    if (argc == 5 && !strcmp(argv[1], "commit")) result = commit(argv[2], atoi(argv[3]), atof(argv[4]));
    else if (argc == 4 && !strcmp(argv[1], "spawn")) result = spawn(atoi(argv[2]), argv[3]);
    else if (argc == 4 && !strcmp(argv[1], "pty")) result = pty(atoi(argv[2]), argv[3]);
    else if (argc == 3 && !strcmp(argv[1], "read")) result = read_folder(argv[2]);
    else if (argc == 3 && !strcmp(argv[1], "select")) result = idle(atof(argv[2]));
    else if (argc == 3 && !strcmp(argv[1], "print")) { print_lines(atoi(argv[2])); return 0; }
    else { fprintf(stderr, "usage: see floors.c\n"); return 2; }
    printf("%.9g\n", result);
    return 0;
}
