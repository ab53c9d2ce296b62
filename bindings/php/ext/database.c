/*
 * Nameplate\Database: open range files, and the questions that can be asked of them.
 *
 * Handles are kept for the process, by path and options: a php-fpm worker opens a file once. Each open() looks whether the
 * file, or the suppression list, is still the one that was opened (a stat for each), and reloads when it is not. What can't
 * be loaded is logged, and what was served is served on, as in the daemon.
 */

#include "php_nameplate.h"
#include "ext/spl/spl_exceptions.h"
#include "zend_exceptions.h"
#include "zend_smart_str.h"

/* Addresses that a bulk call looks up at once: enough to hide the waits for memory, little enough for the stack. */
#define BATCH 128

#define NO_ADDRESS "is no IPv4 or IPv6 address: pass one as text, such as 192.0.2.1 or 2001:db8::1, " \
    "without port, brackets, zone or spaces"

typedef struct {
    np_handle *handle;  /* NULL: closed */
    zend_object std;
} np_database;

static zend_object_handlers database_handlers;

static inline np_database *np_database_of(zend_object *object)
{
    return (np_database *)((char *)object - XtOffsetOf(np_database, std));
}

/* The handles */

/* What is there, or zeros. Seconds do for the time: a file that replaces another while that is mapped has another inode. */
static np_stamp stamp_of(const char *path)
{
    zend_stat_t info;
    np_stamp stamp = {0};

    if (path && VCWD_STAT(path, &info) == 0) {
        stamp.device = (zend_ulong)info.st_dev;
        stamp.inode = (zend_ulong)info.st_ino;
        stamp.size = (zend_ulong)info.st_size;
        stamp.modified = (zend_ulong)info.st_mtime;
    }
    return stamp;
}

static bool same_stamp(const np_stamp *a, const np_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size && a->modified == b->modified;
}

/* Completes all answers that read from the snapshot, and lets go of it. */
static void np_handle_settle(np_handle *handle)
{
    while (handle->live) {
        np_answer_complete(handle->live);
    }
    nameplate_snapshot_free(handle->snapshot);
    handle->snapshot = NULL;
}

/* Of NP_G(handles). */
void np_handle_destroy(zval *entry)
{
    np_handle *handle = Z_PTR_P(entry);

    np_handle_settle(handle);
    nameplate_close(handle->database);
    pefree(handle->path, 1);
    if (handle->list_path) {
        pefree(handle->list_path, 1);
    }
    pefree(handle, 1);
}

static uint32_t np_handle_reload(np_handle *handle, nameplate_error_t *error)
{
    /* Before the files are read: one that is replaced meanwhile is noticed the next time. */
    np_stamp file = stamp_of(handle->path), list = stamp_of(handle->list_path);
    nameplate_snapshot_t *snapshot;
    uint32_t status = nameplate_reload(handle->database, error, NULL);

    handle->file = file;
    handle->list = list;
    if (status == NAMEPLATE_OK) {
        status = nameplate_snapshot(handle->database, &snapshot);
    }
    if (status == NAMEPLATE_OK) {
        np_handle_settle(handle);
        handle->snapshot = snapshot;
        handle->complained = false;
    }
    return status;
}

/* Reloads where a file is not the one that was opened. */
static void np_handle_refresh(np_handle *handle)
{
    np_stamp file = stamp_of(handle->path), list = stamp_of(handle->list_path);
    nameplate_error_t error = {.size = sizeof error};

    if (same_stamp(&file, &handle->file) && same_stamp(&list, &handle->list)) {
        return;
    }
    if (np_handle_reload(handle, &error) != NAMEPLATE_OK && !handle->complained) {
        smart_str line = {0};

        /* Into PHP's error log, and not a warning: a page must not fail because of a file that a later request may find
         * whole. */
        smart_str_appends(&line, "nameplate: the file that was open is used on, for the new one was refused: ");
        smart_str_appends(&line, error.text);
        smart_str_0(&line);
        php_log_err_with_severity(ZSTR_VAL(line.s), LOG_WARNING);
        smart_str_free(&line);
        handle->complained = true;
    }
}

/* Closes what was not used for longest, where more would be open than may be. What is in use is never closed. */
static void make_room(void)
{
    np_handle *handle;
    zend_string *key, *oldest = NULL;
    zend_ulong used = ZEND_ULONG_MAX;

    if (zend_hash_num_elements(&NP_G(handles)) < (zend_ulong)NP_G(max_databases)) {
        return;
    }
    ZEND_HASH_FOREACH_STR_KEY_PTR(&NP_G(handles), key, handle) {
        if (handle->users == 0 && handle->used < used) {
            used = handle->used;
            oldest = key;
        }
    } ZEND_HASH_FOREACH_END();
    if (oldest) {
        zend_hash_del(&NP_G(handles), oldest);
    }
}

static void throw_error(uint32_t status, const nameplate_error_t *error)
{
    zend_throw_exception(np_exception_ce, error && error->status ? error->text : nameplate_status_text(status), (zend_long)status);
}

/* An absolute path that a script may use, to be freed with efree; or NULL, and an exception. */
static char *checked_path(const char *path)
{
    char *full = expand_filepath(path, NULL);

    if (!full) {
        zend_throw_exception(np_exception_ce, "the path is longer than paths may be: pass a shorter one", NAMEPLATE_ERROR_IO);
    } else if (php_check_open_basedir_ex(full, 0)) {
        zend_throw_exception_ex(np_exception_ce, NAMEPLATE_ERROR_IO,
            "%s: outside of the folders that open_basedir allows: add its folder to open_basedir", full);
        efree(full);
        full = NULL;
    }
    return full;
}

/* What open() was given: paths are absolute, from checked_path. */
typedef struct {
    char *path, *list, *key;    /* key: a file, or the key itself */
    uint32_t flags;
} np_request;

static np_handle *open_anew(const np_request *request)
{
    nameplate_options_t options = {
        .size = sizeof options, .flags = request->flags, .suppression = request->list, .public_key = request->key};
    nameplate_error_t error = {.size = sizeof error};
    np_handle *handle = pecalloc(1, sizeof *handle, 1);
    uint32_t status;

    handle->file = stamp_of(request->path);
    handle->list = stamp_of(request->list);
    status = nameplate_open(request->path, &options, &error, &handle->database);
    if (status == NAMEPLATE_OK) {
        status = nameplate_snapshot(handle->database, &handle->snapshot);
    }
    if (status != NAMEPLATE_OK) {
        throw_error(status, &error);
        nameplate_close(handle->database);
        pefree(handle, 1);
        return NULL;
    }
    handle->path = pestrdup(request->path, 1);
    handle->list_path = request->list ? pestrdup(request->list, 1) : NULL;
    return handle;
}

static np_handle *find_or_open(const np_request *request)
{
    smart_str key = {0};
    np_handle *handle;

    /* No path holds a NUL. */
    smart_str_append_unsigned(&key, request->flags);
    smart_str_appendc(&key, '\0');
    smart_str_appends(&key, request->path);
    smart_str_appendc(&key, '\0');
    smart_str_appends(&key, request->list ? request->list : "");
    smart_str_appendc(&key, '\0');
    smart_str_appends(&key, request->key ? request->key : "");
    smart_str_0(&key);

    handle = zend_hash_find_ptr(&NP_G(handles), key.s);
    if (handle) {
        if (NP_G(auto_reload)) {
            np_handle_refresh(handle);
        }
    } else if ((handle = open_anew(request)) != NULL) {
        zend_string *kept = zend_string_init(ZSTR_VAL(key.s), ZSTR_LEN(key.s), true);

        make_room();
        zend_hash_add_new_ptr(&NP_G(handles), kept, handle);
        zend_string_release_ex(kept, true);
    }
    if (handle) {
        handle->used = ++NP_G(clock);
    }
    smart_str_free(&key);
    return handle;
}

/* The objects */

static zend_object *database_create(zend_class_entry *ce)
{
    np_database *self = zend_object_alloc(sizeof *self, ce);

    self->handle = NULL;
    zend_object_std_init(&self->std, ce);
    object_properties_init(&self->std, ce);
    self->std.handlers = &database_handlers;
    return &self->std;
}

/* The file stays open for the next request, or the next open(). */
static void database_free(zend_object *object)
{
    np_database *self = np_database_of(object);

    if (self->handle && self->handle->users) {
        self->handle->users--;
    }
    zend_object_std_dtor(object);
}

void np_database_minit(void)
{
    np_database_ce->create_object = database_create;
    memcpy(&database_handlers, &std_object_handlers, sizeof database_handlers);
    database_handlers.offset = XtOffsetOf(np_database, std);
    database_handlers.free_obj = database_free;
    database_handlers.clone_obj = NULL;
}

/* The handle of `$this`; or NULL, and an exception. */
static inline np_handle *open_handle(zval *this)
{
    np_handle *handle = np_database_of(Z_OBJ_P(this))->handle;

    if (UNEXPECTED(!handle)) {
        zend_throw_exception(np_exception_ce, "this database is closed: open it again with Nameplate\\Database::open()",
            NAMEPLATE_ERROR_HANDLE);
    }
    return handle;
}

static ZEND_COLD void throw_no_address(void)
{
    zend_throw_exception(spl_ce_InvalidArgumentException, "this " NO_ADDRESS, 0);
}

/* Methods */

ZEND_METHOD(Nameplate_Database, __construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(Nameplate_Database, open)
{
    char *path, *list = NULL, *key = NULL;
    size_t path_length, list_length = 0, key_length = 0;
    bool verify = false, copy = false, prefault = false, allow_older = false;
    np_request request = {0};
    np_handle *handle;

    ZEND_PARSE_PARAMETERS_START(1, 7)
        Z_PARAM_PATH(path, path_length)
        Z_PARAM_OPTIONAL
        Z_PARAM_PATH_OR_NULL(list, list_length)
        Z_PARAM_PATH_OR_NULL(key, key_length)
        Z_PARAM_BOOL(verify)
        Z_PARAM_BOOL(copy)
        Z_PARAM_BOOL(prefault)
        Z_PARAM_BOOL(allow_older)
    ZEND_PARSE_PARAMETERS_END();
    if (path_length == 0) {
        zend_argument_value_error(1, "must not be empty");
        RETURN_THROWS();
    }
    if (list && list_length == 0) {
        zend_argument_value_error(2, "must not be empty");
        RETURN_THROWS();
    }
    if (key && key_length == 0) {
        zend_argument_value_error(3, "must not be empty");
        RETURN_THROWS();
    }

    request.flags = (verify ? NAMEPLATE_OPEN_VERIFY : 0) | (copy ? NAMEPLATE_OPEN_COPY : 0)
        | (prefault ? NAMEPLATE_OPEN_PREFAULT : 0) | (allow_older ? NAMEPLATE_OPEN_ALLOW_OLDER : 0);
    request.path = checked_path(path);
    if (!EG(exception) && list) {
        request.list = checked_path(list);
    }
    if (!EG(exception) && key) {
        /* A file, or the key itself. */
        request.key = VCWD_ACCESS(key, F_OK) == 0 ? checked_path(key) : estrndup(key, key_length);
    }
    handle = EG(exception) ? NULL : find_or_open(&request);
    if (handle) {
        object_init_ex(return_value, np_database_ce);
        np_database_of(Z_OBJ_P(return_value))->handle = handle;
        handle->users++;
    }
    if (request.path) {
        efree(request.path);
    }
    if (request.list) {
        efree(request.list);
    }
    if (request.key) {
        efree(request.key);
    }
}

ZEND_METHOD(Nameplate_Database, lookup)
{
    zend_string *text;
    np_handle *handle;
    nameplate_hit_t hit;

    if (ZEND_NUM_ARGS() == 1 && Z_TYPE_P(ZEND_CALL_ARG(execute_data, 1)) == IS_NULL) {
        /* PHP takes null for an empty string in functions that are not written in PHP. */
        zend_argument_type_error(1, "must be of type string, null given");
        RETURN_THROWS();
    }
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(text)
    ZEND_PARSE_PARAMETERS_END();
    handle = open_handle(ZEND_THIS);
    if (UNEXPECTED(!handle)) {
        RETURN_THROWS();
    }
    if (UNEXPECTED(nameplate_lookup(handle->snapshot, ZSTR_VAL(text), ZSTR_LEN(text), &hit) != NAMEPLATE_OK)) {
        throw_no_address();
        RETURN_THROWS();
    }
    np_answer_create(return_value, handle, &hit);
}

/* What waits to be looked up at once, with the keys that it has in the list. */
typedef struct {
    nameplate_text_t texts[BATCH];
    zend_string *keys[BATCH];   /* NULL: the number in `indexes` is the key */
    zend_ulong indexes[BATCH];
    size_t count;
    zend_ulong done;            /* looked up before */
} np_chunk;

/* Makes of a hit what goes into the result. */
typedef void (*np_make)(zval *into, np_handle *handle, const nameplate_hit_t *hit);

static void make_name(zval *into, np_handle *handle, const nameplate_hit_t *hit)
{
    (void)handle;
    if (hit->name.data) {
        ZVAL_STRINGL_FAST(into, hit->name.data, hit->name.length);
    } else {
        ZVAL_NULL(into);
    }
}

/* Looks up what waits, and puts what is made of it behind what is in `result`. */
static bool lookup_chunk(np_handle *handle, np_chunk *chunk, HashTable *result, np_make make)
{
    nameplate_hit_t hits[BATCH];
    uint32_t status = nameplate_lookup_batch(handle->snapshot, chunk->texts, chunk->count, hits);

    if (status != NAMEPLATE_OK) {
        throw_error(status, NULL);
        return false;
    }
    for (size_t i = 0; i < chunk->count; i++) {
        zval value;

        if (UNEXPECTED(hits[i].kind == NAMEPLATE_INVALID)) {
            zend_throw_exception_ex(spl_ce_InvalidArgumentException, 0, "number " ZEND_ULONG_FMT " of the list " NO_ADDRESS,
                chunk->done + i + 1);
            return false;
        }
        make(&value, handle, &hits[i]);
        if (chunk->keys[i]) {
            zend_hash_add_new(result, chunk->keys[i], &value);
        } else {
            zend_hash_index_add_new(result, chunk->indexes[i], &value);
        }
    }
    chunk->done += chunk->count;
    chunk->count = 0;
    return true;
}

static void lookup_list(INTERNAL_FUNCTION_PARAMETERS, np_make make)
{
    HashTable *list;
    np_handle *handle;
    np_chunk chunk;
    zend_ulong index;
    zend_string *key;
    zval *element;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(list)
    ZEND_PARSE_PARAMETERS_END();
    handle = open_handle(ZEND_THIS);
    if (!handle) {
        RETURN_THROWS();
    }
    array_init_size(return_value, zend_hash_num_elements(list));
    chunk.count = 0;
    chunk.done = 0;
    ZEND_HASH_FOREACH_KEY_VAL(list, index, key, element) {
        ZVAL_DEREF(element);
        if (UNEXPECTED(Z_TYPE_P(element) != IS_STRING)) {
            zend_type_error("number " ZEND_ULONG_FMT " of the list must be of type string, %s given",
                chunk.done + chunk.count + 1, zend_zval_type_name(element));
            RETURN_THROWS();
        }
        chunk.texts[chunk.count] = (nameplate_text_t){.data = Z_STRVAL_P(element), .length = Z_STRLEN_P(element)};
        chunk.keys[chunk.count] = key;
        chunk.indexes[chunk.count] = index;
        if (++chunk.count == BATCH && !lookup_chunk(handle, &chunk, Z_ARRVAL_P(return_value), make)) {
            RETURN_THROWS();
        }
    } ZEND_HASH_FOREACH_END();
    if (chunk.count) {
        lookup_chunk(handle, &chunk, Z_ARRVAL_P(return_value), make);
    }
}

ZEND_METHOD(Nameplate_Database, lookupMany)
{
    lookup_list(INTERNAL_FUNCTION_PARAM_PASSTHRU, np_answer_create);
}

ZEND_METHOD(Nameplate_Database, names)
{
    lookup_list(INTERNAL_FUNCTION_PARAM_PASSTHRU, make_name);
}

ZEND_METHOD(Nameplate_Database, lookupPacked)
{
    zend_string *addresses, *ids;
    zend_long width = 4;
    np_handle *handle;
    size_t count, at = 0;
    const unsigned char *bytes;
    uint32_t *out;

    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(addresses)
        Z_PARAM_OPTIONAL
        Z_PARAM_LONG(width)
    ZEND_PARSE_PARAMETERS_END();
    handle = open_handle(ZEND_THIS);
    if (!handle) {
        RETURN_THROWS();
    }
    if (width != 4 && width != 16) {
        zend_argument_value_error(2, "must be 4 (IPv4) or 16 (IPv6)");
        RETURN_THROWS();
    }
    if (ZSTR_LEN(addresses) % width != 0) {
        zend_throw_exception_ex(spl_ce_InvalidArgumentException, 0,
            "the addresses are not a multiple of " ZEND_LONG_FMT " bytes: pass what inet_pton() gives, joined", width);
        RETURN_THROWS();
    }
    count = ZSTR_LEN(addresses) / width;
    bytes = (const unsigned char *)ZSTR_VAL(addresses);
    ids = zend_string_alloc(count * 4, false);
    ZSTR_VAL(ids)[ZSTR_LEN(ids)] = '\0';
    out = (uint32_t *)(void *)ZSTR_VAL(ids);
    while (at < count) {
        uint32_t chunk[1024], found[1024];
        size_t n = MIN(count - at, 1024);
        uint32_t status;

        if (width == 4) {
            for (size_t i = 0; i < n; i++) {
                const unsigned char *address = bytes + 4 * (at + i);

                chunk[i] = (uint32_t)address[0] << 24 | (uint32_t)address[1] << 16 | (uint32_t)address[2] << 8 | address[3];
            }
            status = nameplate_lookup_batch_v4(handle->snapshot, chunk, n, found);
        } else {
            status = nameplate_lookup_batch_v6(handle->snapshot, bytes + 16 * at, n, found);
        }
        if (status != NAMEPLATE_OK) {
            zend_string_release_ex(ids, false);
            throw_error(status, NULL);
            RETURN_THROWS();
        }
        for (size_t i = 0; i < n; i++) {
#ifdef WORDS_BIGENDIAN
            found[i] = __builtin_bswap32(found[i]);
#endif
            memcpy(&out[at + i], &found[i], 4);
        }
        at += n;
    }
    RETURN_NEW_STR(ids);
}

ZEND_METHOD(Nameplate_Database, answer)
{
    zend_long id;
    np_handle *handle;
    nameplate_answer_t answer = {.size = sizeof answer};

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_LONG(id)
    ZEND_PARSE_PARAMETERS_END();
    handle = open_handle(ZEND_THIS);
    if (!handle) {
        RETURN_THROWS();
    }
    if (id < 0 || id > UINT32_MAX || nameplate_answer(handle->snapshot, (uint32_t)id, &answer) != NAMEPLATE_OK) {
        zend_argument_value_error(1, "must be an answer id, as lookupPacked() gives since the last reload");
        RETURN_THROWS();
    }
    np_answer_create_without_network(return_value, handle, &answer);
}

ZEND_METHOD(Nameplate_Database, networks)
{
    zend_string *id;
    np_handle *handle;
    nameplate_range_t ranges[BATCH];
    size_t start = 0, count;

    if (ZEND_NUM_ARGS() == 1 && Z_TYPE_P(ZEND_CALL_ARG(execute_data, 1)) == IS_NULL) {
        zend_argument_type_error(1, "must be of type string, null given");
        RETURN_THROWS();
    }
    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(id)
    ZEND_PARSE_PARAMETERS_END();
    handle = open_handle(ZEND_THIS);
    if (!handle) {
        RETURN_THROWS();
    }
    array_init(return_value);
    do {
        uint32_t status = nameplate_networks(handle->snapshot, ZSTR_VAL(id), ZSTR_LEN(id), start, ranges, BATCH, &count);

        if (status == NAMEPLATE_ERROR_NOT_FOUND) {
            return;
        }
        if (status != NAMEPLATE_OK) {
            throw_error(status, NULL);
            RETURN_THROWS();
        }
        for (size_t i = 0; i < count; i++) {
            zval network;

            np_network_create(&network, &ranges[i]);
            zend_hash_next_index_insert_new(Z_ARRVAL_P(return_value), &network);
        }
        start += count;
    } while (count == BATCH);
}

ZEND_METHOD(Nameplate_Database, metadata)
{
    np_handle *handle;

    ZEND_PARSE_PARAMETERS_NONE();
    handle = open_handle(ZEND_THIS);
    if (!handle) {
        RETURN_THROWS();
    }
    np_metadata_create(return_value, handle);
}

ZEND_METHOD(Nameplate_Database, reload)
{
    np_handle *handle;
    nameplate_error_t error = {.size = sizeof error};
    uint32_t status;

    ZEND_PARSE_PARAMETERS_NONE();
    handle = open_handle(ZEND_THIS);
    if (!handle) {
        RETURN_THROWS();
    }
    status = np_handle_reload(handle, &error);
    if (status != NAMEPLATE_OK) {
        throw_error(status, &error);
        RETURN_THROWS();
    }
}

ZEND_METHOD(Nameplate_Database, close)
{
    np_database *self = np_database_of(Z_OBJ_P(ZEND_THIS));
    np_handle *handle = self->handle;
    zend_string *key;
    np_handle *each;

    ZEND_PARSE_PARAMETERS_NONE();
    self->handle = NULL;
    if (!handle || --handle->users > 0) {
        return;
    }
    ZEND_HASH_FOREACH_STR_KEY_PTR(&NP_G(handles), key, each) {
        if (each == handle) {
            zend_hash_del(&NP_G(handles), key);
            break;
        }
    } ZEND_HASH_FOREACH_END();
}
