/* Loads the library, uses it and unloads it, more often than a process has thread-specific keys (1,024); it is gone each
   time, and leaves no memory behind. Also in threads that end afterwards. Arguments: the library, a numbered file, and how
   often. */

#define _GNU_SOURCE
#include "check.h"
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>

static const char *path;
static void *library;

#define LOAD(name)                                     \
    __typeof__(&name) name##_loaded;                   \
    *(void **)&name##_loaded = dlsym(library, #name);  \
    CHECK(name##_loaded != NULL)

static void *use(void *argument) {
    (void)argument;
    LOAD(nameplate_open);
    LOAD(nameplate_close);
    LOAD(nameplate_reload);
    LOAD(nameplate_snapshot);
    LOAD(nameplate_snapshot_free);
    LOAD(nameplate_lookup_v4);
    LOAD(nameplate_json);
    nameplate_db_t *db = NULL;
    nameplate_snapshot_t *snapshot = NULL;
    nameplate_hit_t hit;
    char json[1024];
    size_t length;
    CHECK(nameplate_open_loaded(path, NULL, NULL, &db) == NAMEPLATE_OK);
    CHECK(nameplate_snapshot_loaded(db, &snapshot) == NAMEPLATE_OK);
    CHECK(nameplate_lookup_v4_loaded(snapshot, IN_COMPANY, &hit) == NAMEPLATE_OK && hit.name.length == 14);
    CHECK(nameplate_json_loaded(snapshot, &hit, json, sizeof json, &length) == NAMEPLATE_OK);
    CHECK(nameplate_reload_loaded(db, NULL, NULL) == NAMEPLATE_OK);
    CHECK(nameplate_snapshot_free_loaded(snapshot) == NAMEPLATE_OK);
    CHECK(nameplate_close_loaded(db) == NAMEPLATE_OK);
    return NULL;
}

static pthread_barrier_t used, unloaded;

static void *use_and_outlive(void *argument) {
    use(argument);
    pthread_barrier_wait(&used);
    pthread_barrier_wait(&unloaded);
    return NULL;
}

static int is_mapped(void) {
    char line[4096];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        found |= strstr(line, "libnameplate") != NULL;
    }
    fclose(maps);
    return found;
}

int main(int count, char **arguments) {
    CHECK(count == 4);
    path = arguments[2];
    long times = strtol(arguments[3], NULL, 10);
    size_t before = 0;
    for (long time = 0; time < times; time++) {
        library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
        CHECK(library != NULL);
        use(NULL);
        pthread_t thread;
        int in_thread = time % 16 == 0;
        if (in_thread) {
            CHECK(pthread_barrier_init(&used, NULL, 2) == 0 && pthread_barrier_init(&unloaded, NULL, 2) == 0);
            CHECK(pthread_create(&thread, NULL, use_and_outlive, NULL) == 0);
            pthread_barrier_wait(&used);
        }
        CHECK(dlclose(library) == 0);
        CHECK(!is_mapped());
        if (in_thread) {
            pthread_barrier_wait(&unloaded);
            CHECK(pthread_join(thread, NULL) == 0);
        }
        if (time == times / 10) {
            before = mallinfo2().uordblks;
        }
    }
    /* Sanitizers and valgrind have an allocator of their own, which says nothing here, and find leaks by themselves. */
    CHECK(mallinfo2().uordblks <= before + 4096);
    return 0;
}
