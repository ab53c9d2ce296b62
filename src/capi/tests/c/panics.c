/* Every function panics, says so, and writes nothing; afterwards everything works as before. Needs the library with
   nameplate_force_panic. Argument: a numbered file. */

#include "check.h"

void nameplate_force_panic(_Bool forced);

int main(int count, char **arguments) {
    CHECK(count == 2);
    nameplate_db_t *db = NULL, *other = NULL;
    nameplate_snapshot_t *snapshot = NULL, *taken = NULL;
    OK(nameplate_open(arguments[1], NULL, NULL, &db));
    OK(nameplate_snapshot(db, &snapshot));
    for (int round = 0; round < 3; round++) {
        union {
            nameplate_hit_t hit;
            nameplate_range_t range;
            nameplate_text_t name;
            uint64_t generation;
            size_t size;
            uint32_t id;
            char json[64];
        } out, before;
        nameplate_answer_t answer = {.size = sizeof answer};
        nameplate_metadata_t metadata = {.size = sizeof metadata};
        nameplate_source_t source = {.size = sizeof source};
        nameplate_error_t error = {.size = sizeof error};
        const nameplate_text_t text = {"192.0.2.1", 9};
        const nameplate_hit_t hit = {0};
        const uint8_t bytes[16] = {0};
        const uint32_t word = 0;
        memset(&out, 0xa5, sizeof out);
        memcpy(&before, &out, sizeof out);
        nameplate_force_panic(1);
#define PANICS(call) CHECK((call) == NAMEPLATE_ERROR_PANIC && memcmp(&out, &before, sizeof out) == 0)
        CHECK(nameplate_abi_version() == 0);
        CHECK(strcmp(nameplate_status_text(NAMEPLATE_OK), "defect of the library") == 0);
        PANICS(nameplate_open(arguments[1], NULL, &error, &other));
        PANICS(nameplate_close(db));
        PANICS(nameplate_reload(db, &error, &out.generation));
        PANICS(nameplate_suppress(db, arguments[1], &error, &out.generation));
        PANICS(nameplate_snapshot(db, &taken));
        PANICS(nameplate_snapshot_free(snapshot));
        PANICS(nameplate_lookup(snapshot, "192.0.2.1", 9, &out.hit));
        PANICS(nameplate_lookup_v4(snapshot, 0, &out.hit));
        PANICS(nameplate_lookup_v6(snapshot, bytes, &out.hit));
        PANICS(nameplate_lookup_batch(snapshot, &text, 1, &out.hit));
        PANICS(nameplate_lookup_batch_v4(snapshot, &word, 1, &out.id));
        PANICS(nameplate_lookup_batch_v6(snapshot, bytes, 1, &out.id));
        PANICS(nameplate_names(snapshot, &word, 1, &out.name));
        PANICS(nameplate_answer(snapshot, 0, &answer));
        PANICS(nameplate_network(snapshot, 0, &out.range));
        PANICS(nameplate_json(snapshot, &hit, out.json, sizeof out.json, &before.size));
        PANICS(nameplate_networks(snapshot, COMPANY_ID, 24, 0, &out.range, 1, &before.size));
        PANICS(nameplate_metadata(snapshot, &metadata));
        PANICS(nameplate_source(snapshot, 0, &source));
        nameplate_force_panic(0);
        CHECK(other == NULL && taken == NULL && error.status == 0 && answer.kind == 0 && metadata.sources == 0);
        nameplate_hit_t found;
        OK(nameplate_lookup_v4(snapshot, IN_COMPANY, &found));
        CHECK(says(found.name, "Company 1 GmbH"));
        OK(nameplate_reload(db, NULL, NULL));
    }
    OK(nameplate_snapshot_free(snapshot));
    OK(nameplate_close(db));
    return 0;
}
