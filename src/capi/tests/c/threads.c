/* 32 threads look up while another reloads 1,000 times, between two files. Each answer must be of the file that its
   snapshot says it is of, also long after. Arguments: numbered files 1 and 2, the place of the file that is replaced, and
   how often. */

#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { THREADS = 32 };

static nameplate_db_t *db;
static atomic_int done;
static atomic_ulong answers;

static void answers_are_of_their_file(const nameplate_snapshot_t *snapshot) {
    nameplate_metadata_t metadata = {.size = sizeof metadata};
    nameplate_answer_t answer = {.size = sizeof answer};
    nameplate_hit_t hit, company;
    char wanted[64];
    OK(nameplate_metadata(snapshot, &metadata));
    OK(nameplate_lookup(snapshot, "198.51.100.7", 12, &hit));
    OK(nameplate_answer(snapshot, hit.answer, &answer));
    CHECK(answer.operator_asn == metadata.build_number);
    OK(nameplate_lookup_v4(snapshot, IN_COMPANY, &company));
    snprintf(wanted, sizeof wanted, "Company %u GmbH", answer.operator_asn);
    CHECK(says(company.name, wanted));
    snprintf(wanted, sizeof wanted, "Operator %u", answer.operator_asn);
    CHECK(says(hit.name, wanted) && says(answer.operator_name, wanted));
    const uint32_t addresses[3] = {IN_OPERATOR, IN_COMPANY, 0};
    uint32_t ids[3];
    OK(nameplate_lookup_batch_v4(snapshot, addresses, 3, ids));
    CHECK(ids[0] == hit.answer && ids[1] == company.answer && ids[2] == 0);
}

static void *look_up(void *argument) {
    /* Some hold a snapshot for some time, but never more than the five of them that may be held besides. */
    int holds = *(int *)argument < 5;
    nameplate_snapshot_t *kept = NULL;
    unsigned long rounds = 0;
    /* At least so often, however quickly the other is done. */
    while (!atomic_load(&done) || rounds < 100) {
        nameplate_snapshot_t *snapshot;
        OK(nameplate_snapshot(db, &snapshot));
        answers_are_of_their_file(snapshot);
        if (holds && rounds % 64 == 0) {
            if (kept != NULL) {
                answers_are_of_their_file(kept);
                OK(nameplate_snapshot_free(kept));
            }
            kept = snapshot;
        } else {
            OK(nameplate_snapshot_free(snapshot));
        }
        rounds++;
    }
    OK(nameplate_snapshot_free(kept));
    atomic_fetch_add(&answers, rounds);
    return NULL;
}

int main(int count, char **arguments) {
    CHECK(count == 5);
    const char *place = arguments[3];
    unsigned long wanted = strtoul(arguments[4], NULL, 10), reloads = 0, held = 0;
    size_t length[2];
    char *file[2] = {read_file(arguments[1], &length[0]), read_file(arguments[2], &length[1])};
    replace_file(place, file[0], length[0]);
    nameplate_options_t options = {.size = sizeof options, .flags = NAMEPLATE_OPEN_ALLOW_OLDER | NAMEPLATE_OPEN_VERIFY};
    OK(nameplate_open(place, &options, NULL, &db));

    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int number = 0; number < THREADS; number++) {
        numbers[number] = number;
        CHECK(pthread_create(&threads[number], NULL, look_up, &numbers[number]) == 0);
    }
    while (reloads < wanted) {
        replace_file(place, file[reloads % 2 == 0], length[reloads % 2 == 0]);
        uint64_t generation;
        uint32_t status = nameplate_reload(db, NULL, &generation);
        if (status == NAMEPLATE_ERROR_HELD) {
            /* Threads that were put aside with a snapshot in hand: they will be back. */
            held++;
            sched_yield();
            continue;
        }
        OK(status);
        reloads++;
        CHECK(generation == reloads + 1);
    }
    atomic_store(&done, 1);
    for (int number = 0; number < THREADS; number++) {
        CHECK(pthread_join(threads[number], NULL) == 0);
    }
    nameplate_snapshot_t *last;
    OK(nameplate_snapshot(db, &last));
    OK(nameplate_close(db));
    answers_are_of_their_file(last);
    OK(nameplate_snapshot_free(last));
    printf("%lu reloads, %lu rounds of lookups, %lu times held\n", reloads, atomic_load(&answers), held);
    free(file[0]);
    free(file[1]);
    return 0;
}
