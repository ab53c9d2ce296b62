/* How nginx, Apache's prefork or PHP-FPM would have it: a master opens the file once and forks workers, which share its
 * pages. A worker takes a snapshot for each request. On SIGHUP the master tells the workers, and each opens the
 * new file for itself, between two requests: lookups never wait for it.
 *
 *     cc -o workers workers.c $(pkg-config --cflags --libs nameplate)
 *     ./workers served.npl newer.npl
 *
 * serves a request from each worker, puts newer.npl in place of served.npl, sends itself SIGHUP, and serves once more.
 */

#define _GNU_SOURCE
#include <nameplate.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 4 };

static nameplate_db_t *db;
static volatile sig_atomic_t wants_reload;

static void on_hangup(int number) {
    (void)number;
    wants_reload = 1;
}

static void stop(const char *what) {
    fprintf(stderr, "workers: %s\n", what);
    exit(1);
}

/* A handler only takes a note: reloading opens files and allocates, which no handler may. */
static void reload_if_told(void) {
    nameplate_error_t error = {.size = sizeof error};
    if (wants_reload) {
        wants_reload = 0;
        if (nameplate_reload(db, &error, NULL) != NAMEPLATE_OK) {
            /* The old file is served on. */
            fprintf(stderr, "workers: %s\n", error.text);
        }
    }
}

/* A request is an IPv4 address in host order; the reply is the name, NUL-terminated in 256 bytes. */
static void serve(uint32_t address, char reply[256]) {
    nameplate_snapshot_t *snapshot = NULL;
    nameplate_hit_t hit;
    memset(reply, 0, 256);
    if (nameplate_snapshot(db, &snapshot) == NAMEPLATE_OK &&
        nameplate_lookup_v4(snapshot, address, &hit) == NAMEPLATE_OK && hit.kind == NAMEPLATE_COMPANY) {
        /* Copied, for the text is the snapshot's. */
        snprintf(reply, 256, "%.*s", (int)hit.name.length, hit.name.data);
    }
    nameplate_snapshot_free(snapshot);
}

static void work(int requests, int replies) {
    uint32_t address;
    char reply[256];
    while (read(requests, &address, sizeof address) == sizeof address) {
        reload_if_told();
        serve(address, reply);
        if (write(replies, reply, sizeof reply) != sizeof reply) {
            break;
        }
    }
    nameplate_close(db);
    _exit(0);
}

/* Asks every worker for 192.0.2.1; all must say the same. */
static void ask_all(int to[WORKERS], int from[WORKERS]) {
    char first[256], reply[256];
    for (int number = 0; number < WORKERS; number++) {
        const uint32_t address = 0xc0000201;
        if (write(to[number], &address, sizeof address) != sizeof address ||
            read(from[number], reply, sizeof reply) != sizeof reply) {
            stop("a worker is gone");
        }
        if (number == 0) {
            memcpy(first, reply, sizeof first);
        } else if (strcmp(first, reply) != 0) {
            stop("workers disagree");
        }
    }
    printf("%d workers: %s\n", WORKERS, first);
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: %s SERVED NEWER\n", arguments[0]);
        return 2;
    }
    nameplate_options_t options = {.size = sizeof options, .flags = NAMEPLATE_OPEN_VERIFY};
    nameplate_error_t error = {.size = sizeof error};
    if (nameplate_open(arguments[1], &options, &error, &db) != NAMEPLATE_OK) {
        stop(error.text);
    }
    struct sigaction action = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};
    sigaction(SIGHUP, &action, NULL);

    int to[WORKERS], from[WORKERS];
    pid_t workers[WORKERS];
    for (int number = 0; number < WORKERS; number++) {
        int requests[2], replies[2];
        if (pipe(requests) != 0 || pipe(replies) != 0 || (workers[number] = fork()) < 0) {
            stop("no pipe, or no process");
        }
        if (workers[number] == 0) {
            close(requests[1]);
            close(replies[0]);
            work(requests[0], replies[1]);
        }
        close(requests[0]);
        close(replies[1]);
        to[number] = requests[1];
        from[number] = replies[0];
    }
    fflush(stdout);
    ask_all(to, from);

    /* By rename, never in place: workers have the old file mapped. */
    if (rename(arguments[2], arguments[1]) != 0) {
        stop("the newer file can't be put in place");
    }
    raise(SIGHUP);
    if (wants_reload) {
        for (int number = 0; number < WORKERS; number++) {
            kill(workers[number], SIGHUP);
        }
        /* The master's own, for workers that it forks later. */
        reload_if_told();
    }
    ask_all(to, from);

    for (int number = 0; number < WORKERS; number++) {
        kill(workers[number], SIGTERM);
        waitpid(workers[number], NULL, 0);
    }
    nameplate_close(db);
    return 0;
}
