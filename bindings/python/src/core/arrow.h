/* The Arrow C data and stream interfaces, as their specification has them, and what the arrow_*.c share. */

#ifndef NAMEPLATE_PYTHON_ARROW_H
#define NAMEPLATE_PYTHON_ARROW_H

#include "core.h"

#define ARROW_FLAG_NULLABLE 2

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

/* How a column's elements lie in memory. */
typedef enum { NULLS, OFFSETS_32, OFFSETS_64, VIEWS, FIXED, NUMBERS } Shape;

typedef struct {
    Shape shape;
    /* Text, or else addresses of 4 or 16 bytes. */
    bool text;
    /* FIXED: bytes of an element. */
    int width;
    /* Of a dictionary's indices, their format; else 0. */
    char index;
} Layout;

/* A column of addresses, in one or more pieces. */
typedef struct {
    Layout layout;
    struct ArrowArray *arrays;
    size_t count;
    int64_t length;
} Column;

/* arrow_in.c */

/* Takes what an object exports. False: raised. */
bool column_take(PyObject *object, Column *column);
void column_free(Column *column);
/* Element `row` of a piece; false where it is null. Of NUMBERS, the bytes are a uint32_t of this machine. */
bool column_element(const Layout *layout, const struct ArrowArray *array, int64_t row, const char **bytes, size_t *length);

/* arrow_build.c */

/* Beside the fields of an answer, its name in one: the company's, the operator's or the block's. */
enum { NAME = FIELDS, COLUMNS, MOST_SOURCES = 32 };

/* Bits of a row's mask beside those of its fields. */
#define HAS_COMPANY (1u << 24)
#define HAS_OPERATOR (1u << 25)
#define HAS_NETWORK (1u << 26)

/* Texts, each once, by a hash table of indices. */
typedef struct {
    char *data;
    size_t length, room;
    int32_t *offsets;
    uint32_t count, offsets_room;
    uint32_t *table;
    uint32_t table_size;
} Texts;

/* Texts one behind the other, one for each row. */
typedef struct {
    char *data;
    size_t length, room;
    int64_t *offsets;
} Strings;

typedef struct Builder {
    uint32_t wanted;
    int64_t rows;
    /* Each row's fields that are there, and HAS_... */
    uint32_t *masks;
    /* The columns that are copied with a row, and for each of them its values. */
    int columns;
    int fields[COLUMNS];
    uint32_t *values[COLUMNS];
    Texts texts[COLUMNS];
    Strings network[2];
    /* Of each slot, its mask and then its values. */
    uint32_t *slots;
    uint32_t slots_count, slots_room;
} Builder;

/* A place in a builder for answers, by number. */
typedef uint32_t Slot;
#define NO_SLOT UINT32_MAX

/* What a column is called: `company.name`. */
const char *column_name(int field);
/* Doubles an array of elements of `size` bytes that has no room for one more than `count`. */
bool grow(void **array, size_t size, uint32_t count, uint32_t *room);
/* A builder of `rows` rows with these fields, None for all, and of so many answers at the most. NULL: raised. */
Builder *builder_new(PyObject *fields, int64_t rows, uint64_t answers);
void builder_free(Builder *builder);
/* Whether the network is among the fields. */
bool builder_wants_network(const Builder *builder);
/* Whether the one field that is wanted is the name. */
bool builder_wants_name_alone(const Builder *builder);
/* Takes the facts of an answer, but for its network. NO_SLOT without memory. Needs no lock of Python's, as all below. */
Slot builder_slot(Builder *builder, const Facts *facts);
/* The same where the name alone is wanted. */
Slot builder_slot_of_name(Builder *builder, Text name);
/* Writes rows from `row` on: answers, or with NO_SLOT nulls. */
void builder_rows(Builder *builder, int64_t row, const Slot *slots, size_t count);
/* Writes the network of a row that was written, and of the rows in their order; `first` has no text where there is none. False without
 * memory. */
bool builder_network(Builder *builder, int64_t row, const Text *first, const Text *last);

/* arrow_out.c */

/* The column as an object, which takes the builder. NULL: raised. */
PyObject *builder_finish(State *state, Builder *builder);

#endif
