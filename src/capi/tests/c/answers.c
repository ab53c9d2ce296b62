/* What comes back: every field of every struct, the batches, snapshots across reloads and close, suppression. Arguments:
   numbered files 1 and 2, a suppression list that names the company, and the place of the file that is replaced. */

#include "check.h"

static uint64_t number_of(const nameplate_snapshot_t *snapshot) {
    nameplate_metadata_t metadata = {.size = sizeof metadata};
    OK(nameplate_metadata(snapshot, &metadata));
    return metadata.build_number;
}

static void facts(const nameplate_snapshot_t *snapshot) {
    nameplate_hit_t hit, other;
    nameplate_answer_t answer = {.size = sizeof answer};
    nameplate_range_t range;
    OK(nameplate_lookup(snapshot, "192.0.2.1", 9, &hit));
    CHECK(hit.kind == NAMEPLATE_COMPANY && hit.confidence == 90 && says(hit.name, "Company 1 GmbH"));
    OK(nameplate_lookup_v4(snapshot, IN_COMPANY, &other));
    CHECK(memcmp(&hit, &other, sizeof hit) == 0);
    OK(nameplate_lookup(snapshot, "::ffff:192.0.2.1", 16, &other));
    CHECK(memcmp(&hit, &other, sizeof hit) == 0);
    const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1};
    OK(nameplate_lookup_v6(snapshot, mapped, &other));
    CHECK(memcmp(&hit, &other, sizeof hit) == 0);

    OK(nameplate_answer(snapshot, hit.answer, &answer));
    CHECK(answer.size == sizeof answer && answer.kind == NAMEPLATE_COMPANY && answer.confidence == 90);
    CHECK(answer.sources == 3 && says(answer.block, NULL));
    CHECK(says(answer.company_id, COMPANY_ID) && says(answer.company_name, "Company 1 GmbH"));
    CHECK(says(answer.company_kind, "business") && says(answer.company_country, "DE"));
    CHECK(says(answer.company_domain, "company.example") && says(answer.company_legal_form, "GmbH"));
    CHECK(says(answer.company_industry, "62.01") && says(answer.company_register, "Amtsgericht Beispiel"));
    CHECK(says(answer.company_register_id, "HRB 1"));
    CHECK(answer.has_operator == 1 && answer.operator_asn == 1 && says(answer.operator_name, "Operator 1"));
    CHECK(says(answer.operator_kind, "access"));
    OK(nameplate_network(snapshot, hit.interval, &range));
    const nameplate_range_t wanted = {4, {192, 0, 2, 0}, {192, 0, 2, 15}};
    CHECK(memcmp(&range, &wanted, sizeof range) == 0);

    OK(nameplate_lookup_v4(snapshot, IN_OPERATOR, &hit));
    CHECK(hit.kind == NAMEPLATE_OPERATOR && hit.confidence == 0 && says(hit.name, "Operator 1"));
    OK(nameplate_answer(snapshot, hit.answer, &answer));
    CHECK(answer.kind == NAMEPLATE_OPERATOR && answer.confidence == 0 && answer.sources == 1);
    CHECK(says(answer.company_id, NULL) && says(answer.company_name, NULL) && answer.operator_asn == 1);

    OK(nameplate_lookup(snapshot, "10.0.0.1", 8, &hit));
    OK(nameplate_answer(snapshot, hit.answer, &answer));
    CHECK(answer.kind == NAMEPLATE_RESERVED && says(answer.block, "Private-Use") && answer.has_operator == 0);
    OK(nameplate_answer(snapshot, 0, &answer));
    CHECK(answer.kind == NAMEPLATE_UNKNOWN && answer.sources == 0 && says(answer.operator_name, NULL));
}

static void networks(const nameplate_snapshot_t *snapshot) {
    const nameplate_range_t wanted[] = {
        {4, {192, 0, 2, 0}, {192, 0, 2, 15}},
        {4, {192, 0, 2, 32}, {192, 0, 2, 63}},
        {6, {0x20, 1, 0xd, 0xb8}, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}},
    };
    nameplate_range_t found[5];
    size_t count;
    for (size_t start = 0; start < 5; start++) {
        size_t left = start < 3 ? 3 - start : 0;
        OK(nameplate_networks(snapshot, COMPANY_ID, strlen(COMPANY_ID), start, NULL, 0, &count));
        CHECK(count == left);
        for (size_t capacity = 1; capacity <= 4; capacity++) {
            memset(found, 0xa5, sizeof found);
            OK(nameplate_networks(snapshot, COMPANY_ID, strlen(COMPANY_ID), start, found, capacity, &count));
            CHECK(count == (left < capacity ? left : capacity));
            CHECK(memcmp(found, wanted + start, count * sizeof *found) == 0 || count == 0);
            CHECK(found[count].family == 0xa5a5a5a5);
        }
    }
}

static void batches(const nameplate_snapshot_t *snapshot) {
    enum { COUNT = 1000 };
    static uint32_t v4[COUNT], ids[COUNT];
    static uint8_t v6[COUNT * 16];
    static char texts[COUNT][48];
    static nameplate_text_t views[COUNT], names[COUNT];
    static nameplate_hit_t hits[COUNT];
    nameplate_hit_t hit;
    for (uint32_t place = 0; place < COUNT; place++) {
        /* Every kind of answer, and both sides of every end. */
        v4[place] = place % 3 == 0 ? 0xc0000200 + place % 70 : place % 3 == 1 ? IN_OPERATOR : 0x0a000000 + place;
        uint8_t *bytes = v6 + (size_t)place * 16;
        bytes[0] = 0x20, bytes[1] = 1, bytes[2] = 0xd, bytes[3] = 0xb8;
        bytes[7] = (uint8_t)(place % 2), bytes[15] = (uint8_t)place;
    }
    for (size_t count = 0; count <= COUNT; count = count * 3 / 2 + 1) {
        memset(ids, 0xa5, sizeof ids);
        OK(nameplate_lookup_batch_v4(snapshot, v4, count, ids));
        OK(nameplate_names(snapshot, ids, count, names));
        for (size_t place = 0; place < count; place++) {
            OK(nameplate_lookup_v4(snapshot, v4[place], &hit));
            CHECK(ids[place] == hit.answer && names[place].data == hit.name.data);
        }
        CHECK(count == COUNT || ids[count] == 0xa5a5a5a5);
        OK(nameplate_lookup_batch_v6(snapshot, v6, count, ids));
        for (size_t place = 0; place < count; place++) {
            OK(nameplate_lookup_v6(snapshot, v6 + place * 16, &hit));
            CHECK(ids[place] == hit.answer);
        }
        for (size_t place = 0; place < count; place++) {
            const uint8_t *bytes = v6 + place * 16;
            int length = place % 7 == 6 ? snprintf(texts[place], sizeof *texts, "no address %zu", place)
                         : place % 2    ? snprintf(texts[place], sizeof *texts, "%u.%u.%u.%u", v4[place] >> 24,
                                                   v4[place] >> 16 & 255, v4[place] >> 8 & 255, v4[place] & 255)
                                        : snprintf(texts[place], sizeof *texts, "2001:db8:0:%x::%x", bytes[7], bytes[15]);
            views[place] = (nameplate_text_t){texts[place], (size_t)length};
        }
        OK(nameplate_lookup_batch(snapshot, views, count, hits));
        for (size_t place = 0; place < count; place++) {
            uint32_t status = nameplate_lookup(snapshot, views[place].data, views[place].length, &hit);
            CHECK(status == (place % 7 == 6 ? NAMEPLATE_ERROR_ADDRESS : NAMEPLATE_OK));
            CHECK(status == NAMEPLATE_OK ? memcmp(&hit, &hits[place], sizeof hit) == 0
                                         : hits[place].kind == NAMEPLATE_INVALID);
        }
    }
}

static void sources(const nameplate_snapshot_t *snapshot) {
    nameplate_source_t source = {.size = sizeof source};
    nameplate_metadata_t metadata = {.size = sizeof metadata};
    OK(nameplate_source(snapshot, 0, &source));
    CHECK(says(source.name, "ip-asn") && says(source.title, "A table") && says(source.licence, "CC-BY-4.0"));
    CHECK(says(source.attribution, "Example") && says(source.url, "https://example.net/"));
    CHECK(says(source.date, "2026-06-17") && source.rows == 12);
    OK(nameplate_source(snapshot, 1, &source));
    CHECK(says(source.name, "gleif") && says(source.title, NULL) && source.rows == 0);
    OK(nameplate_metadata(snapshot, &metadata));
    CHECK(metadata.size == sizeof metadata && metadata.format_version > 0 && metadata.build_number == 1);
    CHECK(metadata.generation == 1 && metadata.created == 1780000000 && metadata.file_length > 0);
    CHECK(metadata.companies == 1 && metadata.operators == 1 && metadata.sources == 2 && metadata.answers == 4);
    CHECK(metadata.v4_intervals == 9 && metadata.v6_intervals == 3);
}

/* What was lent by a snapshot stays, whatever becomes of file and database. */
static void generations(char **arguments) {
    nameplate_db_t *db = NULL;
    nameplate_snapshot_t *first = NULL, *second = NULL, *third = NULL;
    nameplate_hit_t hit, later;
    nameplate_error_t error = {.size = sizeof error};
    uint64_t generation = 0;
    size_t length[2];
    char *file[2] = {read_file(arguments[1], &length[0]), read_file(arguments[2], &length[1])};
    const char *list = arguments[3], *place = arguments[4];
    replace_file(place, file[0], length[0]);
    nameplate_options_t options = {.size = sizeof options, .flags = NAMEPLATE_OPEN_VERIFY | NAMEPLATE_OPEN_PREFAULT};
    OK(nameplate_open(place, &options, &error, &db));
    OK(nameplate_snapshot(db, &first));
    OK(nameplate_lookup_v4(first, IN_COMPANY, &hit));

    replace_file(place, file[1], length[1]);
    CHECK(number_of(first) == 1);
    OK(nameplate_reload(db, &error, &generation));
    CHECK(generation == 2);
    OK(nameplate_snapshot(db, &second));
    CHECK(number_of(first) == 1 && number_of(second) == 2);
    OK(nameplate_lookup_v4(second, IN_COMPANY, &later));
    CHECK(says(hit.name, "Company 1 GmbH") && says(later.name, "Company 2 GmbH"));

    /* Older, damaged, gone: what was served is served on. */
    replace_file(place, file[0], length[0]);
    CHECK_STATUS(NAMEPLATE_ERROR_OLDER, nameplate_reload(db, &error, &generation));
    CHECK(error.status == NAMEPLATE_ERROR_OLDER && strstr(error.text, "build 1 is older than build 2") != NULL);
    replace_file(place, file[1], length[1] - 1);
    CHECK_STATUS(NAMEPLATE_ERROR_DAMAGED, nameplate_reload(db, NULL, NULL));
    CHECK(remove(place) == 0);
    CHECK_STATUS(NAMEPLATE_ERROR_MISSING, nameplate_reload(db, NULL, NULL));
    CHECK(generation == 2);

    /* Suppressed: as if it were not there. */
    replace_file(place, file[1], length[1]);
    CHECK_STATUS(NAMEPLATE_ERROR_SUPPRESSION, nameplate_suppress(db, "/nowhere/list", &error, &generation));
    CHECK(strstr(error.text, "/nowhere/list") != NULL);
    OK(nameplate_suppress(db, list, NULL, &generation));
    OK(nameplate_snapshot(db, &third));
    OK(nameplate_lookup_v4(third, IN_COMPANY, &later));
    CHECK(generation == 3 && later.kind == NAMEPLATE_UNKNOWN && says(later.name, NULL));
    size_t count = 77;
    CHECK_STATUS(NAMEPLATE_ERROR_NOT_FOUND,
                 nameplate_networks(third, COMPANY_ID, strlen(COMPANY_ID), 0, NULL, 0, &count));
    OK(nameplate_lookup_v4(third, IN_OPERATOR, &later));
    CHECK(later.kind == NAMEPLATE_OPERATOR && says(hit.name, "Company 1 GmbH"));
    OK(nameplate_reload(db, NULL, NULL));
    OK(nameplate_snapshot_free(third));
    OK(nameplate_snapshot(db, &third));
    OK(nameplate_lookup_v4(third, IN_COMPANY, &later));
    CHECK(later.kind == NAMEPLATE_UNKNOWN);

    /* Seven replaced files may be held. */
    nameplate_snapshot_t *kept[8];
    size_t held = 0;
    while (nameplate_snapshot(db, &kept[held]) == NAMEPLATE_OK && nameplate_reload(db, &error, NULL) == NAMEPLATE_OK) {
        CHECK(++held < 8);
    }
    CHECK(error.status == NAMEPLATE_ERROR_HELD);
    for (size_t number = 0; number <= held; number++) {
        OK(nameplate_snapshot_free(kept[number]));
    }
    OK(nameplate_reload(db, NULL, NULL));

    OK(nameplate_close(db));
    CHECK(remove(place) == 0);
    CHECK(number_of(first) == 1 && number_of(second) == 2 && says(hit.name, "Company 1 GmbH"));
    OK(nameplate_snapshot_free(first));
    OK(nameplate_snapshot_free(third));
    OK(nameplate_snapshot_free(second));

    /* From the start, by option. */
    options = (nameplate_options_t){.size = sizeof options, .flags = NAMEPLATE_OPEN_COPY, .suppression = list};
    OK(nameplate_open(arguments[1], &options, &error, &db));
    OK(nameplate_snapshot(db, &first));
    OK(nameplate_lookup_v4(first, IN_COMPANY, &hit));
    CHECK(hit.kind == NAMEPLATE_UNKNOWN);
    OK(nameplate_snapshot_free(first));
    OK(nameplate_close(db));
    free(file[0]);
    free(file[1]);
}

int main(int count, char **arguments) {
    CHECK(count == 5);
    nameplate_db_t *db = NULL;
    nameplate_snapshot_t *snapshot = NULL;
    OK(nameplate_open(arguments[1], NULL, NULL, &db));
    OK(nameplate_snapshot(db, &snapshot));
    OK(nameplate_close(db));
    facts(snapshot);
    networks(snapshot);
    batches(snapshot);
    sources(snapshot);
    OK(nameplate_snapshot_free(snapshot));
    generations(arguments);
    return 0;
}
