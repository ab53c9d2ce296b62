/* 64 children of fork look up with the handles of their parent, which has looked up before, and not. Each reloads for
   itself. The parent's answers stay what they were. Arguments: numbered files 1 and 2, and the place of the file that is
   replaced. */

#include "check.h"
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 64, ADDRESSES = 4096 };

static nameplate_db_t *db;

static uint64_t sum(const nameplate_snapshot_t *snapshot) {
    static uint32_t addresses[ADDRESSES], ids[ADDRESSES];
    uint64_t sum = 0;
    for (uint32_t place = 0; place < ADDRESSES; place++) {
        nameplate_hit_t hit;
        addresses[place] = place % 2 ? IN_COMPANY - 8 + place % 80 : place * 2654435761u;
        OK(nameplate_lookup_v4(snapshot, addresses[place], &hit));
        sum = sum * 31 + hit.kind + hit.name.length + (hit.name.length > 0 ? (unsigned char)hit.name.data[8] : 0);
    }
    OK(nameplate_lookup_batch_v4(snapshot, addresses, ADDRESSES, ids));
    for (uint32_t place = 0; place < ADDRESSES; place++) {
        sum = sum * 31 + ids[place];
    }
    return sum;
}

static void child(const nameplate_snapshot_t *inherited, uint64_t first, uint64_t second) {
    nameplate_snapshot_t *snapshot;
    uint64_t generation;
    CHECK(sum(inherited) == first);
    OK(nameplate_snapshot(db, &snapshot));
    CHECK(sum(snapshot) == first);
    OK(nameplate_reload(db, NULL, &generation));
    CHECK(generation == 2 && sum(snapshot) == first);
    OK(nameplate_snapshot_free(snapshot));
    OK(nameplate_snapshot(db, &snapshot));
    CHECK(sum(snapshot) == second);
    OK(nameplate_snapshot_free(snapshot));
}

static uint64_t sum_of_file(const char *path) {
    nameplate_db_t *other;
    nameplate_snapshot_t *snapshot;
    OK(nameplate_open(path, NULL, NULL, &other));
    OK(nameplate_snapshot(other, &snapshot));
    uint64_t result = sum(snapshot);
    OK(nameplate_snapshot_free(snapshot));
    OK(nameplate_close(other));
    return result;
}

int main(int count, char **arguments) {
    CHECK(count == 4);
    size_t length[2];
    char *file[2] = {read_file(arguments[1], &length[0]), read_file(arguments[2], &length[1])};
    uint64_t first = sum_of_file(arguments[1]), second = sum_of_file(arguments[2]);
    CHECK(first != second);
    for (int looked_up_before = 0; looked_up_before < 2; looked_up_before++) {
        nameplate_snapshot_t *snapshot;
        replace_file(arguments[3], file[0], length[0]);
        OK(nameplate_open(arguments[3], NULL, NULL, &db));
        OK(nameplate_snapshot(db, &snapshot));
        if (looked_up_before) {
            CHECK(sum(snapshot) == first);
        }
        replace_file(arguments[3], file[1], length[1]);
        pid_t children[CHILDREN];
        for (int number = 0; number < CHILDREN; number++) {
            children[number] = fork();
            CHECK(children[number] >= 0);
            if (children[number] == 0) {
                child(snapshot, first, second);
                _exit(0);
            }
        }
        for (int number = 0; number < CHILDREN; number++) {
            int status;
            CHECK(waitpid(children[number], &status, 0) == children[number]);
            CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        }
        CHECK(sum(snapshot) == first);
        OK(nameplate_snapshot_free(snapshot));
        OK(nameplate_close(db));
    }
    free(file[0]);
    free(file[1]);
    return 0;
}
