/* The columns of answers while they are filled, by whoever looks them up: without Python's lock.
 *
 * An answer is taken apart once, into a slot of numbers: for each column the index of its text, or the number itself. A row is a
 * copy of its answer's slot. Only networks are texts of their own row. */

#include "arrow.h"

#include <stdlib.h>
#include <string.h>

const char *column_name(int field) {
    return field == NAME ? "name" : field_names[field];
}

/* Whether `name` is a field, or the part before its dot. */
static bool names_field(const char *name, int field) {
    const char *whole = column_name(field);
    size_t length = strlen(name);
    return strncmp(whole, name, length) == 0 && (whole[length] == '\0' || whole[length] == '.');
}

/* The fields that are wanted, as bits; 0 where something is none, and raised. */
static uint32_t read_fields(PyObject *fields) {
    uint32_t wanted = 0;
    if (fields == Py_None) {
        return (1u << NAME) - 1;
    }
    PyObject *list = PyUnicode_Check(fields) ? NULL : PySequence_Tuple(fields);
    for (Py_ssize_t i = 0; list != NULL && i < PyTuple_Size(list); i++) {
        PyObject *item = PyTuple_GetItem(list, i);
        const char *name = PyUnicode_Check(item) ? PyUnicode_AsUTF8AndSize(item, NULL) : NULL;
        uint32_t found = 0;
        for (int field = 0; name != NULL && field < COLUMNS; field++) {
            found |= names_field(name, field) ? 1u << field : 0;
        }
        if (found == 0) {
            wanted = 0;
            break;
        }
        wanted |= found;
    }
    Py_XDECREF(list);
    if (wanted == 0) {
        PyErr_Clear();
        PyErr_SetString(PyExc_ValueError, "fields is a list of names as in as_dict(): 'status', 'company', 'company.name', 'operator', "
                                          "'network', 'confidence', 'sources', 'block'; or 'name' for whichever name there is");
    }
    return wanted;
}

void builder_free(Builder *builder) {
    free(builder->masks);
    for (int i = 0; i < COLUMNS; i++) {
        free(builder->values[i]);
        free(builder->texts[i].data);
        free(builder->texts[i].offsets);
        free(builder->texts[i].table);
    }
    for (int i = 0; i < 2; i++) {
        free(builder->network[i].data);
        free(builder->network[i].offsets);
    }
    free(builder->slots);
    free(builder);
}

/* Room for `count` elements of `size` bytes, and never none: Arrow wants a pointer. */
static void *room_for(int64_t count, size_t size) {
    return malloc(((size_t)count + 8) * size);
}

/* A table with room for so many texts, at the most half full. */
static bool reserve(Texts *texts, uint64_t count) {
    uint32_t size = 128;
    while (size < count * 2 && size < 1u << 30) {
        size *= 2;
    }
    texts->table = malloc(size * sizeof *texts->table);
    texts->table_size = size;
    if (texts->table != NULL) {
        memset(texts->table, 0xff, size * sizeof *texts->table);
    }
    return texts->table != NULL;
}

/* Makes the slot of nulls. */
static bool add_null(Builder *builder) {
    uint32_t width = 1 + (uint32_t)builder->columns;
    if (!grow((void **)&builder->slots, width * sizeof(uint32_t), 0, &builder->slots_room)) {
        return false;
    }
    memset(builder->slots, 0, width * sizeof(uint32_t));
    builder->slots_count = 1;
    return true;
}

Builder *builder_new(PyObject *fields, int64_t rows, uint64_t answers) {
    uint32_t wanted = read_fields(fields);
    if (wanted == 0) {
        return NULL;
    }
    Builder *builder = calloc(1, sizeof *builder);
    bool done = builder != NULL;
    if (done) {
        builder->wanted = wanted;
        builder->rows = rows;
        done = (builder->masks = room_for(rows, sizeof(uint32_t))) != NULL;
    }
    for (int field = 0; done && field < COLUMNS; field++) {
        if ((wanted >> field & 1) == 0) {
            continue;
        }
        if (field == NETWORK_FIRST || field == NETWORK_LAST) {
            Strings *strings = &builder->network[field - NETWORK_FIRST];
            done = (strings->offsets = room_for(rows + 1, sizeof(int64_t))) != NULL;
            if (done) {
                strings->offsets[0] = 0;
            }
        } else {
            builder->fields[builder->columns] = field;
            done = (builder->values[builder->columns++] = room_for(rows, sizeof(uint32_t))) != NULL;
        }
    }
    /* Names may be as many as answers; other texts are few. */
    uint64_t texts = answers < (uint64_t)rows ? answers : (uint64_t)rows;
    for (int i = 0; done && i < builder->columns; i++) {
        int field = builder->fields[i];
        done = reserve(&builder->texts[i], field == NAME || field == COMPANY_NAME || field == OPERATOR_NAME || field == COMPANY_ID ? texts : 0);
    }
    if (!done || !add_null(builder)) {
        if (builder != NULL) {
            builder_free(builder);
        }
        PyErr_NoMemory();
        return NULL;
    }
    return builder;
}

bool builder_wants_network(const Builder *builder) {
    return (builder->wanted & (1u << NETWORK_FIRST | 1u << NETWORK_LAST)) != 0;
}

bool builder_wants_name_alone(const Builder *builder) {
    return builder->wanted == 1u << NAME;
}

bool grow(void **array, size_t size, uint32_t count, uint32_t *room) {
    if (count < *room) {
        return true;
    }
    uint32_t more = *room == 0 ? 64 : *room * 2;
    void *grown = realloc(*array, (size_t)more * size);
    if (grown == NULL) {
        return false;
    }
    *array = grown;
    *room = more;
    return true;
}

/* Eight bytes at a time, each folded in by a multiplication. Texts are the range file's, not a stranger's. */
static uint32_t hash_of(const char *text, size_t length) {
    uint64_t hash = length * 0x9e3779b97f4a7c15u, word;
    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&word, text, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, text, length);
    hash = (hash ^ word) * 0xff51afd7ed558ccdu;
    return (uint32_t)(hash >> 32);
}

static bool same_text(const Texts *texts, uint32_t index, const char *text, size_t length) {
    size_t start = (size_t)texts->offsets[index], end = (size_t)texts->offsets[index + 1];
    return end - start == length && memcmp(texts->data + start, text, length) == 0;
}

/* A table of twice the size; at most half of it is ever taken. */
static bool grow_table(Texts *texts) {
    uint32_t size = texts->table_size * 2;
    uint32_t *table = malloc(size * sizeof *table);
    if (table == NULL) {
        return false;
    }
    memset(table, 0xff, size * sizeof *table);
    for (uint32_t index = 0; index < texts->count; index++) {
        size_t start = (size_t)texts->offsets[index], end = (size_t)texts->offsets[index + 1];
        uint32_t at = hash_of(texts->data + start, end - start) & (size - 1);
        while (table[at] != UINT32_MAX) {
            at = (at + 1) & (size - 1);
        }
        table[at] = index;
    }
    free(texts->table);
    texts->table = table;
    texts->table_size = size;
    return true;
}

/* The index of a text, which is kept if it is new; UINT32_MAX without memory. */
static uint32_t index_of(Texts *texts, const char *text, size_t length) {
    if (texts->count * 2 >= texts->table_size && !grow_table(texts)) {
        return UINT32_MAX;
    }
    uint32_t at = hash_of(text, length) & (texts->table_size - 1);
    for (; texts->table[at] != UINT32_MAX; at = (at + 1) & (texts->table_size - 1)) {
        if (same_text(texts, texts->table[at], text, length)) {
            return texts->table[at];
        }
    }
    if (texts->length + length > texts->room) {
        size_t room = (texts->length + length) * 2;
        char *data = realloc(texts->data, room);
        if (data == NULL) {
            return UINT32_MAX;
        }
        texts->data = data;
        texts->room = room;
    }
    /* Offsets have 31 bits. */
    if (texts->length + length > INT32_MAX ||
        !grow((void **)&texts->offsets, sizeof *texts->offsets, texts->count + 1, &texts->offsets_room)) {
        return UINT32_MAX;
    }
    memcpy(texts->data + texts->length, text, length);
    texts->offsets[0] = 0;
    texts->length += length;
    texts->table[at] = texts->count++;
    texts->offsets[texts->count] = (int32_t)texts->length;
    return texts->count - 1;
}

/* The sources as bits: which of the texts. */
static bool source_bits(Texts *texts, Text joined, uint32_t *bits) {
    const char *at = joined.text, *end = at + joined.length;
    *bits = 0;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma == NULL ? end : comma;
        uint32_t index = index_of(texts, at, (size_t)(stop - at));
        /* A file has so many at the most. */
        if (index >= MOST_SOURCES) {
            return false;
        }
        *bits |= 1u << index;
        at = stop + 1;
    }
    return true;
}

static Text text_of(const Facts *facts, int field) {
    if (field != NAME) {
        return facts->texts[field];
    }
    Text company = facts->texts[COMPANY_NAME], operator_ = facts->texts[OPERATOR_NAME];
    return company.text != NULL ? company : operator_.text != NULL ? operator_ : facts->texts[BLOCK];
}

Slot builder_slot_of_name(Builder *builder, Text name) {
    /* Of another field the facts would have to be there too. */
    Facts facts;
    for (int field = 0; field < FIELDS; field++) {
        facts.texts[field] = (Text){NULL, 0};
    }
    facts.texts[BLOCK] = name;
    return builder_slot(builder, &facts);
}

Slot builder_slot(Builder *builder, const Facts *facts) {
    uint32_t width = 1 + (uint32_t)builder->columns;
    if (!grow((void **)&builder->slots, width * sizeof(uint32_t), builder->slots_count, &builder->slots_room)) {
        return NO_SLOT;
    }
    uint32_t *slot = builder->slots + (size_t)builder->slots_count * width;
    /* The status is there always, and says so also where it is not among the columns. */
    slot[0] = 1u << STATUS;
    slot[0] |= facts->texts[COMPANY_ID].text != NULL || facts->texts[COMPANY_NAME].text != NULL ? HAS_COMPANY : 0;
    slot[0] |= facts->texts[OPERATOR_ASN].text != NULL ? HAS_OPERATOR : 0;
    for (int i = 0; i < builder->columns; i++) {
        int field = builder->fields[i];
        Text text = text_of(facts, field);
        uint32_t *value = &slot[1 + i];
        *value = 0;
        if (text.text == NULL) {
            continue;
        }
        slot[0] |= 1u << field;
        if (field == OPERATOR_ASN || field == CONFIDENCE) {
            *value = facts_decimal(text);
        } else if (field == SOURCES) {
            if (!source_bits(&builder->texts[i], text, value)) {
                return NO_SLOT;
            }
        } else {
            *value = index_of(&builder->texts[i], text.text, text.length);
            if (*value == UINT32_MAX) {
                return NO_SLOT;
            }
        }
    }
    /* NO_SLOT, and one, is the null. */
    return builder->slots_count++ - 1;
}

static bool append(Strings *strings, int64_t row, const Text *text) {
    size_t length = text->text == NULL ? 0 : text->length;
    if (strings->length + length > strings->room) {
        size_t room = (strings->length + length) * 2 + 4096;
        char *data = realloc(strings->data, room);
        if (data == NULL) {
            return false;
        }
        strings->data = data;
        strings->room = room;
    }
    if (length > 0) {
        memcpy(strings->data + strings->length, text->text, length);
        strings->length += length;
    }
    strings->offsets[row + 1] = (int64_t)strings->length;
    return true;
}

void builder_rows(Builder *builder, int64_t row, const Slot *slots, size_t count) {
    /* Of slot NO_SLOT there is nothing: the first one, which is all zeros, stands for it. */
    const uint32_t width = 1 + (uint32_t)builder->columns, *source = builder->slots;
    for (size_t i = 0; i < count; i++) {
        builder->masks[row + (int64_t)i] = source[(size_t)(slots[i] + 1) * width];
    }
    for (int column = 0; column < builder->columns; column++) {
        uint32_t *values = builder->values[column] + row;
        for (size_t i = 0; i < count; i++) {
            values[i] = source[(size_t)(slots[i] + 1) * width + 1 + (uint32_t)column];
        }
    }
}

bool builder_network(Builder *builder, int64_t row, const Text *first, const Text *last) {
    builder->masks[row] |= first->text == NULL ? 0 : HAS_NETWORK;
    return (builder->network[0].offsets == NULL || append(&builder->network[0], row, first)) &&
           (builder->network[1].offsets == NULL || append(&builder->network[1], row, last));
}

