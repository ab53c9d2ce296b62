/* The in-process part of the npm package: nameplate.h as Node sees it, through Node-API 8, which every Node since 16 has.
 *
 * A lookup is called with no argument and gives nothing back. Address and result go through one ArrayBuffer, the desk, which
 * JavaScript reads and writes as fast as its own memory; each argument or result that Node-API hands over would cost as much
 * as half a lookup. lib/desk.js says the same layout to JavaScript.
 *
 * All state belongs to one environment (the main thread, or a worker), and is used by its thread alone. */

#include <nameplate.h>
#include <node_api.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* 32-bit words of the desk. */
    WORD_SLOT = 0,
    WORD_LENGTH = 1, /* of the text, or how many texts; the IPv4 address, or the id, that is asked for */
    WORD_STATUS = 2,
    WORD_RESULT = 3,  /* one result of RESULT_WORDS */
    WORD_FACTS = 16,  /* kind, confidence, sources, ASN, whether there is an operator, and a bit for each text that there is */
    RESULT_WORDS = 10, /* answer id or NO_ADDRESS, family or 0, first, last: four words each, in host order */
    /* Bytes of the desk. */
    BYTE_TEXT = 128,
    BYTE_NUMBERS = 256, /* doubles */
    BYTE_LENGTHS = 512, /* one byte for each text of a batch */
    BYTE_TEXTS = 1024,
    BATCH = 256,
    STRIDE = 48,
    BYTE_RESULTS = BYTE_TEXTS + BATCH * STRIDE,
    DESK_BYTES = BYTE_RESULTS + BATCH * RESULT_WORDS * 4,
    /* Texts of an answer or a source. */
    TEXTS = 16,
};

#define NO_ADDRESS UINT32_MAX

struct state;

typedef struct {
    struct state *state;
    uint32_t slot;
    nameplate_db_t *db;
    nameplate_snapshot_t *snapshot;
} database_t;

typedef struct state {
    uint8_t *desk;
    /* Open databases by slot; NULL where none is. */
    database_t **slots;
    uint32_t capacity;
    /* The environment, and each database: whoever is the last frees the state. Node does not say which that is. */
    size_t users;
    nameplate_text_t texts[TEXTS];
} state_t;

static uint32_t *words(const state_t *state) { return (uint32_t *)(void *)state->desk; }

static double *numbers(const state_t *state) { return (double *)(void *)(state->desk + BYTE_NUMBERS); }

static void leave(state_t *state) {
    if (--state->users == 0) {
        free(state->slots);
        free(state);
    }
}

/* The texts that were lent last go with their snapshot. */
static void forget_texts(state_t *state) { memset(state->texts, 0, sizeof state->texts); }

static void let_go(database_t *database) {
    forget_texts(database->state);
    nameplate_snapshot_free(database->snapshot);
    nameplate_close(database->db);
    database->snapshot = NULL;
    database->db = NULL;
    if (database->state->slots[database->slot] == database) {
        database->state->slots[database->slot] = NULL;
    }
}

/* Of the external that stands for a database: it was collected, or the environment ends. */
static void finalize_database(napi_env env, void *data, void *hint) {
    database_t *database = data;
    (void)env;
    (void)hint;
    let_go(database);
    leave(database->state);
    free(database);
}

static void finalize_state(napi_env env, void *data, void *hint) {
    (void)env;
    (void)hint;
    leave(data);
}

/* The state, and the arguments where `arguments` is not NULL. Missing ones are undefined. */
static state_t *enter(napi_env env, napi_callback_info info, napi_value *arguments, size_t count) {
    void *data = NULL;
    napi_get_cb_info(env, info, arguments == NULL ? NULL : &count, arguments, NULL, &data);
    return data;
}

/* The database whose slot is on the desk. NULL can't be, for lib/database.js forgets the slot of what it closed. */
static const database_t *asked(const state_t *state) {
    const uint32_t slot = words(state)[WORD_SLOT];
    return slot < state->capacity ? state->slots[slot] : NULL;
}

static const nameplate_snapshot_t *snapshot_of(const state_t *state) {
    const database_t *database = asked(state);
    return database == NULL ? NULL : database->snapshot;
}

/* IPv4 is one word in host order; IPv6 is four, the highest first. */
static void write_address(uint32_t *place, uint32_t family, const uint8_t *bytes) {
    const int count = family == 4 ? 1 : 4;
    for (int word = 0; word < count; word++) {
        uint32_t value;
        memcpy(&value, bytes + 4 * word, 4);
        place[word] = __builtin_bswap32(value);
    }
}

static void write_range(uint32_t *result, const nameplate_range_t *range) {
    result[1] = range->family;
    write_address(result + 2, range->family, range->first);
    write_address(result + 6, range->family, range->last);
}

static void write_hit(const nameplate_snapshot_t *snapshot, const nameplate_hit_t *hit, uint32_t *result) {
    nameplate_range_t range;
    result[0] = hit->answer;
    if ((hit->kind == NAMEPLATE_COMPANY || hit->kind == NAMEPLATE_OPERATOR) &&
        nameplate_network(snapshot, hit->interval, &range) == NAMEPLATE_OK) {
        write_range(result, &range);
    } else {
        result[1] = 0;
    }
}

/* The text on the desk -> status and result. */
static napi_value lookup(napi_env env, napi_callback_info info) {
    state_t *state = enter(env, info, NULL, 0);
    uint32_t *desk = words(state);
    const nameplate_snapshot_t *snapshot = snapshot_of(state);
    nameplate_hit_t hit;
    desk[WORD_STATUS] = nameplate_lookup(snapshot, (const char *)state->desk + BYTE_TEXT, desk[WORD_LENGTH], &hit);
    if (desk[WORD_STATUS] == NAMEPLATE_OK) {
        write_hit(snapshot, &hit, desk + WORD_RESULT);
    }
    return NULL;
}

/* The same for the IPv4 address in host order that lies in place of the length. */
static napi_value lookup_v4(napi_env env, napi_callback_info info) {
    state_t *state = enter(env, info, NULL, 0);
    uint32_t *desk = words(state);
    const nameplate_snapshot_t *snapshot = snapshot_of(state);
    nameplate_hit_t hit;
    desk[WORD_STATUS] = nameplate_lookup_v4(snapshot, desk[WORD_LENGTH], &hit);
    if (desk[WORD_STATUS] == NAMEPLATE_OK) {
        write_hit(snapshot, &hit, desk + WORD_RESULT);
    }
    return NULL;
}

/* The texts on the desk -> status and results. */
static napi_value lookup_batch(napi_env env, napi_callback_info info) {
    state_t *state = enter(env, info, NULL, 0);
    uint32_t *desk = words(state);
    const nameplate_snapshot_t *snapshot = snapshot_of(state);
    const uint32_t count = desk[WORD_LENGTH] < BATCH ? desk[WORD_LENGTH] : BATCH;
    nameplate_text_t texts[BATCH];
    nameplate_hit_t hits[BATCH];
    for (uint32_t index = 0; index < count; index++) {
        texts[index].data = (const char *)state->desk + BYTE_TEXTS + index * STRIDE;
        texts[index].length = state->desk[BYTE_LENGTHS + index];
    }
    desk[WORD_STATUS] = nameplate_lookup_batch(snapshot, texts, count, hits);
    if (desk[WORD_STATUS] != NAMEPLATE_OK) {
        return NULL;
    }
    uint32_t *result = desk + BYTE_RESULTS / 4;
    for (uint32_t index = 0; index < count; index++, result += RESULT_WORDS) {
        if (hits[index].kind == NAMEPLATE_INVALID) {
            result[0] = NO_ADDRESS;
        } else {
            write_hit(snapshot, &hits[index], result);
        }
    }
    return NULL;
}

/* packed(addresses, ids): a Uint32Array of IPv4 addresses, or bytes of IPv6 addresses, into a Uint32Array.
 * lib/database.js has seen to types and lengths; they are compared once more, because memory depends on it. */
static napi_value packed(napi_env env, napi_callback_info info) {
    napi_value arguments[2];
    state_t *state = enter(env, info, arguments, 2);
    uint32_t *desk = words(state);
    napi_typedarray_type type, ids_type;
    size_t length, count;
    void *addresses, *ids;
    desk[WORD_STATUS] = NAMEPLATE_ERROR_ARGUMENT;
    if (napi_get_typedarray_info(env, arguments[0], &type, &length, &addresses, NULL, NULL) != napi_ok ||
        napi_get_typedarray_info(env, arguments[1], &ids_type, &count, &ids, NULL, NULL) != napi_ok ||
        ids_type != napi_uint32_array) {
        return NULL;
    }
    if (type == napi_uint32_array && length == count) {
        desk[WORD_STATUS] = nameplate_lookup_batch_v4(snapshot_of(state), addresses, count, ids);
    } else if (type == napi_uint8_array && length / 16 == count && length % 16 == 0) {
        desk[WORD_STATUS] = nameplate_lookup_batch_v6(snapshot_of(state), addresses, count, ids);
    }
    return NULL;
}

/* The answer id on the desk -> its facts, and its texts, which text(index) gives until the next call. */
static napi_value answer(napi_env env, napi_callback_info info) {
    state_t *state = enter(env, info, NULL, 0);
    uint32_t *desk = words(state), *facts = desk + WORD_FACTS;
    nameplate_answer_t found = {.size = sizeof found};
    desk[WORD_STATUS] = nameplate_answer(snapshot_of(state), desk[WORD_LENGTH], &found);
    if (desk[WORD_STATUS] != NAMEPLATE_OK) {
        return NULL;
    }
    const nameplate_text_t texts[] = {
        found.block,          found.company_id,      found.company_name,       found.company_kind,
        found.company_country, found.company_domain, found.company_legal_form, found.company_industry,
        found.company_register, found.company_register_id, found.operator_name, found.operator_kind,
    };
    facts[0] = found.kind;
    facts[1] = found.confidence;
    facts[2] = found.sources;
    facts[3] = found.operator_asn;
    facts[4] = found.has_operator;
    facts[5] = 0;
    for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) {
        state->texts[index] = texts[index];
        facts[5] |= (uint32_t)(texts[index].data != NULL) << index;
    }
    return NULL;
}

/* The source's number on the desk -> its rows and texts. */
static napi_value source(napi_env env, napi_callback_info info) {
    state_t *state = enter(env, info, NULL, 0);
    uint32_t *desk = words(state);
    nameplate_source_t found = {.size = sizeof found};
    desk[WORD_STATUS] = nameplate_source(snapshot_of(state), desk[WORD_LENGTH], &found);
    if (desk[WORD_STATUS] != NAMEPLATE_OK) {
        return NULL;
    }
    const nameplate_text_t texts[] = {found.name, found.title, found.licence, found.attribution, found.url, found.date};
    memcpy(state->texts, texts, sizeof texts);
    numbers(state)[0] = (double)found.rows;
    return NULL;
}

/* text(index): a text of the last answer or source; undefined where there is none. */
static napi_value text(napi_env env, napi_callback_info info) {
    napi_value argument, result = NULL;
    state_t *state = enter(env, info, &argument, 1);
    uint32_t index = TEXTS;
    napi_get_value_uint32(env, argument, &index);
    if (index < TEXTS && state->texts[index].data != NULL) {
        napi_create_string_utf8(env, state->texts[index].data, state->texts[index].length, &result);
    }
    return result;
}

static napi_value metadata(napi_env env, napi_callback_info info) {
    state_t *state = enter(env, info, NULL, 0);
    nameplate_metadata_t found = {.size = sizeof found};
    words(state)[WORD_STATUS] = nameplate_metadata(snapshot_of(state), &found);
    const double values[] = {
        found.format_version,       (double)found.build_number, (double)found.generation,   (double)found.created,
        (double)found.file_length,  (double)found.v4_intervals, (double)found.v6_intervals, (double)found.answers,
        (double)found.companies,    (double)found.operators,    (double)found.sources,
    };
    memcpy(numbers(state), values, sizeof values);
    return NULL;
}

/* A string's bytes with a NUL behind them, for the caller to free; NULL where it is no string, or there is no memory. */
static char *copy_text(napi_env env, napi_value value, size_t *length) {
    char *copy;
    if (napi_get_value_string_utf8(env, value, NULL, 0, length) != napi_ok || (copy = malloc(*length + 1)) == NULL) {
        return NULL;
    }
    napi_get_value_string_utf8(env, value, copy, *length + 1, length);
    return copy;
}

/* networks(id): the company's networks as words, 9 each: family, first, last. */
static napi_value networks(napi_env env, napi_callback_info info) {
    napi_value argument, result = NULL;
    state_t *state = enter(env, info, &argument, 1);
    uint32_t *desk = words(state), *place;
    nameplate_range_t *ranges = NULL;
    size_t length, count = 0, written = 0;
    void *bytes;
    char *id = copy_text(env, argument, &length);
    uint32_t status = id == NULL ? NAMEPLATE_ERROR_ARGUMENT
                                 : nameplate_networks(snapshot_of(state), id, length, 0, NULL, 0, &count);
    if (status == NAMEPLATE_OK) {
        ranges = calloc(count + 1, sizeof *ranges);
        status = ranges == NULL ? NAMEPLATE_ERROR_ARGUMENT
                                : nameplate_networks(snapshot_of(state), id, length, 0, ranges, count, &written);
    }
    if (status == NAMEPLATE_OK) {
        if (napi_create_arraybuffer(env, written * 9 * 4, &bytes, &result) != napi_ok) {
            status = NAMEPLATE_ERROR_ARGUMENT;
            result = NULL;
        }
        for (place = bytes; result != NULL && written > 0; written--, place += 9) {
            const nameplate_range_t *range = &ranges[(place - (uint32_t *)bytes) / 9];
            uint32_t words_of_range[RESULT_WORDS] = {0};
            write_range(words_of_range, range);
            memcpy(place, words_of_range + 1, 9 * 4);
        }
    }
    free(ranges);
    free(id);
    desk[WORD_STATUS] = status;
    return result;
}

/* Takes the newest snapshot instead of the one that is held. */
static uint32_t renew(database_t *database) {
    nameplate_snapshot_t *snapshot = NULL;
    const uint32_t status = nameplate_snapshot(database->db, &snapshot);
    if (status == NAMEPLATE_OK) {
        forget_texts(database->state);
        nameplate_snapshot_free(database->snapshot);
        database->snapshot = snapshot;
    }
    return status;
}

/* Status on the desk; the sentence as result where it is not 0. */
static napi_value report(napi_env env, const state_t *state, uint32_t status, const nameplate_error_t *error) {
    napi_value result = NULL;
    words(state)[WORD_STATUS] = status;
    if (status != NAMEPLATE_OK) {
        const char *sentence = error->text[0] != '\0' ? error->text : nameplate_status_text(status);
        napi_create_string_utf8(env, sentence, NAPI_AUTO_LENGTH, &result);
    }
    return result;
}

/* A free slot; its number, or the capacity where there is no memory for more. */
static uint32_t free_slot(state_t *state) {
    uint32_t slot = 0;
    while (slot < state->capacity && state->slots[slot] != NULL) {
        slot++;
    }
    if (slot == state->capacity) {
        const uint32_t capacity = state->capacity == 0 ? 8 : state->capacity * 2;
        database_t **slots = realloc(state->slots, capacity * sizeof *slots);
        if (slots != NULL) {
            memset(slots + state->capacity, 0, (capacity - state->capacity) * sizeof *slots);
            state->slots = slots;
            state->capacity = capacity;
        }
    }
    return slot;
}

/* open(path, flags, suppression, public key): an external that keeps the database open, and its slot on the desk; or the
 * sentence that says why not. */
static napi_value open(napi_env env, napi_callback_info info) {
    napi_value arguments[4], result = NULL;
    state_t *state = enter(env, info, arguments, 4);
    nameplate_options_t options = {.size = sizeof options};
    nameplate_error_t error = {.size = sizeof error};
    database_t *database = calloc(1, sizeof *database);
    size_t length;
    uint32_t status = NAMEPLATE_ERROR_ARGUMENT;
    char *path = copy_text(env, arguments[0], &length);
    char *suppression = copy_text(env, arguments[2], &length), *key = copy_text(env, arguments[3], &length);
    const uint32_t slot = free_slot(state);
    napi_get_value_uint32(env, arguments[1], &options.flags);
    options.suppression = suppression;
    options.public_key = key;
    if (database != NULL && path != NULL && slot < state->capacity) {
        status = nameplate_open(path, &options, &error, &database->db);
    }
    if (status == NAMEPLATE_OK) {
        database->state = state;
        if ((status = renew(database)) != NAMEPLATE_OK) {
            nameplate_close(database->db);
        }
    }
    free(path);
    free(suppression);
    free(key);
    if (status != NAMEPLATE_OK) {
        free(database);
        return report(env, state, status, &error);
    }
    database->slot = slot;
    state->slots[slot] = database;
    state->users++;
    if (napi_create_external(env, database, finalize_database, NULL, &result) != napi_ok) {
        finalize_database(env, database, NULL);
        return report(env, state, NAMEPLATE_ERROR_ARGUMENT, &error);
    }
    words(state)[WORD_STATUS] = NAMEPLATE_OK;
    words(state)[WORD_SLOT] = slot;
    return result;
}

/* close(): frees what the database on the desk holds now, and not when the external is collected. */
static napi_value close(napi_env env, napi_callback_info info) {
    state_t *state = enter(env, info, NULL, 0);
    const uint32_t slot = words(state)[WORD_SLOT];
    if (asked(state) != NULL) {
        let_go(state->slots[slot]);
    }
    return NULL;
}

/* reload(list): with another suppression list where it is a string. */
static napi_value reload(napi_env env, napi_callback_info info) {
    napi_value argument;
    state_t *state = enter(env, info, &argument, 1);
    nameplate_error_t error = {.size = sizeof error};
    uint32_t status = NAMEPLATE_ERROR_HANDLE;
    size_t length;
    if (asked(state) != NULL) {
        database_t *database = state->slots[words(state)[WORD_SLOT]];
        char *list = copy_text(env, argument, &length);
        status = list == NULL ? nameplate_reload(database->db, &error, NULL)
                              : nameplate_suppress(database->db, list, &error, NULL);
        free(list);
        if (status == NAMEPLATE_OK) {
            status = renew(database);
        }
    }
    return report(env, state, status, &error);
}

NAPI_MODULE_INIT() {
    static const struct {
        const char *name;
        napi_callback function;
    } functions[] = {
        {"lookup", lookup}, {"lookupV4", lookup_v4}, {"lookupBatch", lookup_batch}, {"packed", packed},     {"answer", answer}, {"source", source},
        {"text", text},     {"metadata", metadata},        {"networks", networks}, {"open", open},     {"close", close},
        {"reload", reload},
    };
    napi_value value;
    napi_ref keeps_desk;
    state_t *state;
    if (nameplate_abi_version() != NAMEPLATE_ABI_VERSION) {
        napi_throw_error(env, NULL, "the addon was linked with another libnameplate than its header is of: build it anew");
        return NULL;
    }
    if ((state = calloc(1, sizeof *state)) == NULL) {
        napi_throw_error(env, NULL, "out of memory");
        return NULL;
    }
    state->users = 1;
    /* An ArrayBuffer's bytes never move; the reference keeps them as long as the environment lives. */
    if (napi_set_instance_data(env, state, finalize_state, NULL) != napi_ok ||
        napi_create_arraybuffer(env, DESK_BYTES, (void **)&state->desk, &value) != napi_ok ||
        napi_create_reference(env, value, 1, &keeps_desk) != napi_ok ||
        napi_set_named_property(env, exports, "desk", value) != napi_ok) {
        return NULL;
    }
    for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
        if (napi_create_function(env, functions[index].name, NAPI_AUTO_LENGTH, functions[index].function, state, &value) != napi_ok ||
            napi_set_named_property(env, exports, functions[index].name, value) != napi_ok) {
            return NULL;
        }
    }
    return exports;
}
