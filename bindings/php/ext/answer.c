/*
 * The answers: readonly objects.
 *
 * Most who look up want a name, so a lookup fills in status, name and confidence, and leaves the other properties
 * uninitialised. PHP reads a property that is there by itself; for one that is not it asks the object (read_property), which
 * then reads it from the snapshot. Whatever else looks at an answer (var_dump, foreach, ==, clone, serialize) completes it
 * first. Nobody can tell the difference.
 *
 * What the properties are, and what they are called in the contract's JSON, stands in tables; toArray and fromArray go through
 * them.
 */

#include "php_nameplate.h"
#include "ext/json/php_json.h"
#include "zend_exceptions.h"
#include "zend_smart_str.h"

/* In the order of the stub's properties, which is that of the objects' slots. */
enum { A_STATUS, A_NAME, A_COMPANY, A_OPERATOR, A_NETWORK, A_CONFIDENCE, A_SOURCES, A_BLOCK, A_COUNT };

typedef enum {
    TEXT,           /* string */
    MAYBE_TEXT,     /* ?string */
    NUMBER,         /* int */
    MAYBE_NUMBER,   /* ?int */
    OBJECT,         /* ?object of `of` */
    TEXTS,          /* list of strings */
    MAYBE_OBJECTS   /* ?list of objects of `of` */
} np_type;

typedef struct {
    uint32_t slot;
    np_type type;
    const char *key;                /* in JSON */
    zend_class_entry **of;
} np_field;

/* In the order of the JSON. The answer's name is in none: it is the company's, the operator's or the block. */
static const np_field answer_fields[] = {
    {A_STATUS, TEXT, "status", NULL},
    {A_BLOCK, MAYBE_TEXT, "block", NULL},
    {A_COMPANY, OBJECT, "company", &np_company_ce},
    {A_OPERATOR, OBJECT, "operator", &np_operator_ce},
    {A_NETWORK, OBJECT, "network", &np_network_ce},
    {A_CONFIDENCE, MAYBE_NUMBER, "confidence", NULL},
    {A_SOURCES, TEXTS, "sources", NULL},
    {0, 0, NULL, NULL}};
static const np_field company_fields[] = {
    {0, TEXT, "id", NULL},
    {1, TEXT, "name", NULL},
    {2, MAYBE_TEXT, "kind", NULL},
    {3, MAYBE_TEXT, "country", NULL},
    {4, MAYBE_TEXT, "domain", NULL},
    {5, MAYBE_TEXT, "legal_form", NULL},
    {6, MAYBE_TEXT, "industry", NULL},
    {7, MAYBE_TEXT, "register", NULL},
    {8, MAYBE_TEXT, "register_id", NULL},
    {0, 0, NULL, NULL}};
static const np_field operator_fields[] = {
    {0, NUMBER, "asn", NULL}, {1, MAYBE_TEXT, "name", NULL}, {2, MAYBE_TEXT, "kind", NULL}, {0, 0, NULL, NULL}};
static const np_field network_fields[] = {{0, TEXT, "first", NULL}, {1, TEXT, "last", NULL}, {0, 0, NULL, NULL}};
static const np_field metadata_fields[] = {
    {0, NUMBER, "format_version", NULL},
    {1, NUMBER, "build_number", NULL},
    {2, NUMBER, "generation", NULL},
    {3, MAYBE_NUMBER, "created", NULL},
    {4, NUMBER, "bytes", NULL},
    {5, NUMBER, "v4_intervals", NULL},
    {6, NUMBER, "v6_intervals", NULL},
    {7, NUMBER, "answers", NULL},
    {8, NUMBER, "companies", NULL},
    {9, NUMBER, "operators", NULL},
    {10, MAYBE_OBJECTS, "sources", &np_source_ce},
    {0, 0, NULL, NULL}};
static const np_field source_fields[] = {
    {0, TEXT, "name", NULL},
    {1, NUMBER, "rows", NULL},
    {2, MAYBE_TEXT, "title", NULL},
    {3, MAYBE_TEXT, "licence", NULL},
    {4, MAYBE_TEXT, "attribution", NULL},
    {5, MAYBE_TEXT, "url", NULL},
    {6, MAYBE_TEXT, "date", NULL},
    {0, 0, NULL, NULL}};

static zend_object_handlers answer_handlers, value_handlers;

/* By nameplate_hit_t.kind. */
static zend_string *statuses[4];
static zend_string *name_of_network;

static inline np_answer *np_answer_of(zend_object *object)
{
    return (np_answer *)((char *)object - XtOffsetOf(np_answer, std));
}

static const np_field *fields_of(const zend_class_entry *ce)
{
    return ce == np_answer_ce ? answer_fields
        : ce == np_company_ce ? company_fields
        : ce == np_operator_ce ? operator_fields
        : ce == np_network_ce ? network_fields
        : ce == np_metadata_ce ? metadata_fields
        : source_fields;
}

/* Filling in */

static inline void set_text(zend_object *object, uint32_t slot, nameplate_text_t text)
{
    zval *value = OBJ_PROP_NUM(object, slot);

    if (text.data) {
        ZVAL_STRINGL_FAST(value, text.data, text.length);
    } else {
        ZVAL_NULL(value);
    }
}

/* A text that PHP's type does not let be null. */
static inline void set_text_always(zend_object *object, uint32_t slot, nameplate_text_t text)
{
    ZVAL_STRINGL_FAST(OBJ_PROP_NUM(object, slot), text.data ? text.data : "", text.length);
}

static inline void set_number(zend_object *object, uint32_t slot, uint64_t number)
{
    ZVAL_LONG(OBJ_PROP_NUM(object, slot), (zend_long)number);
}

static void set_company(zval *into, const nameplate_answer_t *answer)
{
    zend_object *company;

    object_init_ex(into, np_company_ce);
    company = Z_OBJ_P(into);
    set_text_always(company, 0, answer->company_id);
    set_text_always(company, 1, answer->company_name);
    set_text(company, 2, answer->company_kind);
    set_text(company, 3, answer->company_country);
    set_text(company, 4, answer->company_domain);
    set_text(company, 5, answer->company_legal_form);
    set_text(company, 6, answer->company_industry);
    set_text(company, 7, answer->company_register);
    set_text(company, 8, answer->company_register_id);
}

static void set_operator(zval *into, const nameplate_answer_t *answer)
{
    object_init_ex(into, np_operator_ce);
    set_number(Z_OBJ_P(into), 0, answer->operator_asn);
    set_text(Z_OBJ_P(into), 1, answer->operator_name);
    set_text(Z_OBJ_P(into), 2, answer->operator_kind);
}

/* RFC 5952; inet_ntop would write the last 32 bits of some addresses with dots. */
static size_t format_v6(const uint8_t *bytes, char *out)
{
    int best = -1, best_length = 1;
    char *start = out;

    for (int i = 0; i < 8; i++) {
        int length = 0;

        while (i + length < 8 && bytes[2 * (i + length)] == 0 && bytes[2 * (i + length) + 1] == 0) {
            length++;
        }
        if (length > best_length) {
            best = i;
            best_length = length;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            *out++ = ':';
            *out++ = ':';
            i += best_length - 1;
            continue;
        }
        /* Without a run, the sum is 0. */
        if (i > 0 && i != best + best_length) {
            *out++ = ':';
        }
        for (int shift = 12, word = bytes[2 * i] << 8 | bytes[2 * i + 1], begun = 0; shift >= 0; shift -= 4) {
            int digit = word >> shift & 15;

            if (digit || begun || shift == 0) {
                *out++ = "0123456789abcdef"[digit];
                begun = 1;
            }
        }
    }
    return (size_t)(out - start);
}

static size_t format_v4(const uint8_t *bytes, char *out)
{
    char *start = out;

    for (int i = 0; i < 4; i++) {
        unsigned byte = bytes[i];

        if (i > 0) {
            *out++ = '.';
        }
        if (byte >= 100) {
            *out++ = (char)('0' + byte / 100);
        }
        if (byte >= 10) {
            *out++ = (char)('0' + byte / 10 % 10);
        }
        *out++ = (char)('0' + byte % 10);
    }
    return (size_t)(out - start);
}

static void set_address(zend_object *object, uint32_t slot, uint32_t family, const uint8_t *bytes)
{
    char text[48];
    size_t length = family == 4 ? format_v4(bytes, text) : format_v6(bytes, text);

    ZVAL_STRINGL(OBJ_PROP_NUM(object, slot), text, length);
}

void np_network_create(zval *into, const nameplate_range_t *range)
{
    object_init_ex(into, np_network_ce);
    set_address(Z_OBJ_P(into), 0, range->family, range->first);
    set_address(Z_OBJ_P(into), 1, range->family, range->last);
}

static void set_sources(zval *into, nameplate_snapshot_t *snapshot, uint32_t sources)
{
    if (!sources) {
        ZVAL_EMPTY_ARRAY(into);
        return;
    }
    array_init_size(into, 2);
    for (uint32_t i = 0; sources >> i; i++) {
        nameplate_source_t source;

        if (!(sources >> i & 1)) {
            continue;
        }
        source.size = sizeof source;
        source.reserved = 0;
        if (nameplate_source(snapshot, i, &source) == NAMEPLATE_OK && source.name.length) {
            add_next_index_stringl(into, source.name.data, source.name.length);
        }
    }
}

void np_metadata_create(zval *into, np_handle *handle)
{
    nameplate_metadata_t metadata = {.size = sizeof metadata};
    zend_object *object;
    zval *sources;

    object_init_ex(into, np_metadata_ce);
    object = Z_OBJ_P(into);
    (void)nameplate_metadata(handle->snapshot, &metadata);
    set_number(object, 0, metadata.format_version);
    set_number(object, 1, metadata.build_number);
    set_number(object, 2, metadata.generation);
    if (metadata.created) {
        set_number(object, 3, metadata.created);
    } else {
        ZVAL_NULL(OBJ_PROP_NUM(object, 3));
    }
    set_number(object, 4, metadata.file_length);
    set_number(object, 5, metadata.v4_intervals);
    set_number(object, 6, metadata.v6_intervals);
    set_number(object, 7, metadata.answers);
    set_number(object, 8, metadata.companies);
    set_number(object, 9, metadata.operators);
    sources = OBJ_PROP_NUM(object, 10);
    array_init(sources);
    for (uint32_t i = 0; i < metadata.sources; i++) {
        nameplate_source_t source = {.size = sizeof source};
        zval value;

        if (nameplate_source(handle->snapshot, i, &source) != NAMEPLATE_OK) {
            break;
        }
        object_init_ex(&value, np_source_ce);
        set_text_always(Z_OBJ(value), 0, source.name);
        set_number(Z_OBJ(value), 1, source.rows);
        set_text(Z_OBJ(value), 2, source.title);
        set_text(Z_OBJ(value), 3, source.licence);
        set_text(Z_OBJ(value), 4, source.attribution);
        set_text(Z_OBJ(value), 5, source.url);
        set_text(Z_OBJ(value), 6, source.date);
        zend_hash_next_index_insert_new(Z_ARRVAL_P(sources), &value);
    }
}

/* Making and completing answers */

static inline np_answer *allocate(void)
{
    np_answer *answer = zend_object_alloc(sizeof *answer, np_answer_ce);

    answer->handle = NULL;
    zend_object_std_init(&answer->std, np_answer_ce);
    answer->std.handlers = &answer_handlers;
    /* What object_properties_init does for properties without default. */
    for (uint32_t slot = 0; slot < A_COUNT; slot++) {
        ZVAL_UNDEF(OBJ_PROP_NUM(&answer->std, slot));
        Z_PROP_FLAG_P(OBJ_PROP_NUM(&answer->std, slot)) = IS_PROP_UNINIT;
    }
    return answer;
}

/* For unserialize; the class has no children. */
static zend_object *answer_new(zend_class_entry *ce)
{
    (void)ce;
    return &allocate()->std;
}

static inline void set_what_is_cheap(np_answer *answer, uint32_t kind, uint32_t confidence, nameplate_text_t name)
{
    ZVAL_INTERNED_STR(OBJ_PROP_NUM(&answer->std, A_STATUS), statuses[kind & 3]);
    set_text(&answer->std, A_NAME, name);
    if (confidence) {
        ZVAL_LONG(OBJ_PROP_NUM(&answer->std, A_CONFIDENCE), confidence);
    } else {
        ZVAL_NULL(OBJ_PROP_NUM(&answer->std, A_CONFIDENCE));
    }
}

void np_answer_create(zval *into, np_handle *handle, const nameplate_hit_t *hit)
{
    np_answer *answer = allocate();

    answer->id = hit->answer;
    answer->interval = hit->interval;
    set_what_is_cheap(answer, hit->kind, hit->confidence, hit->name);
    answer->handle = handle;
    answer->next = handle->live;
    answer->back = &handle->live;
    if (handle->live) {
        handle->live->back = &answer->next;
    }
    handle->live = answer;
    ZVAL_OBJ(into, &answer->std);
}

static inline void unlink_answer(np_answer *answer)
{
    *answer->back = answer->next;
    if (answer->next) {
        answer->next->back = answer->back;
    }
    answer->handle = NULL;
}

static void set_network(np_answer *answer)
{
    zval *network = OBJ_PROP_NUM(&answer->std, A_NETWORK);
    nameplate_range_t range;

    if (Z_TYPE_P(network) != IS_UNDEF) {
        return;
    }
    if (nameplate_network(answer->handle->snapshot, answer->interval, &range) == NAMEPLATE_OK) {
        np_network_create(network, &range);
    } else {
        ZVAL_NULL(network);
    }
}

/* Company, operator, sources and block. */
static void set_facts(np_answer *answer, nameplate_snapshot_t *snapshot, const nameplate_answer_t *facts)
{
    zend_object *object = &answer->std;

    ZVAL_NULL(OBJ_PROP_NUM(object, A_COMPANY));
    ZVAL_NULL(OBJ_PROP_NUM(object, A_OPERATOR));
    if (facts->kind == NAMEPLATE_COMPANY) {
        set_company(OBJ_PROP_NUM(object, A_COMPANY), facts);
    }
    if (facts->has_operator) {
        set_operator(OBJ_PROP_NUM(object, A_OPERATOR), facts);
    }
    set_sources(OBJ_PROP_NUM(object, A_SOURCES), snapshot, facts->sources);
    set_text(object, A_BLOCK, facts->block);
}

static void read_facts(np_answer *answer)
{
    nameplate_answer_t facts = {.size = sizeof facts};

    if (Z_TYPE_P(OBJ_PROP_NUM(&answer->std, A_COMPANY)) == IS_UNDEF) {
        /* Of an id that the same snapshot gave, this can't fail; if it did, nothing would be known. */
        (void)nameplate_answer(answer->handle->snapshot, answer->id, &facts);
        set_facts(answer, answer->handle->snapshot, &facts);
    }
}

void np_answer_complete(np_answer *answer)
{
    if (answer->handle) {
        read_facts(answer);
        set_network(answer);
        unlink_answer(answer);
    }
}

void np_answer_create_without_network(zval *into, np_handle *handle, const nameplate_answer_t *facts)
{
    np_answer *answer = allocate();

    set_what_is_cheap(answer, facts->kind, facts->confidence, facts->kind == NAMEPLATE_COMPANY ? facts->company_name
        : facts->kind == NAMEPLATE_OPERATOR ? facts->operator_name : facts->block);
    set_facts(answer, handle->snapshot, facts);
    ZVAL_NULL(OBJ_PROP_NUM(&answer->std, A_NETWORK));
    ZVAL_OBJ(into, &answer->std);
}

/* What PHP asks of an answer */

static void answer_free(zend_object *object)
{
    np_answer *answer = np_answer_of(object);

    if (!answer->handle) {
        zend_object_std_dtor(object);
        return;
    }
    unlink_answer(answer);
    if (EXPECTED(!object->properties && !(OBJ_FLAGS(object) & IS_OBJ_WEAKLY_REFERENCED)
            && Z_TYPE_P(OBJ_PROP_NUM(object, A_COMPANY)) == IS_UNDEF && Z_TYPE_P(OBJ_PROP_NUM(object, A_NETWORK)) == IS_UNDEF)) {
        /* Nothing but the name was asked for: all that zend_object_std_dtor would find to do. */
        zval_ptr_dtor_str(OBJ_PROP_NUM(object, A_NAME));
        return;
    }
    zend_object_std_dtor(object);
}

static zval *answer_read(zend_object *object, zend_string *name, int type, void **cache, zval *rv)
{
    np_answer *answer = np_answer_of(object);

    if (answer->handle) {
        if (zend_string_equals(name, name_of_network)) {
            set_network(answer);
        } else {
            read_facts(answer);
        }
    }
    return zend_std_read_property(object, name, type, cache, rv);
}

static zval *answer_write(zend_object *object, zend_string *name, zval *value, void **cache)
{
    np_answer_complete(np_answer_of(object));
    return zend_std_write_property(object, name, value, cache);
}

static int answer_has(zend_object *object, zend_string *name, int kind, void **cache)
{
    np_answer_complete(np_answer_of(object));
    return zend_std_has_property(object, name, kind, cache);
}

static void answer_unset(zend_object *object, zend_string *name, void **cache)
{
    np_answer_complete(np_answer_of(object));
    zend_std_unset_property(object, name, cache);
}

static zval *answer_pointer(zend_object *object, zend_string *name, int type, void **cache)
{
    np_answer_complete(np_answer_of(object));
    return zend_std_get_property_ptr_ptr(object, name, type, cache);
}

static HashTable *answer_properties(zend_object *object)
{
    np_answer_complete(np_answer_of(object));
    return zend_std_get_properties(object);
}

static int answer_compare(zval *a, zval *b)
{
    if (Z_TYPE_P(a) == IS_OBJECT && Z_OBJCE_P(a) == np_answer_ce) {
        np_answer_complete(np_answer_of(Z_OBJ_P(a)));
    }
    if (Z_TYPE_P(b) == IS_OBJECT && Z_OBJCE_P(b) == np_answer_ce) {
        np_answer_complete(np_answer_of(Z_OBJ_P(b)));
    }
    return zend_std_compare_objects(a, b);
}

static zend_object *answer_clone(zend_object *object)
{
    np_answer *copy;

    np_answer_complete(np_answer_of(object));
    copy = allocate();
    zend_objects_clone_members(&copy->std, object);
    return &copy->std;
}

static zend_object *value_new(zend_class_entry *ce)
{
    zend_object *object = zend_objects_new(ce);

    object_properties_init(object, ce);
    object->handlers = &value_handlers;
    return object;
}

static zend_string *permanent(const char *text)
{
    return zend_string_init_interned(text, strlen(text), true);
}

void np_answer_minit(void)
{
    statuses[NAMEPLATE_UNKNOWN] = permanent("unknown");
    statuses[NAMEPLATE_COMPANY] = permanent("company");
    statuses[NAMEPLATE_OPERATOR] = permanent("operator");
    statuses[NAMEPLATE_RESERVED] = permanent("reserved");
    name_of_network = permanent("network");

    memcpy(&value_handlers, &std_object_handlers, sizeof value_handlers);
    memcpy(&answer_handlers, &std_object_handlers, sizeof answer_handlers);
    answer_handlers.offset = XtOffsetOf(np_answer, std);
    answer_handlers.free_obj = answer_free;
    answer_handlers.read_property = answer_read;
    answer_handlers.write_property = answer_write;
    answer_handlers.has_property = answer_has;
    answer_handlers.unset_property = answer_unset;
    answer_handlers.get_property_ptr_ptr = answer_pointer;
    answer_handlers.get_properties = answer_properties;
    answer_handlers.compare = answer_compare;
    answer_handlers.clone_obj = answer_clone;
    np_answer_ce->create_object = answer_new;
    np_company_ce->create_object = value_new;
    np_operator_ce->create_object = value_new;
    np_network_ce->create_object = value_new;
    np_metadata_ce->create_object = value_new;
    np_source_ce->create_object = value_new;
}

/* To the contract's JSON */

static void to_array(zend_object *object, zval *into)
{
    if (object->ce == np_answer_ce) {
        np_answer_complete(np_answer_of(object));
    }
    array_init(into);
    for (const np_field *field = fields_of(object->ce); field->key; field++) {
        zval *value = OBJ_PROP_NUM(object, field->slot), copy;

        /* Absent facts are absent keys. */
        if (Z_TYPE_P(value) <= IS_NULL || (field->type == TEXTS && zend_hash_num_elements(Z_ARRVAL_P(value)) == 0)
            || (field->type == TEXT && Z_STRLEN_P(value) == 0)) {
            continue;
        }
        switch (field->type) {
        case OBJECT:
            to_array(Z_OBJ_P(value), &copy);
            break;
        case MAYBE_OBJECTS: {
            zval *element;

            array_init(&copy);
            ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(value), element) {
                zval inner;

                to_array(Z_OBJ_P(element), &inner);
                zend_hash_next_index_insert_new(Z_ARRVAL(copy), &inner);
            } ZEND_HASH_FOREACH_END();
            break;
        }
        default:
            ZVAL_COPY(&copy, value);
        }
        add_assoc_zval(into, field->key, &copy);
    }
}

/* From the contract's JSON */

static bool from_array(zval *into, zend_class_entry *ce, HashTable *json);

static ZEND_COLD bool refuse(zend_class_entry *ce)
{
    zend_value_error("%s::fromArray(): Argument #1 ($json) must be what toArray() gives", ZSTR_VAL(ce->name));
    return false;
}

static bool field_from(zend_object *object, const np_field *field, HashTable *json)
{
    zval *value = zend_hash_str_find(json, field->key, strlen(field->key)), *into = OBJ_PROP_NUM(object, field->slot), *element;

    if (value) {
        ZVAL_DEREF(value);
    }
    if (!value || Z_TYPE_P(value) == IS_NULL) {
        if (field->type == TEXT) {
            return refuse(object->ce);
        } else if (field->type == NUMBER) {
            return refuse(object->ce);
        } else if (field->type == TEXTS) {
            ZVAL_EMPTY_ARRAY(into);
        } else {
            ZVAL_NULL(into);
        }
        return true;
    }
    switch (field->type) {
    case TEXT:
    case MAYBE_TEXT:
        if (Z_TYPE_P(value) != IS_STRING) {
            return refuse(object->ce);
        }
        ZVAL_COPY(into, value);
        return true;
    case NUMBER:
    case MAYBE_NUMBER:
        if (Z_TYPE_P(value) != IS_LONG) {
            return refuse(object->ce);
        }
        ZVAL_COPY_VALUE(into, value);
        return true;
    case OBJECT:
        if (Z_TYPE_P(value) != IS_ARRAY) {
            return refuse(object->ce);
        }
        return from_array(into, *field->of, Z_ARRVAL_P(value));
    default:
        if (Z_TYPE_P(value) != IS_ARRAY) {
            return refuse(object->ce);
        }
        array_init_size(into, zend_hash_num_elements(Z_ARRVAL_P(value)));
        ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(value), element) {
            zval copy;

            ZVAL_DEREF(element);
            if (field->type == TEXTS) {
                if (Z_TYPE_P(element) != IS_STRING) {
                    return refuse(object->ce);
                }
                ZVAL_COPY(&copy, element);
            } else {
                if (Z_TYPE_P(element) != IS_ARRAY) {
                    return refuse(object->ce);
                }
                if (!from_array(&copy, *field->of, Z_ARRVAL_P(element))) {
                    return false;
                }
            }
            zend_hash_next_index_insert_new(Z_ARRVAL_P(into), &copy);
        } ZEND_HASH_FOREACH_END();
        return true;
    }
}

/* Fills in the name, which is the company's, the operator's or the block. */
static bool finish_answer(zend_object *object)
{
    zval *status = OBJ_PROP_NUM(object, A_STATUS), *company = OBJ_PROP_NUM(object, A_COMPANY),
         *operator = OBJ_PROP_NUM(object, A_OPERATOR), *name = OBJ_PROP_NUM(object, A_NAME);

    for (uint32_t kind = 0;; kind++) {
        if (kind == 4) {
            return refuse(object->ce);
        }
        if (zend_string_equals(Z_STR_P(status), statuses[kind])) {
            break;
        }
    }
    if (Z_TYPE_P(company) == IS_OBJECT) {
        ZVAL_COPY(name, OBJ_PROP_NUM(Z_OBJ_P(company), 1));
    } else if (Z_TYPE_P(operator) == IS_OBJECT) {
        ZVAL_COPY(name, OBJ_PROP_NUM(Z_OBJ_P(operator), 1));
    } else {
        ZVAL_COPY(name, OBJ_PROP_NUM(object, A_BLOCK));
    }
    return true;
}

/* Fills an object that has nothing yet. Where it is false, there is an exception. */
static bool fill(zend_object *object, HashTable *json)
{
    for (const np_field *field = fields_of(object->ce); field->key; field++) {
        if (!field_from(object, field, json)) {
            return false;
        }
    }
    return object->ce != np_answer_ce || finish_answer(object);
}

/* Where it is false, there is an exception, and nothing in `into`. */
static bool from_array(zval *into, zend_class_entry *ce, HashTable *json)
{
    zval made;

    object_init_ex(&made, ce);
    if (!fill(Z_OBJ(made), json)) {
        zval_ptr_dtor(&made);
        return false;
    }
    ZVAL_COPY_VALUE(into, &made);
    return true;
}

/* The methods are the same in all classes. */

static void method_construct(INTERNAL_FUNCTION_PARAMETERS)
{
    (void)return_value;
    ZEND_PARSE_PARAMETERS_NONE();
}

static void method_from_array(INTERNAL_FUNCTION_PARAMETERS, zend_class_entry *ce)
{
    HashTable *json;
    zval made;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(json)
    ZEND_PARSE_PARAMETERS_END();
    if (!from_array(&made, ce, json)) {
        RETURN_THROWS();
    }
    RETURN_COPY_VALUE(&made);
}

static void method_to_array(INTERNAL_FUNCTION_PARAMETERS)
{
    ZEND_PARSE_PARAMETERS_NONE();
    to_array(Z_OBJ_P(ZEND_THIS), return_value);
}

#define METHODS_OF(class, ce) \
    ZEND_METHOD(Nameplate_##class, __construct) { method_construct(INTERNAL_FUNCTION_PARAM_PASSTHRU); } \
    ZEND_METHOD(Nameplate_##class, fromArray) { method_from_array(INTERNAL_FUNCTION_PARAM_PASSTHRU, ce); } \
    ZEND_METHOD(Nameplate_##class, toArray) { method_to_array(INTERNAL_FUNCTION_PARAM_PASSTHRU); } \
    ZEND_METHOD(Nameplate_##class, jsonSerialize) { method_to_array(INTERNAL_FUNCTION_PARAM_PASSTHRU); }

METHODS_OF(Answer, np_answer_ce)
METHODS_OF(Company, np_company_ce)
METHODS_OF(Operator, np_operator_ce)
METHODS_OF(Network, np_network_ce)
METHODS_OF(Metadata, np_metadata_ce)
METHODS_OF(Source, np_source_ce)

ZEND_METHOD(Nameplate_Answer, toJson)
{
    zval array;
    smart_str out = {0};

    ZEND_PARSE_PARAMETERS_NONE();
    to_array(Z_OBJ_P(ZEND_THIS), &array);
    php_json_encode(&out, &array,
        PHP_JSON_UNESCAPED_SLASHES | PHP_JSON_UNESCAPED_UNICODE | PHP_JSON_UNESCAPED_LINE_TERMINATORS
            | PHP_JSON_INVALID_UTF8_SUBSTITUTE);
    zval_ptr_dtor(&array);
    smart_str_0(&out);
    RETURN_STR(smart_str_extract(&out));
}

/* As the contract's JSON, so that the extension and the package in PHP read each other's. */
ZEND_METHOD(Nameplate_Answer, __serialize)
{
    method_to_array(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

ZEND_METHOD(Nameplate_Answer, __unserialize)
{
    zend_object *object = Z_OBJ_P(ZEND_THIS);
    HashTable *data;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(data)
    ZEND_PARSE_PARAMETERS_END();
    if (Z_TYPE_P(OBJ_PROP_NUM(object, A_STATUS)) != IS_UNDEF) {
        zend_throw_error(NULL, "Cannot modify readonly property Nameplate\\Answer::$status");
        RETURN_THROWS();
    }
    fill(object, data);
}
