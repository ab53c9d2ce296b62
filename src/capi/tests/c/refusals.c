/* Every function with every pointer NULL, with wrong lengths, numbers and sizes, and with handles that are none. What is
   refused writes nothing. Arguments: a numbered file, and a place for other files. */

#include "check.h"

#define UNTOUCHED 0xa5

static nameplate_db_t *db;
static nameplate_snapshot_t *snapshot;

/* Calls and sees that the memory behind `out` stays as it is. */
#define REFUSED(wanted, out, call)                                                   \
    do {                                                                             \
        unsigned char before_[sizeof(out)];                                          \
        memcpy(before_, &(out), sizeof(out));                                        \
        CHECK_STATUS(wanted, call);                                                  \
        CHECK(memcmp(before_, &(out), sizeof(out)) == 0);                            \
    } while (0)

static void null_pointers(const char *path) {
    nameplate_db_t *other;
    nameplate_snapshot_t *taken;
    nameplate_hit_t hit, hits[2];
    nameplate_answer_t answer;
    nameplate_range_t range;
    nameplate_metadata_t metadata;
    nameplate_source_t source;
    nameplate_error_t error;
    nameplate_text_t texts[2] = {{"192.0.2.1", 9}, {"192.0.2.1", 9}}, names[2];
    uint64_t generation;
    uint32_t ids[2], addresses[2] = {0, 1};
    uint8_t bytes[32] = {0};
    size_t size;
    char json[512];
    memset(&other, UNTOUCHED, sizeof other);
    memset(&taken, UNTOUCHED, sizeof taken);
    memset(&hit, UNTOUCHED, sizeof hit);
    memset(hits, UNTOUCHED, sizeof hits);
    memset(&range, UNTOUCHED, sizeof range);
    memset(names, UNTOUCHED, sizeof names);
    memset(&generation, UNTOUCHED, sizeof generation);
    memset(ids, UNTOUCHED, sizeof ids);
    memset(&size, UNTOUCHED, sizeof size);
    memset(json, UNTOUCHED, sizeof json);
    memset(&error, UNTOUCHED, sizeof error);
    memset(&answer, UNTOUCHED, sizeof answer);
    memset(&metadata, UNTOUCHED, sizeof metadata);
    memset(&source, UNTOUCHED, sizeof source);
    error.size = sizeof error;
    answer.size = sizeof answer;
    metadata.size = sizeof metadata;
    source.size = sizeof source;

    REFUSED(NAMEPLATE_ERROR_NULL, other, nameplate_open(NULL, NULL, NULL, &other));
    REFUSED(NAMEPLATE_ERROR_NULL, error, nameplate_open(NULL, NULL, &error, &other));
    REFUSED(NAMEPLATE_ERROR_NULL, error, nameplate_open(path, NULL, &error, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, generation, nameplate_reload(NULL, NULL, &generation));
    REFUSED(NAMEPLATE_ERROR_NULL, generation, nameplate_suppress(NULL, path, NULL, &generation));
    REFUSED(NAMEPLATE_ERROR_NULL, generation, nameplate_suppress(db, NULL, NULL, &generation));
    REFUSED(NAMEPLATE_ERROR_NULL, taken, nameplate_snapshot(NULL, &taken));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_snapshot(db, NULL));
    OK(nameplate_close(NULL));
    OK(nameplate_snapshot_free(NULL));

    REFUSED(NAMEPLATE_ERROR_NULL, hit, nameplate_lookup(NULL, "192.0.2.1", 9, &hit));
    REFUSED(NAMEPLATE_ERROR_NULL, hit, nameplate_lookup(snapshot, NULL, 9, &hit));
    REFUSED(NAMEPLATE_ERROR_NULL, hit, nameplate_lookup(snapshot, NULL, 0, &hit));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_lookup(snapshot, "192.0.2.1", 9, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, hit, nameplate_lookup_v4(NULL, 0, &hit));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_lookup_v4(snapshot, 0, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, hit, nameplate_lookup_v6(NULL, bytes, &hit));
    REFUSED(NAMEPLATE_ERROR_NULL, hit, nameplate_lookup_v6(snapshot, NULL, &hit));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_lookup_v6(snapshot, bytes, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, hits, nameplate_lookup_batch(NULL, texts, 2, hits));
    REFUSED(NAMEPLATE_ERROR_NULL, hits, nameplate_lookup_batch(snapshot, NULL, 2, hits));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_lookup_batch(snapshot, texts, 2, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, ids, nameplate_lookup_batch_v4(NULL, addresses, 2, ids));
    REFUSED(NAMEPLATE_ERROR_NULL, ids, nameplate_lookup_batch_v4(snapshot, NULL, 2, ids));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_lookup_batch_v4(snapshot, addresses, 2, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, ids, nameplate_lookup_batch_v6(NULL, bytes, 2, ids));
    REFUSED(NAMEPLATE_ERROR_NULL, ids, nameplate_lookup_batch_v6(snapshot, NULL, 2, ids));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_lookup_batch_v6(snapshot, bytes, 2, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, names, nameplate_names(NULL, addresses, 2, names));
    REFUSED(NAMEPLATE_ERROR_NULL, names, nameplate_names(snapshot, NULL, 2, names));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_names(snapshot, addresses, 2, NULL));

    REFUSED(NAMEPLATE_ERROR_NULL, answer, nameplate_answer(NULL, 0, &answer));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_answer(snapshot, 0, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, range, nameplate_network(NULL, 0, &range));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_network(snapshot, 0, NULL));
    memset(&hit, 0, sizeof hit);
    REFUSED(NAMEPLATE_ERROR_NULL, size, nameplate_json(NULL, &hit, json, sizeof json, &size));
    REFUSED(NAMEPLATE_ERROR_NULL, size, nameplate_json(snapshot, NULL, json, sizeof json, &size));
    REFUSED(NAMEPLATE_ERROR_NULL, size, nameplate_json(snapshot, &hit, NULL, sizeof json, &size));
    REFUSED(NAMEPLATE_ERROR_NULL, json, nameplate_json(snapshot, &hit, json, sizeof json, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, size, nameplate_networks(NULL, COMPANY_ID, 24, 0, &range, 1, &size));
    REFUSED(NAMEPLATE_ERROR_NULL, size, nameplate_networks(snapshot, NULL, 24, 0, &range, 1, &size));
    REFUSED(NAMEPLATE_ERROR_NULL, size, nameplate_networks(snapshot, COMPANY_ID, 24, 0, NULL, 1, &size));
    REFUSED(NAMEPLATE_ERROR_NULL, range, nameplate_networks(snapshot, COMPANY_ID, 24, 0, &range, 1, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, metadata, nameplate_metadata(NULL, &metadata));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_metadata(snapshot, NULL));
    REFUSED(NAMEPLATE_ERROR_NULL, source, nameplate_source(NULL, 0, &source));
    CHECK_STATUS(NAMEPLATE_ERROR_NULL, nameplate_source(snapshot, 0, NULL));

    /* Arrays of none may be anywhere. */
    OK(nameplate_lookup_batch(snapshot, NULL, 0, NULL));
    OK(nameplate_lookup_batch_v4(snapshot, NULL, 0, NULL));
    OK(nameplate_lookup_batch_v6(snapshot, NULL, 0, NULL));
    OK(nameplate_names(snapshot, NULL, 0, NULL));
}

static void wrong_lengths(void) {
    nameplate_hit_t hit;
    nameplate_text_t texts[3] = {{NULL, 9}, {"192.0.2.1", SIZE_MAX}, {"192.0.2.1", 9}};
    nameplate_hit_t hits[3];
    nameplate_range_t ranges[8];
    union {
        uint32_t ids[8];
        nameplate_text_t texts[4];
        uint8_t bytes[64];
    } shared;
    uint32_t ids[4] = {0};
    size_t size = 77;
    char text[64];
    memset(&hit, UNTOUCHED, sizeof hit);
    memset(&shared, 0, sizeof shared);

    /* An address that is longer than any is not read: these reach past the text's end. */
    const size_t lengths[] = {NAMEPLATE_ADDRESS_LENGTH + 1, 4096, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX};
    for (size_t place = 0; place < sizeof lengths / sizeof *lengths; place++) {
        REFUSED(NAMEPLATE_ERROR_ADDRESS, hit, nameplate_lookup(snapshot, "192.0.2.1", lengths[place], &hit));
    }
    memset(text, '1', sizeof text);
    for (size_t length = 0; length <= sizeof text; length++) {
        REFUSED(NAMEPLATE_ERROR_ADDRESS, hit, nameplate_lookup(snapshot, text, length, &hit));
    }
    REFUSED(NAMEPLATE_ERROR_ADDRESS, hit, nameplate_lookup(snapshot, "192.0.2.1", 10, &hit));
    OK(nameplate_lookup(snapshot, "192.0.2.1", 9, &hit));
    OK(nameplate_lookup_batch(snapshot, texts, 3, hits));
    CHECK(hits[0].kind == NAMEPLATE_INVALID && hits[1].kind == NAMEPLATE_INVALID && hits[2].kind == hit.kind);
    REFUSED(NAMEPLATE_ERROR_ADDRESS, size, nameplate_json(snapshot, &hits[0], text, sizeof text, &size));

    const size_t counts[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4, SIZE_MAX / 8, SIZE_MAX / 16 + 1};
    for (size_t place = 0; place < sizeof counts / sizeof *counts; place++) {
        CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_lookup_batch(snapshot, texts, counts[place], hits));
        CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_lookup_batch_v6(snapshot, shared.bytes, counts[place], ids));
        CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_names(snapshot, ids, counts[place], shared.texts));
        REFUSED(NAMEPLATE_ERROR_ARGUMENT, size,
                nameplate_networks(snapshot, COMPANY_ID, 24, 0, ranges, counts[place], &size));
    }
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_lookup_batch_v4(snapshot, shared.ids, SIZE_MAX / 4, ids));
    REFUSED(NAMEPLATE_ERROR_ARGUMENT, size, nameplate_networks(snapshot, COMPANY_ID, SIZE_MAX, 0, ranges, 8, &size));
    REFUSED(NAMEPLATE_ERROR_ARGUMENT, size, nameplate_json(snapshot, &hit, text, SIZE_MAX, &size));

    /* In place, or one over the other. */
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_lookup_batch_v4(snapshot, shared.ids, 8, shared.ids));
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_lookup_batch_v4(snapshot, shared.ids, 4, shared.ids + 3));
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_lookup_batch_v4(snapshot, shared.ids + 3, 4, shared.ids));
    OK(nameplate_lookup_batch_v4(snapshot, shared.ids, 4, shared.ids + 4));
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_lookup_batch_v6(snapshot, shared.bytes, 4, shared.ids));
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_names(snapshot, shared.ids, 4, shared.texts));
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT,
                 nameplate_lookup_batch(snapshot, (const nameplate_text_t *)hits, 3, hits));

    /* Where no such value can lie. IPv6 addresses are bytes, and lie anywhere. */
    char *odd = (char *)&shared + 1;
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_lookup_batch_v4(snapshot, (void *)odd, 2, ids));
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_lookup_batch_v4(snapshot, ids, 2, (void *)odd));
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_lookup_v4(snapshot, 0, (void *)odd));
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_metadata(snapshot, (void *)odd));
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_snapshot(db, (void *)odd));
    CHECK_STATUS(NAMEPLATE_ERROR_ARGUMENT, nameplate_snapshot((void *)((char *)db + 1), (void *)&shared));
    OK(nameplate_lookup_batch_v6(snapshot, (uint8_t *)odd, 2, ids));

    /* JSON into a buffer of every length. */
    char json[2048];
    OK(nameplate_json(snapshot, &hit, NULL, 0, &size));
    CHECK(size > 0 && size < sizeof json);
    for (size_t capacity = 1; capacity <= size + 2; capacity++) {
        char *exact = malloc(capacity);
        size_t length = 77;
        CHECK(exact != NULL);
        if (capacity <= size) {
            memset(exact, UNTOUCHED, capacity);
            REFUSED(NAMEPLATE_ERROR_SPACE, length, nameplate_json(snapshot, &hit, exact, capacity, &length));
            CHECK((unsigned char)exact[0] == UNTOUCHED);
        } else {
            OK(nameplate_json(snapshot, &hit, exact, capacity, &length));
            CHECK(length == size && strlen(exact) == size);
        }
        free(exact);
    }
}

static void numbers_that_are_not_there(void) {
    nameplate_answer_t answer = {.size = sizeof answer};
    nameplate_metadata_t metadata = {.size = sizeof metadata};
    nameplate_source_t source = {.size = sizeof source};
    nameplate_range_t range;
    nameplate_text_t names[2];
    nameplate_hit_t hit;
    size_t size = 77;
    memset(&range, UNTOUCHED, sizeof range);
    OK(nameplate_metadata(snapshot, &metadata));
    const uint32_t ids[2] = {(uint32_t)metadata.answers, UINT32_MAX};
    for (int place = 0; place < 2; place++) {
        REFUSED(NAMEPLATE_ERROR_NOT_FOUND, answer, nameplate_answer(snapshot, ids[place], &answer));
    }
    OK(nameplate_names(snapshot, ids, 2, names));
    CHECK(says(names[0], NULL) && says(names[1], NULL));
    uint32_t intervals = (uint32_t)(metadata.v4_intervals + metadata.v6_intervals);
    REFUSED(NAMEPLATE_ERROR_NOT_FOUND, range, nameplate_network(snapshot, intervals, &range));
    REFUSED(NAMEPLATE_ERROR_NOT_FOUND, range, nameplate_network(snapshot, UINT32_MAX, &range));
    REFUSED(NAMEPLATE_ERROR_NOT_FOUND, source, nameplate_source(snapshot, (uint32_t)metadata.sources, &source));
    REFUSED(NAMEPLATE_ERROR_NOT_FOUND, source, nameplate_source(snapshot, UINT32_MAX, &source));
    REFUSED(NAMEPLATE_ERROR_NOT_FOUND, size, nameplate_networks(snapshot, "lei:none", 8, 0, &range, 1, &size));
    REFUSED(NAMEPLATE_ERROR_NOT_FOUND, size, nameplate_networks(snapshot, "", 0, 0, &range, 1, &size));
    REFUSED(NAMEPLATE_ERROR_NOT_FOUND, size, nameplate_networks(snapshot, "\xff\xfe", 2, 0, &range, 1, &size));
    /* Reserved and unknown addresses have no network. */
    OK(nameplate_lookup_v4(snapshot, 0x0a000001, &hit));
    CHECK(hit.kind == NAMEPLATE_RESERVED && says(hit.name, "Private-Use"));
    REFUSED(NAMEPLATE_ERROR_NOT_FOUND, range, nameplate_network(snapshot, hit.interval, &range));
    OK(nameplate_lookup_v4(snapshot, 0, &hit));
    CHECK(hit.kind == NAMEPLATE_UNKNOWN && hit.answer == 0 && says(hit.name, NULL));
    REFUSED(NAMEPLATE_ERROR_NOT_FOUND, range, nameplate_network(snapshot, hit.interval, &range));
}

static void sizes(const char *path) {
    nameplate_db_t *other;
    nameplate_answer_t answer;
    nameplate_metadata_t metadata;
    nameplate_source_t source;
    nameplate_error_t error;
    memset(&other, UNTOUCHED, sizeof other);
    memset(&answer, UNTOUCHED, sizeof answer);
    memset(&metadata, UNTOUCHED, sizeof metadata);
    memset(&source, UNTOUCHED, sizeof source);
    memset(&error, UNTOUCHED, sizeof error);

    nameplate_options_t options = {0};
    const uint32_t wrong[] = {0, 1, sizeof options - 1, 4097, UINT32_MAX};
    for (size_t place = 0; place < sizeof wrong / sizeof *wrong; place++) {
        options.size = wrong[place];
        REFUSED(NAMEPLATE_ERROR_OPTION, other, nameplate_open(path, &options, NULL, &other));
        answer.size = wrong[place] == sizeof options - 1 ? sizeof answer - 1 : wrong[place];
        REFUSED(NAMEPLATE_ERROR_OPTION, answer, nameplate_answer(snapshot, 0, &answer));
        metadata.size = wrong[place] == sizeof options - 1 ? sizeof metadata - 1 : wrong[place];
        REFUSED(NAMEPLATE_ERROR_OPTION, metadata, nameplate_metadata(snapshot, &metadata));
        source.size = wrong[place] == sizeof options - 1 ? sizeof source - 1 : wrong[place];
        REFUSED(NAMEPLATE_ERROR_OPTION, source, nameplate_source(snapshot, 0, &source));
        error.size = wrong[place] == sizeof options - 1 ? offsetof(nameplate_error_t, text) : wrong[place];
        REFUSED(NAMEPLATE_ERROR_OPTION, error, nameplate_open(path, NULL, &error, &other));
    }
    for (uint32_t bit = 4; bit < 32; bit++) {
        options = (nameplate_options_t){.size = sizeof options, .flags = UINT32_C(1) << bit};
        REFUSED(NAMEPLATE_ERROR_OPTION, other, nameplate_open(path, &options, NULL, &other));
    }

    /* A struct of a later header: what this library does not know must not be asked for, and comes back as 0. */
    struct {
        nameplate_options_t known;
        uint64_t later[4];
    } newer = {.known = {.size = sizeof newer}};
    OK(nameplate_open(path, &newer.known, NULL, &other));
    OK(nameplate_close(other));
    newer.later[3] = 1;
    CHECK_STATUS(NAMEPLATE_ERROR_OPTION, nameplate_open(path, &newer.known, NULL, &other));
    struct {
        nameplate_metadata_t known;
        uint64_t later[4];
    } more;
    memset(&more, UNTOUCHED, sizeof more);
    more.known.size = sizeof more;
    OK(nameplate_metadata(snapshot, &more.known));
    CHECK(more.known.size == sizeof more && more.known.generation == 1);
    CHECK(more.later[0] == 0 && more.later[3] == 0);

    /* The sentence fits what there is, and ends with NUL. */
    char missing[4096], long_path[4096];
    memset(long_path, 'x', sizeof long_path);
    memcpy(long_path, "/nowhere/", 9);
    for (size_t at = 208; at < sizeof long_path; at += 200) {
        long_path[at] = '/';
    }
    long_path[3000] = '\0';
    snprintf(missing, sizeof missing, "%s.missing", path);
    for (uint32_t size = offsetof(nameplate_error_t, text) + 1; size <= sizeof error; size++) {
        memset(&error, UNTOUCHED, sizeof error);
        error.size = size;
        CHECK_STATUS(NAMEPLATE_ERROR_MISSING, nameplate_open(size % 2 ? missing : long_path, NULL, &error, &other));
        CHECK(error.status == NAMEPLATE_ERROR_MISSING && error.size == size);
        CHECK(memchr(error.text, '\0', size - offsetof(nameplate_error_t, text)) != NULL);
        CHECK(size == sizeof error || ((unsigned char *)&error)[size] == UNTOUCHED);
    }
    error.size = sizeof error;
    CHECK_STATUS(NAMEPLATE_ERROR_MISSING, nameplate_open(missing, NULL, &error, &other));
    CHECK(strstr(error.text, missing) != NULL && strstr(error.text, "No such file") != NULL);
}

static void handles(const char *path) {
    nameplate_db_t *other = NULL;
    nameplate_snapshot_t *taken = NULL, *kept = NULL;
    nameplate_hit_t hit;
    uint64_t generation = 77;
    memset(&hit, UNTOUCHED, sizeof hit);
    OK(nameplate_open(path, NULL, NULL, &other));
    OK(nameplate_snapshot(other, &taken));
    OK(nameplate_snapshot(other, &kept));

    /* Of another kind, and memory that is no handle. */
    CHECK_STATUS(NAMEPLATE_ERROR_HANDLE, nameplate_close((nameplate_db_t *)kept));
    CHECK_STATUS(NAMEPLATE_ERROR_HANDLE, nameplate_snapshot_free((nameplate_snapshot_t *)other));
    REFUSED(NAMEPLATE_ERROR_HANDLE, hit, nameplate_lookup_v4((nameplate_snapshot_t *)other, 0, &hit));
    REFUSED(NAMEPLATE_ERROR_HANDLE, generation, nameplate_reload((nameplate_db_t *)kept, NULL, &generation));
    static uint64_t nothing[64];
    REFUSED(NAMEPLATE_ERROR_HANDLE, hit, nameplate_lookup_v4((nameplate_snapshot_t *)nothing, 0, &hit));
    REFUSED(NAMEPLATE_ERROR_HANDLE, generation, nameplate_reload((nameplate_db_t *)nothing, NULL, &generation));

    /* Closed ones, while their memory is nobody else's. valgrind rightly objects to reading it. */
    OK(nameplate_snapshot_free(taken));
    if (getenv("UNDER_VALGRIND") == NULL) {
        CHECK_STATUS(NAMEPLATE_ERROR_HANDLE, nameplate_snapshot_free(taken));
        REFUSED(NAMEPLATE_ERROR_HANDLE, hit, nameplate_lookup_v4(taken, 0, &hit));
    }
    OK(nameplate_close(other));
    if (getenv("UNDER_VALGRIND") == NULL) {
        CHECK_STATUS(NAMEPLATE_ERROR_HANDLE, nameplate_close(other));
        REFUSED(NAMEPLATE_ERROR_HANDLE, generation, nameplate_reload(other, NULL, &generation));
    }
    OK(nameplate_lookup_v4(kept, IN_COMPANY, &hit));
    CHECK(hit.kind == NAMEPLATE_COMPANY);
    OK(nameplate_snapshot_free(kept));
}

static void bad_files(const char *path, const char *place) {
    nameplate_db_t *other = NULL;
    nameplate_error_t error = {.size = sizeof error};
    size_t length;
    char *bytes = read_file(path, &length);
    replace_file(place, "", 0);
    CHECK_STATUS(NAMEPLATE_ERROR_EMPTY, nameplate_open(place, NULL, NULL, &other));
    replace_file(place, "no range file at all", 20);
    CHECK_STATUS(NAMEPLATE_ERROR_FOREIGN, nameplate_open(place, NULL, NULL, &other));
    for (size_t cut = 8; cut < length; cut += length / 64 + 1) {
        replace_file(place, bytes, cut);
        CHECK_STATUS(NAMEPLATE_ERROR_DAMAGED, nameplate_open(place, NULL, &error, &other));
    }
    char version = bytes[8];
    bytes[8] = 99;
    replace_file(place, bytes, length);
    CHECK_STATUS(NAMEPLATE_ERROR_NEWER, nameplate_open(place, NULL, NULL, &other));
    bytes[8] = version;
    /* The last byte of all is one of a section: only who asks for every check learns of it. */
    bytes[length - 1] ^= 1;
    replace_file(place, bytes, length);
    nameplate_options_t options = {.size = sizeof options, .flags = NAMEPLATE_OPEN_VERIFY};
    CHECK_STATUS(NAMEPLATE_ERROR_DAMAGED, nameplate_open(place, &options, NULL, &other));
    CHECK_STATUS(NAMEPLATE_ERROR_IO, nameplate_open("/", NULL, NULL, &other));
    options = (nameplate_options_t){.size = sizeof options, .suppression = "/nowhere/list"};
    CHECK_STATUS(NAMEPLATE_ERROR_SUPPRESSION, nameplate_open(path, &options, NULL, &other));
    replace_file(place, "no key", 6);
    options = (nameplate_options_t){.size = sizeof options, .public_key = place};
    CHECK_STATUS(NAMEPLATE_ERROR_KEY, nameplate_open(path, &options, NULL, &other));
    options.public_key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    CHECK_STATUS(NAMEPLATE_ERROR_UNSIGNED, nameplate_open(path, &options, &error, &other));
    CHECK(error.status == NAMEPLATE_ERROR_UNSIGNED && strstr(error.text, path) != NULL);
    CHECK(other == NULL);
    free(bytes);
}

static void texts(void) {
    CHECK(nameplate_abi_version() == NAMEPLATE_ABI_VERSION);
    const char *unknown = nameplate_status_text(UINT32_MAX);
    CHECK(unknown != NULL && strlen(unknown) > 0);
    for (uint32_t status = 0; status < 64; status++) {
        int known = status <= NAMEPLATE_ERROR_PANIC ||
                    (status >= NAMEPLATE_ERROR_MISSING && status <= NAMEPLATE_ERROR_HELD);
        CHECK((strcmp(nameplate_status_text(status), unknown) != 0) == known);
        for (uint32_t other = 0; known && other < status; other++) {
            CHECK(strcmp(nameplate_status_text(status), nameplate_status_text(other)) != 0);
        }
    }
}

int main(int count, char **arguments) {
    CHECK(count == 3);
    OK(nameplate_open(arguments[1], NULL, NULL, &db));
    OK(nameplate_snapshot(db, &snapshot));
    texts();
    null_pointers(arguments[1]);
    wrong_lengths();
    numbers_that_are_not_there();
    sizes(arguments[1]);
    handles(arguments[1]);
    bad_files(arguments[1], arguments[2]);
    OK(nameplate_close(db));
    OK(nameplate_snapshot_free(snapshot));
    return 0;
}
