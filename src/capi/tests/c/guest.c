/* What a guest must not do: start threads, handle signals, read or change the environment, write to the host's streams,
   leave descriptors open, or open one that an exec would pass on. The functions below stand before those of the C library,
   and so count what nameplate calls. Arguments: a numbered file, a suppression list, and whether this is the library
   that can be made to panic. */

#define _GNU_SOURCE
#include "check.h"
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

static int watching, opened;

#define FORBIDDEN(name)                                                                 \
    do {                                                                                \
        if (watching) {                                                                 \
            watching = 0;                                                               \
            fprintf(stderr, "the library calls " name "\n");                            \
            exit(1);                                                                    \
        }                                                                               \
    } while (0)

/* What stands behind ours. ISO C has no way to convert it but this. */
static void *behind(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    CHECK(found != NULL);
    return found;
}

char *getenv(const char *name) {
    FORBIDDEN("getenv");
    (void)name;
    return NULL;
}

char *secure_getenv(const char *name) {
    FORBIDDEN("secure_getenv");
    (void)name;
    return NULL;
}

int setenv(const char *name, const char *value, int over) {
    FORBIDDEN("setenv");
    (void)name, (void)value, (void)over;
    return -1;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    FORBIDDEN("pthread_create");
    (void)thread, (void)attributes, (void)run, (void)argument;
    return 1;
}

int sigaction(int number, const struct sigaction *action, struct sigaction *old) {
    FORBIDDEN("sigaction");
    (void)number, (void)action, (void)old;
    return -1;
}

int sigaltstack(const stack_t *stack, stack_t *old) {
    FORBIDDEN("sigaltstack");
    (void)stack, (void)old;
    return -1;
}

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
    FORBIDDEN("pthread_atfork");
    (void)prepare, (void)parent, (void)child;
    return 1;
}

int pthread_key_create(pthread_key_t *key, void (*destroy)(void *)) {
    FORBIDDEN("pthread_key_create");
    (void)key, (void)destroy;
    return 1;
}

int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *library) {
    /* It would keep the library from being unloaded. */
    FORBIDDEN("__cxa_thread_atexit_impl");
    (void)destroy, (void)object, (void)library;
    return 1;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    if (watching && descriptor <= 2) {
        FORBIDDEN("write on a stream of the host");
    }
    ssize_t (*real)(int, const void *, size_t);
    *(void **)&real = behind("write");
    return real(descriptor, bytes, count);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    FORBIDDEN("writev");
    ssize_t (*real)(int, const struct iovec *, int);
    *(void **)&real = behind("writev");
    return real(descriptor, parts, count);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    int (*real)(const char *, int, ...);
    *(void **)&real = behind("open64");
    if (watching) {
        opened++;
        CHECK((flags & O_CLOEXEC) != 0 && (flags & O_ACCMODE) == O_RDONLY);
    }
    return real(path, flags, mode);
}

int memfd_create(const char *name, unsigned flags) {
    int (*real)(const char *, unsigned);
    *(void **)&real = behind("memfd_create");
    if (watching) {
        opened++;
        CHECK((flags & MFD_CLOEXEC) != 0);
    }
    return real(name, flags);
}

static int descriptors(void) {
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    CHECK(directory != NULL);
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

static void everything(const char *path, const char *list, uint32_t flags, const char *suppression) {
    nameplate_db_t *db;
    nameplate_snapshot_t *snapshot;
    nameplate_hit_t hit;
    nameplate_answer_t answer = {.size = sizeof answer};
    nameplate_metadata_t metadata = {.size = sizeof metadata};
    nameplate_source_t source = {.size = sizeof source};
    nameplate_error_t error = {.size = sizeof error};
    nameplate_range_t range;
    nameplate_text_t text = {"192.0.2.1", 9}, name;
    nameplate_options_t options = {.size = sizeof options, .flags = flags, .suppression = suppression};
    const uint32_t address = IN_OPERATOR;
    const uint8_t bytes[16] = {0x20, 1};
    uint32_t id;
    size_t size;
    char json[2048];
    OK(nameplate_open(path, &options, &error, &db));
    OK(nameplate_snapshot(db, &snapshot));
    OK(nameplate_lookup(snapshot, "198.51.100.7", 12, &hit));
    CHECK_STATUS(NAMEPLATE_ERROR_ADDRESS, nameplate_lookup(snapshot, "x", 1, &hit));
    OK(nameplate_lookup_v6(snapshot, bytes, &hit));
    OK(nameplate_lookup_batch(snapshot, &text, 1, &hit));
    OK(nameplate_lookup_batch_v6(snapshot, bytes, 1, &id));
    OK(nameplate_lookup_batch_v4(snapshot, &address, 1, &id));
    OK(nameplate_names(snapshot, &id, 1, &name));
    OK(nameplate_answer(snapshot, id, &answer));
    OK(nameplate_lookup_v4(snapshot, IN_OPERATOR, &hit));
    OK(nameplate_network(snapshot, hit.interval, &range));
    OK(nameplate_json(snapshot, &hit, json, sizeof json, &size));
    (void)nameplate_networks(snapshot, COMPANY_ID, strlen(COMPANY_ID), 0, &range, 1, &size);
    OK(nameplate_metadata(snapshot, &metadata));
    OK(nameplate_source(snapshot, 0, &source));
    OK(nameplate_reload(db, &error, NULL));
    OK(nameplate_suppress(db, list, &error, NULL));
    CHECK_STATUS(NAMEPLATE_ERROR_SUPPRESSION, nameplate_suppress(db, "/nowhere", &error, NULL));
    CHECK(strstr(error.text, "/nowhere") != NULL && nameplate_abi_version() == NAMEPLATE_ABI_VERSION);
    OK(nameplate_close(db));
    OK(nameplate_snapshot_free(snapshot));
}

int main(int count, char **arguments) {
    CHECK(count == 3);
    int before = descriptors();
    const uint32_t flags[] = {0, NAMEPLATE_OPEN_COPY, NAMEPLATE_OPEN_PREFAULT | NAMEPLATE_OPEN_VERIFY};
    for (int place = 0; place < 3; place++) {
        for (int suppressed = 0; suppressed < 2; suppressed++) {
            watching = 1;
            everything(arguments[1], arguments[2], flags[place], suppressed ? arguments[2] : NULL);
            watching = 0;
            CHECK(descriptors() == before);
        }
    }
    CHECK(opened > 0);
#ifdef FORCED_PANIC
    void nameplate_force_panic(_Bool forced);
    nameplate_db_t *db = NULL;
    watching = 1;
    nameplate_force_panic(1);
    CHECK(nameplate_open(arguments[1], NULL, NULL, &db) == NAMEPLATE_ERROR_PANIC && db == NULL);
    nameplate_force_panic(0);
    everything(arguments[1], arguments[2], 0, NULL);
    watching = 0;
#endif
    return 0;
}
